using System.Buffers.Binary;
using System.Text;
using ObjectOS.Abi;

namespace ObjectOS.Services.Files.Host;

/// <content>Operations on names: making, removing, moving, links, modes and times.</content>
public sealed partial class HostDirectory
{
    private Completion MakeDirectory(HostRequest request)
    {
        var error = FindName(request.Data.Span, out string path);
        if (error == 0 && TryStatus(path, false, out _))
        {
            error = HostError.Exists;
        }

        error = error == 0 && !HasRoomForFile ? HostError.NoSpace : error;
        if (error == 0)
        {
            Directory.CreateDirectory(path);
            _addedFiles++;
        }

        return error == 0 ? Done(request) : Failed(request, error);
    }

    private Completion RemoveFile(HostRequest request)
    {
        bool wantsDirectory = TextOf(request.Data).EndsWith('/');
        var error = FindName(request.Data.Span, out string path);
        if (error == 0)
        {
            error = !TryStatus(path, false, out var status) ? HostError.NotFound
                : status.Kind == HostFileKind.Directory ? HostError.IsDirectory
                : wantsDirectory ? HostError.NotDirectory
                : 0;
            if (error == 0)
            {
                File.Delete(path);
                CountRemoved(path, status);
            }
        }

        return error == 0 ? Done(request) : Failed(request, error);
    }

    private Completion RemoveDirectory(HostRequest request)
    {
        var error = FindName(request.Data.Span, out string path);
        var status = default(HostFileStatus);
        if (error == 0)
        {
            error = !TryStatus(path, false, out status) ? HostError.NotFound
                : status.Kind != HostFileKind.Directory ? HostError.NotDirectory
                : Directory.EnumerateFileSystemEntries(path).Any() ? HostError.NotEmpty
                : 0;
        }

        if (error == 0)
        {
            Directory.Delete(path);
            AddFiles(-1);
            Forget(status);
        }

        return error == 0 ? Done(request) : Failed(request, error);
    }

    private Completion Rename(HostRequest request)
    {
        Split(request.Data.Span, out var first, out var second);
        var mode = (HostRenameMode)request.Argument1;
        var error = FindName(first, out string from);
        string to = "";
        error = error == 0 ? FindName(second, out to) : error;
        if (error == 0)
        {
            bool wantsDirectory = EndsWithSlash(first) || (EndsWithSlash(second) && mode != HostRenameMode.Exchange);
            error = !TryStatus(from, false, out var source) ? HostError.NotFound
                : wantsDirectory && source.Kind != HostFileKind.Directory ? HostError.NotDirectory
                : WhyNotMoved(from, to, source.Kind, mode);
        }

        if (error == 0 && from != to)
        {
            bool wasThere = TryStatus(to, false, out var old);
            error = _calls.Rename(from, to, mode);
            if (error == 0)
            {
                CountMoved(from, to, wasThere ? old : null, mode);
            }
        }

        return error == 0 ? Done(request) : Failed(request, error);
    }

    private static bool EndsWithSlash(ReadOnlySpan<byte> path) => path.Length > 0 && path[^1] == (byte)'/';

    /// <summary>
    /// What .NET's calls would not find out, or would tell by a general error. That <see cref="HostRenameMode.KeepOld"/> keeps what is there is for the
    /// call itself to see to: between this look and the call, the host may make the name.
    /// </summary>
    private HostError WhyNotMoved(string from, string to, HostFileKind source, HostRenameMode mode)
    {
        bool isThere = TryStatus(to, false, out var old);
        if (mode == HostRenameMode.Exchange)
        {
            return !isThere ? HostError.NotFound
                : to.StartsWith(from + "/", StringComparison.Ordinal) || from.StartsWith(to + "/", StringComparison.Ordinal) ? HostError.InvalidArgument
                : 0;
        }

        return isThere && mode == HostRenameMode.KeepOld ? HostError.Exists
            : source == HostFileKind.Directory && to.StartsWith(from + "/", StringComparison.Ordinal) ? HostError.InvalidArgument
            : !isThere || from == to ? 0
            : source != HostFileKind.Directory ? old.Kind == HostFileKind.Directory ? HostError.IsDirectory : 0
            : old.Kind != HostFileKind.Directory ? HostError.NotDirectory
            : Directory.EnumerateFileSystemEntries(to).Any() ? HostError.NotEmpty
            : 0;
    }

    private Completion ReadLink(HostRequest request)
    {
        var error = _paths.Find(TextOf(request.Data), false, out string path);
        if (error != 0)
        {
            return Failed(request, error);
        }

        if (new FileInfo(path).LinkTarget is not { } target)
        {
            return Failed(request, TryStatus(path, false, out _) ? HostError.InvalidArgument : HostError.NotFound);
        }

        if (target.Contains('\ufffd', StringComparison.Ordinal))
        {
            return Failed(request, HostError.IllegalSequence); // It is not UTF-8, or says so itself: .NET does not tell.
        }

        byte[] data = Encoding.UTF8.GetBytes(target);
        return new Completion(request.Id, data.Length, data);
    }

