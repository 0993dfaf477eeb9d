using ObjectOS.Services.Files;

namespace ObjectOS.Host.Layers;

/// <summary>A directory of the host as a layer. Contents are read from its files; one that has changed since then is refused.</summary>
internal sealed class DirectoryLayer : ILayerContents
{
    /// <summary>Files that are kept open, for the next piece.</summary>
    private const int MostOpen = 64;

    private readonly List<(string Path, long Length, long ModifyTime)> _files = [];
    private readonly Dictionary<(ulong Device, ulong Inode), LayerNode> _linked = [];
    private readonly Dictionary<uint, Microsoft.Win32.SafeHandles.SafeFileHandle> _open = [];
    private readonly Lock _lock = new();

    public static (LayerNode Root, ILayerContents Contents) Open(string path)
    {
        var layer = new DirectoryLayer();
        var builder = new LayerBuilder();
        string full = Path.GetFullPath(path);
        builder.TryAdd("", layer.NodeOf(full));
        var pending = new Stack<(string Host, string Guest)>([(full, "")]);
        while (pending.TryPop(out var at))
        {
            foreach (string host in Directory.EnumerateFileSystemEntries(at.Host))
            {
                string name = Path.GetFileName(host);
                if (name.Contains('\ufffd', StringComparison.Ordinal))
                {
                    throw new IOException($"{at.Host} has a name that is not UTF-8, \"{name}\"; such names cannot be read yet.");
                }

                string guest = at.Guest + "/" + ByteText.OfUnicode(name);
                var node = layer.NodeOf(host);
                builder.TryAdd(guest, node);
                if (node.Kind == LayerNodeKind.Directory)
                {
                    pending.Push((host, guest));
                }
            }
        }

        return (builder.Build((uint)layer._files.Count), layer);
    }

    private LayerNode NodeOf(string path)
    {
        var status = LayerStatus.Of(path);
        bool isLinked = status.Links > 1 && status.Kind != LayerNodeKind.Directory;
        if (isLinked && _linked.TryGetValue((status.HostDevice, status.Inode), out var known))
        {
            return known;
        }

        if (status.Kind == LayerNodeKind.File)
        {
            _files.Add((path, (long)status.Length, status.ModifyTime));
        }

        var node = new LayerNode
        {
            Kind = status.Kind,
            Mode = status.Mode,
            UserId = status.UserId,
            GroupId = status.GroupId,
            ModifyTime = status.ModifyTime,
            Length = status.Kind == LayerNodeKind.File ? status.Length : 0,
            Target = status.Kind == LayerNodeKind.Link ? TargetOf(path) : "",
            Device = status.Device,
            FileNumber = status.Kind == LayerNodeKind.File ? (uint)_files.Count : 0,
        };
        if (isLinked && status.Kind == LayerNodeKind.File)
        {
            _linked.Add((status.HostDevice, status.Inode), node);
        }

        return node;
    }

    private static string TargetOf(string path)
    {
        string target = new FileInfo(path).LinkTarget ?? "";
        return target.Contains('\ufffd', StringComparison.Ordinal)
            ? throw new IOException($"{path} is a link whose text is not UTF-8; such links cannot be read yet.")
            : ByteText.OfUnicode(target);
    }

    public int Read(uint file, long offset, Span<byte> bytes)
    {
        if (file == 0 || file > _files.Count)
        {
            throw new IOException($"The directory has no file {file}.");
        }

        var (path, length, _) = _files[(int)file - 1];
        lock (_lock)
        {
            var handle = HandleOf(file);
            int done = 0;
            while (done < bytes.Length && RandomAccess.Read(handle, bytes[done..], offset + done) is var part and > 0)
            {
                done += part;
            }

            return RandomAccess.GetLength(handle) == length ? done : throw Changed(path);
        }
    }

    private static IOException Changed(string path) => new($"{path} has changed since it was listed.");

    private Microsoft.Win32.SafeHandles.SafeFileHandle HandleOf(uint file)
    {
        if (_open.TryGetValue(file, out var handle))
        {
            return handle;
        }

        var (path, length, modified) = _files[(int)file - 1];
        handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (RandomAccess.GetLength(handle) != length || LayerStatus.Of(path).ModifyTime != modified)
        {
            handle.Dispose();
            throw Changed(path);
        }

        if (_open.Count >= MostOpen)
        {
            Close();
        }

        _open.Add(file, handle);
        return handle;
    }

    private void Close()
    {
        foreach (var handle in _open.Values)
        {
            handle.Dispose();
        }

        _open.Clear();
    }

    public void Dispose()
    {
        lock (_lock)
        {
            Close();
        }
    }
}
