using Microsoft.Win32.SafeHandles;
using ObjectOS.Abi;

namespace ObjectOS.Services.Files.Host;

/// <content>
/// What guests add to the directory, and its limits. Bytes are counted by the lengths of files, so that a hole counts as well; what guests remove is
/// given back, a file that is still open with its last handle.
/// </content>
public sealed partial class HostDirectory
{
    private readonly long _mostBytes;
    private readonly long _mostFiles;
    private long _addedBytes;
    private long _addedFiles;

    /// <summary>What a handle stands for: a file's stream, or a directory's handle if the host has such.</summary>
    private sealed class OpenHandle(string path, FileStream? stream, SafeFileHandle? directory) : IDisposable
    {
        /// <summary>Where it is, as far as guests have moved it.</summary>
        public string Path { get; set; } = path;

        public FileStream? Stream => stream;

        public SafeFileHandle? Handle => stream?.SafeFileHandle ?? directory;

        /// <summary>Once its name is gone: what counts the handles that are left.</summary>
        public Removed? Removed { get; set; }

        public void Dispose()
        {
            stream?.Dispose();
            directory?.Dispose();
        }
    }

    /// <summary>A file that has no name any more.</summary>
    private sealed class Removed(HostFileStatus status)
    {
        public HostFileStatus Status => status;

        public int Handles { get; set; }
    }

    private bool HasRoomForFile => _addedFiles < _mostFiles;

    private void AddBytes(long more) => _addedBytes = Math.Max(0, _addedBytes + more);

    private void AddFiles(long more) => _addedFiles = Math.Max(0, _addedFiles + more);

    private void CountOpened(bool wasThere, long moreBytes)
    {
        AddFiles(wasThere ? 0 : 1);
        AddBytes(moreBytes);
    }

    /// <summary>How many of the bytes of a write there is room for.</summary>
    private int LengthThatFits(FileStream stream, long offset, int length)
    {
        long room = Math.Max(0, _mostBytes - _addedBytes);
        long inside = Math.Max(0, stream.Length - offset);
        long hole = Math.Max(0, offset - stream.Length);
        return hole > room ? 0 : (int)Math.Min(length, Math.Min(long.MaxValue - inside, room - hole) + inside);
    }

    private void CountRemoved(string path, HostFileStatus status)
    {
        AddFiles(-1);
        var handles = _open.Values.Where(handle => handle.Removed is null && handle.Path == path && handle.Stream is not null).ToList();
        if (handles.Count == 0)
        {
            AddBytes(status.Kind == HostFileKind.File ? -(long)status.Size : 0);
            Forget(status);
            return;
        }

        var removed = new Removed(status) { Handles = handles.Count };
        handles.ForEach(handle => handle.Removed = removed);
    }

    private void CountMoved(string from, string to, HostFileStatus? old, HostRenameMode mode)
    {
        if (old is { } status && mode != HostRenameMode.Exchange)
        {
            CountRemoved(to, status);
        }

        foreach (var handle in _open.Values.Where(handle => handle.Removed is null))
        {
            handle.Path = Moved(handle.Path, from, to) ?? (mode == HostRenameMode.Exchange ? Moved(handle.Path, to, from) : null) ?? handle.Path;
        }
    }

    /// <summary>Where a path is after a move; null if the move does not concern it.</summary>
    private static string? Moved(string path, string from, string to) =>
        path == from || path.StartsWith(from + "/", StringComparison.Ordinal) ? to + path[from.Length..] : null;

    /// <summary>Makes a file longer, if there is room, or shorter.</summary>
    private Completion SetLength(HostRequest request, FileStream stream, long length)
    {
        long more = length - stream.Length;
        if (more > 0 && more > _mostBytes - _addedBytes)
        {
            return Failed(request, HostError.NoSpace);
        }

        stream.SetLength(length);
        AddBytes(more);
        return Done(request);
    }

    private void CountClosed(OpenHandle handle)
    {
        if (handle is { Removed: { } removed, Stream: { } stream } && --removed.Handles == 0)
        {
            AddBytes(-stream.Length);
            Forget(removed.Status);
        }
    }

    /// <summary>A file without a name and without a handle is no more, unless it has another name.</summary>
    private void Forget(HostFileStatus status)
    {
        if (status.Kind == HostFileKind.Directory || status.Links <= 1)
        {
            _calls.Forget(status.Inode);
        }
    }
}
