using System.Net.Sockets;
using ObjectOS.Host;

namespace ObjectOS.Cli;

/// <summary>What is said of a file of the host that cannot be read.</summary>
internal static class HostFile
{
    /// <summary>Why a file is not to be run, and the exit code for it; null where it can be read.</summary>
    /// <param name="path">The file.</param>
    /// <param name="wanted">What is wanted, as in "a program's file".</param>
    public static (int Code, string Sentence)? Check(string path, string wanted)
    {
        try
        {
            UnfitFileException.ThrowIfMisfit(path, wanted);
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0);
            return null;
        }
        catch (Exception e) when (OutputFile.IsOfTheFile(e))
        {
            return Refusal(path, wanted, e);
        }
    }

    /// <summary>The same where the host has told already what is wrong, be it of a published port.</summary>
    public static (int Code, string Sentence) Refusal(string path, string wanted, Exception e) =>
        Directory.Exists(path) ? (ExitCodes.NotRunnable, $"{path}: a directory; {wanted} is wanted")
        : e is UnfitFileException ? (ExitCodes.NotRunnable, e.Message)
        : e.InnerException is SocketException ? (ExitCodes.ToolFailed, e.Message.TrimEnd('.'))
        : e is FileNotFoundException or DirectoryNotFoundException ? (ExitCodes.NotFound, $"{path}: not found")
        : (ExitCodes.NotFound, $"{path}: not readable: {e.Message.TrimEnd('.')}");
}
