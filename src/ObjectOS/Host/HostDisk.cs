using ObjectOS.Abi;
using ObjectOS.Services.Vmm;

namespace ObjectOS.Host;

/// <summary>One file of the host as the grant behind a disk: nothing else can be named through it.</summary>
internal sealed class HostDisk : IDisposable
{
    /// <summary>What is wanted, in sentences.</summary>
    public const string Wanted = "a disk's file";

    private const int MostBytes = 1 << 20;

    private readonly FileStream _file;

    /// <exception cref="IOException">The file is not there, another holds it, or it has no places that can be named.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read, or written.</exception>
    public HostDisk(DiskSpec spec)
    {
        UnfitFileException.ThrowIfMisfit(spec.Path, Wanted);
        IsWritable = spec.Policy == BlockPolicy.ReadWrite;
        _file = new FileStream(
            spec.Path, FileMode.Open, IsWritable ? FileAccess.ReadWrite : FileAccess.Read, IsWritable ? FileShare.Read : FileShare.ReadWrite | FileShare.Delete, 0);
        if (!_file.CanSeek)
        {
            _file.Dispose();
            throw new UnfitFileException(spec.Path, $"bytes in sequence only; {Wanted} is wanted");
        }

        if (FormatOf(_file) is { } format)
        {
            _file.Dispose();
            throw new UnfitFileException(spec.Path, $"a disk image in the format {format}; a raw disk is wanted (qemu-img convert -O raw makes one)");
        }
    }

    /// <summary>The handle that requests name.</summary>
    public static ulong Handle => 1;

    /// <summary>Bytes of the file.</summary>
    public ulong Length => (ulong)_file.Length;

    private bool IsWritable { get; }

    /// <summary>The name of the file's format; null: it can be a raw disk.</summary>
    public static string? FormatOf(FileStream file)
    {
        Span<byte> head = stackalloc byte[DiskFormat.HeadBytes];
        int length = 0;
        for (int part; length < head.Length && (part = RandomAccess.Read(file.SafeFileHandle, head[length..], length)) > 0;)
        {
            length += part;
        }

        return DiskFormat.NameOf(head[..length]);
    }

    /// <summary>Carries out a request.</summary>
    public Completion Execute(HostRequest request)
    {
        ulong offset = request.Argument2;
        ulong length = (HostFileOperation)request.Argument0 == HostFileOperation.Write ? (ulong)request.Data.Length : request.Argument3;
        if (request.Argument1 != Handle || offset > long.MaxValue - MostBytes)
        {
            return Failed(HostError.InvalidArgument);
        }

        try
        {
            switch ((HostFileOperation)request.Argument0)
            {
                case HostFileOperation.Read when length <= MostBytes:
                    var buffer = new byte[length];
                    int read = ReadFully(buffer, (long)offset);
                    return new Completion(request.Id, read, buffer.AsMemory(0, read));
                case HostFileOperation.Write when !IsWritable:
                    return Failed(HostError.ReadOnly);
                case HostFileOperation.Write when offset <= Length && length <= Length - offset:
                    RandomAccess.Write(_file.SafeFileHandle, request.Data.Span, (long)offset);
                    return new Completion(request.Id, request.Data.Length, default);
                case HostFileOperation.Synchronize:
                    _file.Flush(flushToDisk: true);
                    return new Completion(request.Id, 0, default);
                default:
                    return Failed(HostError.InvalidArgument);
            }
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            return Failed(problem is IOException { HResult: (int)HostError.NoSpace } ? HostError.NoSpace : HostError.InputOutput);
        }

        Completion Failed(HostError error) => new(request.Id, -(long)error, default);
    }

    public void Dispose() => _file.Dispose();

    private int ReadFully(Span<byte> buffer, long offset)
    {
        int done = 0;
        for (int part; done < buffer.Length && (part = RandomAccess.Read(_file.SafeFileHandle, buffer[done..], offset + done)) > 0;)
        {
            done += part;
        }

        return done;
    }
}
