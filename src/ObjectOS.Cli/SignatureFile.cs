namespace ObjectOS.Cli;

/// <summary>The file that a signature is written to, whole or not at all.</summary>
internal sealed class SignatureFile : IDisposable
{
    private const string Option = "--signature";

    private readonly string _path;
    private readonly int _granularity;
    private readonly OutputFile _file;

    private SignatureFile(string path, int granularity, OutputFile file) => (_path, _granularity, _file) = (path, granularity, file);

    /// <summary>Begins the file; null and a sentence where it cannot be written.</summary>
    /// <param name="path">The file.</param>
    /// <param name="granularity">Bytes of a word.</param>
    /// <param name="problem">The sentence.</param>
    public static SignatureFile? TryCreate(string path, int granularity, out string problem) =>
        OutputFile.TryCreate(Option, path, out problem) is { } file ? new SignatureFile(path, granularity, file) : null;

    /// <summary>Writes the signature; a sentence where there is none or it cannot be written.</summary>
    public string? Finish(ReadOnlyMemory<byte> signature, string image)
    {
        if (signature.IsEmpty)
        {
            return $"{Option} is given, and {image} has no signature: the symbols begin_signature and end_signature are wanted";
        }

        try
        {
            _file.Finish(string.Concat(Signature.Lines(signature, _granularity).Select(line => line + "\n")));
            return null;
        }
        catch (Exception e) when (OutputFile.IsOfTheFile(e))
        {
            return OutputFile.Unwritable(Option, _path, e);
        }
    }

    public void Dispose() => _file.Dispose();
}
