using System.Formats.Tar;
using System.IO.Compression;
using ObjectOS.Services.Files;

namespace ObjectOS.Host.Layers;

/// <summary>A tar archive as a layer. Contents are read from their places in the archive.</summary>
internal sealed class TarLayer : ILayerContents
{
    private readonly FileStream _archive;
    private readonly List<(long Offset, long Length)> _files;

    private TarLayer(FileStream archive, List<(long Offset, long Length)> files)
    {
        _archive = archive;
        _files = files;
    }

    public static (LayerNode Root, ILayerContents Contents) Open(string path)
    {
        var archive = Unpacked(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read), path);
        try
        {
            var files = new List<(long, long)>();
            return (ReadNames(archive, path, files), new TarLayer(archive, files));
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException)
        {
            long at = archive.Position;
            archive.Dispose();
            throw new InvalidDataException($"{path}: no tar archive, or a damaged one, at offset {at}: {e.Message}");
        }
        catch
        {
            archive.Dispose();
            throw;
        }
    }

    /// <summary>The archive itself, or if gzip has compressed it, a temporary file that the host removes when it is closed.</summary>
    private static FileStream Unpacked(FileStream file, string path)
    {
        Span<byte> magic = stackalloc byte[2];
        bool isCompressed = file.ReadAtLeast(magic, 2, throwOnEndOfStream: false) == 2 && magic is [0x1f, 0x8b];
        file.Position = 0;
        if (!isCompressed)
        {
            return file;
        }

        string name = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        var unpacked = new FileStream(name, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);
        try
        {
            using (file)
            using (var gzip = new GZipStream(file, CompressionMode.Decompress))
            {
                gzip.CopyTo(unpacked);
            }

            unpacked.Position = 0;
            return unpacked;
        }
        catch (InvalidDataException e)
        {
            unpacked.Dispose();
            throw new InvalidDataException($"{path}: gzip data that is damaged: {e.Message}");
        }
        catch
        {
            unpacked.Dispose();
            throw;
        }
    }

    private static LayerNode ReadNames(FileStream archive, string path, List<(long Offset, long Length)> files)
    {
        var builder = new LayerBuilder();
        using var reader = new TarReader(archive, leaveOpen: true);
        bool isEmpty = true;
        while (reader.GetNextEntry() is { } entry)
        {
            isEmpty = false;
            if (KindOf(entry.EntryType) is not { } kind)
            {
                continue;
            }

            string name = NameOf(entry.Name);
            LayerNode? node;
            if (entry.EntryType == TarEntryType.HardLink)
            {
                node = builder.Find(NameOf(entry.LinkName))
                    ?? throw new InvalidDataException($"{entry.Name} is a further name of {entry.LinkName}, which is not before it");
            }
            else
            {
                if (kind == LayerNodeKind.File)
                {
                    files.Add((entry.DataOffset, entry.Length));
                }

                node = NodeOf(entry, kind, kind == LayerNodeKind.File ? (uint)files.Count : 0);
            }

            if (!builder.TryAdd(name, node))
            {
                throw new InvalidDataException($"{entry.Name} is below a name that is no directory");
            }
        }

        return isEmpty && archive.Length < 1024
            ? throw new InvalidDataException($"{path} has {archive.Length} bytes; an archive has at least 1024")
            : builder.Build((uint)files.Count);
    }

    private static LayerNodeKind? KindOf(TarEntryType type) => type switch
    {
        TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile or TarEntryType.HardLink => LayerNodeKind.File,
        TarEntryType.Directory => LayerNodeKind.Directory,
        TarEntryType.SymbolicLink => LayerNodeKind.Link,
        TarEntryType.CharacterDevice => LayerNodeKind.CharacterDevice,
        TarEntryType.BlockDevice => LayerNodeKind.BlockDevice,
        TarEntryType.Fifo => LayerNodeKind.Fifo,
        TarEntryType.SparseFile or TarEntryType.MultiVolume
            => throw new InvalidDataException($"an entry is of type {(char)type}; files, directories, links, devices and pipes are wanted"),
        _ => null,
    };

    private static LayerNode NodeOf(TarEntry entry, LayerNodeKind kind, uint number)
    {
        var device = kind is LayerNodeKind.CharacterDevice or LayerNodeKind.BlockDevice ? (PosixTarEntry)entry : null;
        return new LayerNode
        {
            Kind = kind,
            Mode = (uint)entry.Mode,
            UserId = (uint)entry.Uid,
            GroupId = (uint)entry.Gid,
            ModifyTime = (entry.ModificationTime - DateTimeOffset.UnixEpoch).Ticks * 100,
            Length = kind == LayerNodeKind.File ? (ulong)entry.Length : 0,
            Target = kind == LayerNodeKind.Link ? Checked(entry.LinkName) : "",
            Device = device is null ? 0 : DeviceNumber.Of((uint)device.DeviceMajor, (uint)device.DeviceMinor),
            FileNumber = number,
        };
    }

    /// <summary>A name as a byte text. .NET's reader decodes UTF-8, and so loses the bytes of others: two of them would become one.</summary>
    private static string Checked(string name) => name.Contains('\ufffd', StringComparison.Ordinal)
        ? throw new InvalidDataException($"the name {name} is not UTF-8; other names cannot be read yet")
        : ByteText.OfUnicode(name);

    /// <summary>The path below the topmost directory.</summary>
    private static string NameOf(string name)
    {
        string[] parts = [.. Checked(name).Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != ".")];
        return parts.Contains("..") ? throw new InvalidDataException($"{name} leads out of the archive") : string.Join('/', parts);
    }

    public int Read(uint file, long offset, Span<byte> bytes)
    {
        if (file == 0 || file > _files.Count)
        {
            throw new IOException($"The archive has no file {file}.");
        }

        var (start, length) = _files[(int)file - 1];
        if (offset >= length)
        {
            return 0;
        }

        bytes = bytes[..(int)Math.Min(bytes.Length, length - offset)];
        int done = 0;
        while (done < bytes.Length && RandomAccess.Read(_archive.SafeFileHandle, bytes[done..], start + offset + done) is var part and > 0)
        {
            done += part;
        }

        return done == bytes.Length ? done : throw new IOException("The archive has become shorter.");
    }

    public void Dispose() => _archive.Dispose();
}
