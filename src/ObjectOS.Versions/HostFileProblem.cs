namespace ObjectOS.Versions;

/// <summary>Says in the shell's words why a file of the host cannot be read.</summary>
internal static class HostFileProblem
{
    /// <summary>Returns the end of a sentence that begins with the file's path.</summary>
    public static string Of(Exception e) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException => "No such file or directory",
        UnauthorizedAccessException => "Permission denied",
        _ => $"cannot be read: {e.Message.TrimEnd('.')}",
    };
}
