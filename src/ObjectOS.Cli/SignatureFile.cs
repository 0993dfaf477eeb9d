using ObjectOS.Cli.Conformance;
using ObjectOS.Host;

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

    /// <summary>Why a machine cannot leave a signature, known before its start; null: it can, or what it boots is refused for another reason.</summary>
    public static async Task<string?> ProblemAsync(MachineSpec spec)
    {
        if (spec.Bios is not null || spec.Image is not { } image)
        {
            return NoSignature(spec.Name);
        }

        try
        {
            return CanBeBootedWithout(image.Contents ?? await ProgramFile.ReadAllAsync(image.Path, CancellationToken.None).ConfigureAwait(false)) ? NoSignature(spec.Name) : null;
        }
        catch (Exception e) when (OutputFile.IsOfTheFile(e))
        {
            return null;
        }
    }

    /// <summary>Writes the signature; a sentence where none was left or it cannot be written.</summary>
    public string? Finish(ReadOnlyMemory<byte> signature, string image)
    {
        if (signature.IsEmpty)
        {
            return $"{Option} is given, and {image} left no signature";
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

    private static string NoSignature(string name) => $"{Option} is given, and {name} has no signature: an IMAGE with the symbols begin_signature and end_signature is wanted";

    /// <summary>True for an ELF without both symbols, and for a Linux Image, which has none.</summary>
    private static bool CanBeBootedWithout(ReadOnlyMemory<byte> image)
    {
        var bytes = image.Span;
        return bytes.Length >= TestElf.HeaderBytes
            && (bytes.StartsWith("\u007fELF"u8) ? !TestElf.Defines(bytes, "begin_signature\0"u8) || !TestElf.Defines(bytes, "end_signature\0"u8) : bytes[56..].StartsWith("RSC\u0005"u8));
    }

    public void Dispose() => _file.Dispose();
}
