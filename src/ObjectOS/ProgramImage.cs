using ObjectOS.Host;

namespace ObjectOS;

/// <summary>A program file that is read and hashed once, and started as often as wanted, in any OS object. Immutable and thread-safe.</summary>
public sealed class ProgramImage
{
    private ProgramImage(string name, ReadOnlyMemory<byte> contents)
    {
        (Name, Contents) = (name, contents);
        Sha256 = FileToStart.HashOf(contents);
        Key = FileKey.Of(contents);
    }

    /// <summary>What it is called in messages: the path that it was read from, or the name that it was given.</summary>
    public string Name { get; }

    /// <summary>The file's bytes.</summary>
    public ReadOnlyMemory<byte> Contents { get; }

    /// <summary>SHA-256 of the bytes, in hexadecimal digits.</summary>
    public string Sha256 { get; }

    /// <summary>What it is recognised by within this process.</summary>
    internal FileKey Key { get; }

    /// <summary>Reads a program file of the host.</summary>
    /// <param name="path">The file.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">It cannot be read, or is no regular file.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read, or is a directory.</exception>
    public static async Task<ProgramImage> LoadAsync(string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new ProgramImage(path, await ProgramFile.ReadAsync(path, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Takes a program file's bytes, which must not change afterwards.</summary>
    /// <param name="name">What it is called in messages.</param>
    /// <param name="contents">The bytes.</param>
    public static ProgramImage FromBytes(string name, ReadOnlyMemory<byte> contents)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return new ProgramImage(name, contents);
    }
}
