using System.Text;

namespace ObjectOS.Cli;

/// <summary>A file that is there whole or not at all: made beside its place, moved there at the end.</summary>
internal sealed class OutputFile : IDisposable
{
    private readonly string _path;
    private readonly string _beside;
    private readonly FileStream? _file;
    private bool _isKept;

    private OutputFile(string path)
    {
        _path = path;
        _beside = $"{path}.{Environment.ProcessId}.new";
        if (Directory.Exists(path))
        {
            throw new IOException("it is a directory");
        }

        _file = IsDevice(path) ? null : new FileStream(_beside, FileMode.Create, FileAccess.Write);
    }

    /// <summary>True for a path of a device, which is written where it is.</summary>
    public static bool IsDevice(string path) => Path.GetFullPath(path).StartsWith("/dev/", StringComparison.Ordinal);

    /// <summary>Begins a file; null and a sentence where it cannot be written.</summary>
    public static OutputFile? TryCreate(string option, string path, out string problem)
    {
        problem = "";
        try
        {
            return new OutputFile(path);
        }
        catch (Exception e) when (IsOfTheFile(e))
        {
            problem = Unwritable(option, path, e);
            return null;
        }
    }

    /// <summary>What is said of a file that cannot be written.</summary>
    public static string Unwritable(string option, string path, Exception e) => $"{option} names {path}, which cannot be written: {e.Message.TrimEnd('.')}";

    /// <summary>True for what a file that cannot be written makes the host throw.</summary>
    public static bool IsOfTheFile(Exception e) => e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException;

    /// <summary>Writes all of it and puts it in its place.</summary>
    public void Finish(string text) => Finish(Encoding.UTF8.GetBytes(text));

    /// <summary>Writes all of it and puts it in its place.</summary>
    public void Finish(ReadOnlySpan<byte> bytes)
    {
        if (_file is null)
        {
            File.WriteAllBytes(_path, bytes);
            return;
        }

        _file.Write(bytes);
        _file.Dispose();
        File.Move(_beside, _path, overwrite: true);
        _isKept = true;
    }

    public void Dispose()
    {
        _file?.Dispose();
        if (!_isKept && _file is not null)
        {
            File.Delete(_beside);
        }
    }
}
