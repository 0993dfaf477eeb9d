using System.IO.Pipes;
using Microsoft.Win32.SafeHandles;

namespace ObjectOS.Cli;

/// <summary>The three standard streams, of this process or of a test.</summary>
/// <param name="Input">Standard input.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Error">Standard error.</param>
/// <param name="IsTerminal">True where a person sits at input and output.</param>
/// <param name="InputIsTerminal">True where a person sits at input, wherever output goes.</param>
internal sealed record ToolStreams(Stream Input, Stream Output, StandardError Error, bool IsTerminal, bool InputIsTerminal = false)
{
    /// <summary>Those of this process.</summary>
    public static ToolStreams OfProcess() => new(
        StandardDescriptor.WasClosed(0) ? Stream.Null : Console.OpenStandardInput(),
        Writer(1),
        new StandardError(Writer(2)),
        !Console.IsOutputRedirected && !Console.IsInputRedirected,
        !Console.IsInputRedirected);

    /// <summary>Wrong usage: one sentence, and its exit code.</summary>
    public int Usage(string sentence)
    {
        Error.Say($"objectos: {sentence}");
        return ExitCodes.WrongUsage;
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