    private Completion MakeLink(HostRequest request)
    {
        Split(request.Data.Span, out var target, out var name);
        var error = FindName(name, out string path);
        if (error == 0 && (TryStatus(path, false, out _) || target.IsEmpty || EndsWithSlash(name)))
        {
            error = target.IsEmpty || !TryStatus(path, false, out _) ? HostError.NotFound : HostError.Exists;
        }

        error = error == 0 && !HasRoomForFile ? HostError.NoSpace : error;
        if (error == 0)
        {
            _addedFiles++;
            File.CreateSymbolicLink(path, Encoding.UTF8.GetString(target));
        }

        return error == 0 ? Done(request) : Failed(request, error);
    }

    private Completion HardLink(HostRequest request)
    {
        Split(request.Data.Span, out var first, out var second);
        var error = FindName(first, out string from);
        string to = "";
        error = error == 0 ? FindName(second, out to) : error;
        if (error == 0)
        {
            error = !TryStatus(from, false, out var status) ? HostError.NotFound
                : EndsWithSlash(first) && status.Kind != HostFileKind.Directory ? HostError.NotDirectory
                : status.Kind == HostFileKind.Directory ? HostError.NotPermitted
                : EndsWithSlash(second) ? HostError.NotFound
                : !HasRoomForFile ? HostError.NoSpace
                : _calls.HardLink(from, to);
        }

        if (error == 0)
        {
            AddFiles(1);
        }

        return error == 0 ? Done(request) : Failed(request, error);
    }

    private Completion Synchronize(HostRequest request)
    {
        if (request.Argument1 == 0)
        {
            using var root = _calls.OpenDirectory(Root);
            var outcome = root is null ? HostError.NotSupported : _calls.SynchronizeAll(root);
            return outcome == 0 ? Done(request) : Failed(request, outcome);
        }

        if (!_open.TryGetValue(request.Argument1, out var file) || file.Handle is not { } handle)
        {
            return Failed(request, HostError.InvalidArgument);
        }

        var error = _calls.Synchronize(handle);
        return error == 0 ? Done(request) : Failed(request, error);
    }

    private Completion ChangeMode(HostRequest request)
    {
        var error = Find(request, out string path, out _);
        if (error == 0 && !OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, (UnixFileMode)(request.Argument1 & 0x1ff));
        }

        return error == 0 ? Done(request) : Failed(request, error);
    }

    /// <summary>Finds what a path leads to, links followed; a path that ends in a slash leads to a directory.</summary>
    private HostError Find(HostRequest request, out string path, out HostFileStatus status, bool followed = true)
    {
        string text = TextOf(request.Data);
        status = default;
        var error = _paths.Find(text, followed, out path);
        return error != 0 ? error
            : !TryStatus(path, followed, out status) ? HostError.NotFound
            : text.EndsWith('/') && status.Kind != HostFileKind.Directory ? HostError.NotDirectory
            : 0;
    }

    private Completion ChangeHandleMode(HostRequest request)
    {
        if (!_open.TryGetValue(request.Argument1, out var file) || file.Handle is not { } handle || OperatingSystem.IsWindows())
        {
            return Failed(request, HostError.NotSupported);
        }

        File.SetUnixFileMode(handle, (UnixFileMode)(request.Argument2 & 0x1ff));
        return Done(request);
    }

    private Completion SetTimes(HostRequest request)
    {
        var error = Find(request, out string path, out _, request.Argument3 != 1);
        error = error == 0 ? _calls.SetTimes(path, (long)request.Argument1, (long)request.Argument2) : error;
        return error == 0 ? Done(request) : Failed(request, error);
    }

    private Completion SetHandleTimes(HostRequest request)
    {
        if (!_open.TryGetValue(request.Argument1, out var file) || file.Handle is not { } handle)
        {
            return Failed(request, HostError.NotSupported);
        }

        var error = _calls.SetTimes(handle, (long)request.Argument2, (long)request.Argument3);
        return error == 0 ? Done(request) : Failed(request, error);
    }

    private Completion TruncatePath(HostRequest request)
    {
        var error = Find(request, out string path, out var status);
        error = error != 0 ? error : status.Kind switch
        {
            HostFileKind.File => request.Argument1 > long.MaxValue ? HostError.InvalidArgument : 0,
            HostFileKind.Directory => HostError.IsDirectory,
            _ => HostError.InvalidArgument,
        };
        if (error != 0)
        {
            return Failed(request, error);
        }

        using var stream = OpenStream(path, HostOpenFlags.Write, isThere: true, 0);
        return SetLength(request, stream, (long)request.Argument1);
    }

    private Completion FileSystemStatus(HostRequest request)
    {
        var error = Find(request, out string path, out _);
        if (error != 0)
        {
            return Failed(request, error);
        }

        var (total, free, available) = _calls.IsReproducible ? RoomOfLimits() : RoomOf(new DriveInfo(path));
        var data = new byte[3 * sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(data, total);
        BinaryPrimitives.WriteInt64LittleEndian(data.AsSpan(sizeof(long)), free);
        BinaryPrimitives.WriteInt64LittleEndian(data.AsSpan(2 * sizeof(long)), available);
        return new Completion(request.Id, 0, data);
    }

    private static (long Total, long Free, long Available) RoomOf(DriveInfo drive) => (drive.TotalSize, drive.TotalFreeSpace, drive.AvailableFreeSpace);

    /// <summary>The directory as if it were a file system with room for what guests may add.</summary>
    private (long Total, long Free, long Available) RoomOfLimits()
    {
        long free = Math.Max(0, _mostBytes - _addedBytes);
        return (_mostBytes, free, free);
    }
}
