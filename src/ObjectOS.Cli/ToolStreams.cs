using System.IO.Pipes;
using Microsoft.Win32.SafeHandles;

namespace ObjectOS.Cli;

/// <summary>The three standard streams, of this process or of a test.</summary>
/// <param name="Input">Standard input.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Error">Standard error.</param>
/// <param name="IsTerminal">True where a person sits at input and output.</param>
/// <param name="InputIsTerminal">True where a person sits at input, wherever output goes.</param>
/// <param name="InputIsOpenEnded">True if input is a pipe or socket, at whose other end somebody may write; false for a file or a closed input.</param>
/// <param name="SharesOutput">True if output and error lead to one file, pipe or terminal.</param>
internal sealed record ToolStreams(
    Stream Input, Stream Output, StandardError Error, bool IsTerminal, bool InputIsTerminal = false, bool InputIsOpenEnded = false, bool SharesOutput = false)
{
    /// <summary>Those of this process.</summary>
    public static ToolStreams OfProcess() => new(
        StandardDescriptor.WasClosed(0) ? Stream.Null : Console.OpenStandardInput(),
        Writer(1),
        new StandardError(Writer(2)),
        !Console.IsOutputRedirected && !Console.IsInputRedirected,
        !Console.IsInputRedirected,
        IsOpenEnded(),
        OutputsAreOne());

    /// <summary>Wrong usage: one sentence, and its exit code.</summary>
    public int Usage(string sentence)
    {
        Error.Say($"objectos: {sentence}");
        return ExitCodes.WrongUsage;
    }

    /// <summary>True if standard input is a pipe, a socket or a terminal: no place in it can be named.</summary>
    private static bool IsOpenEnded()
    {
        if (StandardDescriptor.WasClosed(0))
        {
            return false;
        }

        try
        {
            using var input = new FileStream(new SafeFileHandle(0, ownsHandle: false), FileAccess.Read, 0);
            return !input.CanSeek;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return false;
        }
    }

    /// <summary>True if standard output and error are one: Linux names what a descriptor leads to.</summary>
    private static bool OutputsAreOne()
    {
        const string Descriptors = "/proc/self/fd/";
        return OperatingSystem.IsLinux() && new FileInfo(Descriptors + "1").LinkTarget is { } output && output == new FileInfo(Descriptors + "2").LinkTarget;
    }

    /// <summary>
    /// A standard stream for writing. The console's own stream hides that nobody reads a pipe any more, a file stream hides from others how
    /// far it has written a file: each is used where it tells the truth.
    /// </summary>
    private static Stream Writer(int number)
    {
        if (StandardDescriptor.WasClosed(number))
        {
            return number == 1 ? Unread() : Stream.Null;
        }

        if (!OperatingSystem.IsWindows())
        {
            try
            {
                var file = new FileStream(new SafeFileHandle(number, ownsHandle: false), FileAccess.Write, 0);
                if (!file.CanSeek)
                {
                    return file;
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
            {
                // It cannot be written.
                return number == 1 ? Unread() : Stream.Null;
            }
        }

        return number == 1 ? Console.OpenStandardOutput() : Console.OpenStandardError();
    }

    /// <summary>A pipe that nobody reads: what a standard output that is not there is for a guest.</summary>
    private static AnonymousPipeServerStream Unread()
    {
        var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        pipe.DisposeLocalCopyOfClientHandle();
        return pipe;
    }
}
