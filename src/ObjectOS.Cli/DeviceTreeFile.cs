namespace ObjectOS.Cli;

/// <summary>The file of <c>--dump-dtb</c>, whole or not at all.</summary>
internal sealed class DeviceTreeFile : IDisposable
{
    private const string Option = "--dump-dtb";

    private readonly string _path;
    private readonly OutputFile _file;

    private DeviceTreeFile(string path, OutputFile file) => (_path, _file) = (path, file);

    /// <summary>Begins the file; null and a sentence if it cannot be written.</summary>
    public static DeviceTreeFile? TryCreate(string path, out string problem) =>
        OutputFile.TryCreate(Option, path, out problem) is { } file ? new DeviceTreeFile(path, file) : null;

    /// <summary>Writes the blob; a sentence if it cannot be written.</summary>
    public string? Finish(ReadOnlyMemory<byte> tree)
    {
        try
        {
            _file.Finish(tree.Span);
            return null;
        }
        catch (Exception e) when (OutputFile.IsOfTheFile(e))
        {
            return OutputFile.Unwritable(Option, _path, e);
        }
    }

    public void Dispose() => _file.Dispose();
}
