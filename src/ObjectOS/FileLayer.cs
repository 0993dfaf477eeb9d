using System.Security.Cryptography;
using ObjectOS.Abi;
using ObjectOS.Host.Layers;
using ObjectOS.Services.Files;

namespace ObjectOS;

/// <summary>
/// An immutable set of files that programs have as their root (<see cref="ProgramSpec.Root"/>): a directory of the host, or a tar archive, plain or compressed
/// by gzip. Its names are read when it is opened, its contents when a program first wants them. All programs of an OS object that run from the same object share
/// them. What programs change is theirs alone: nothing is written to the host. It must stay open while programs run from it. Any thread may use it.
/// </summary>
public sealed class FileLayer : IDisposable
{
    private readonly ILayerContents _contents;
    private readonly byte[] _digest;

    private FileLayer(string path, LayerNode root, ILayerContents contents)
    {
        Path = path;
        _contents = contents;
        Index = LayerIndex.Write(root);
        _digest = SHA256.HashData(Index);
    }

    /// <summary>The directory or archive.</summary>
    public string Path { get; }

    /// <summary>SHA-256, in hexadecimal, of all names, kinds, modes, owners, times and lengths; contents are not part of it.</summary>
    public string Digest => Convert.ToHexStringLower(_digest);

    internal byte[] Index { get; }

    internal byte[] DigestBytes => _digest;

    /// <summary>Opens a directory or an archive, and reads all of its names.</summary>
    /// <param name="path">A directory, a tar archive (ustar, pax or GNU), or one that gzip has compressed, which is unpacked into a temporary file.</param>
    /// <exception cref="IOException">It is not there or cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is a file and no tar archive, or a damaged one.</exception>
    /// <exception cref="UnauthorizedAccessException">The host does not allow it.</exception>
    public static FileLayer Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var (root, contents) = Directory.Exists(path) ? DirectoryLayer.Open(path) : TarLayer.Open(path);
        return new FileLayer(path, root, contents);
    }

    /// <inheritdoc/>
    public void Dispose() => _contents.Dispose();

    /// <summary>Carries out a request of a kernel; any thread.</summary>
    internal Completion Execute(HostRequest request)
    {
        const ulong Most = 1 << 20;
        switch ((HostFileOperation)request.Argument0)
        {
            case HostFileOperation.LayerIndex:
                int start = (int)Math.Min(request.Argument1, (ulong)Index.Length);
                int length = (int)Math.Min(Math.Min(request.Argument2, Most), (ulong)(Index.Length - start));
                return new Completion(request.Id, length, Index.AsMemory(start, length));
            case HostFileOperation.LayerRead when request.Argument1 <= uint.MaxValue && request.Argument2 <= long.MaxValue:
                try
                {
                    var bytes = new byte[Math.Min(request.Argument3, Most)];
                    int read = _contents.Read((uint)request.Argument1, (long)request.Argument2, bytes);
                    return new Completion(request.Id, read, bytes.AsMemory(0, read));
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
                {
                    return new Completion(request.Id, -(long)HostError.InputOutput, default);
                }

            default:
                return new Completion(request.Id, -(long)HostError.InvalidArgument, default);
        }
    }
}
