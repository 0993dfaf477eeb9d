namespace ObjectOS.Cli;

/// <summary>Reads a program's file for the tool.</summary>
internal static class ProgramFile
{
    /// <summary>No program of the host is larger; what never ends (a device) stops here.</summary>
    private const int Most = 512 << 20;

    /// <summary>0, or the tool's exit code and one sentence.</summary>
    public static int Read(string path, out byte[] image, out string problem)
    {
        image = [];
        problem = "";
        try
        {
            if (Directory.Exists(path))
            {
                problem = $"{path}: a directory; a program's file is wanted";
                return ExitCodes.NotRunnable;
            }

            using var file = File.OpenRead(path);
            using var copy = new MemoryStream();
            var buffer = new byte[1 << 16];
            for (int read; (read = file.Read(buffer)) > 0;)
            {
                copy.Write(buffer, 0, read);
                if (copy.Length > Most)
                {
                    problem = $"{path}: more than {Most >> 20} MiB, or without an end; a program's file is wanted";
                    return ExitCodes.NotRunnable;
                }

                // What does not begin like a program is not read to its end: it may have none.
                if (copy.Length >= 4 && !copy.GetBuffer().AsSpan(0, 4).SequenceEqual("\u007fELF"u8))
                {
                    break;
                }
            }

            image = copy.ToArray();
            return 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            problem = e is FileNotFoundException or DirectoryNotFoundException ? $"{path}: not found" : $"{path}: not readable: {e.Message.TrimEnd('.')}";
            return ExitCodes.NotFound;
        }
    }
}
