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
        var error = FindName(request.Data.Span, out string path);
        if (error == 0)
        {
            error = !TryStatus(path, false, out var status) ? HostError.NotFound : status.Kind == HostFileKind.Directory ? HostError.IsDirectory : 0;
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
        if (error == 0)
        {
            error = !TryStatus(path, false, out var status) ? HostError.NotFound
                : status.Kind != HostFileKind.Directory ? HostError.NotDirectory
                : Directory.EnumerateFileSystemEntries(path).Any() ? HostError.NotEmpty
                : 0;
        }

        if (error == 0)
        {
            Directory.Delete(path);
            AddFiles(-1);
        }

        return error == 0 ? Done(request) : Failed(request, error);
    }

    private Completion Rename(HostRequest request)
    {
        Split(request.Data.Span, out var first, out var second);
        var error = FindName(first, out string from);
        error = error == 0 ? FindName(second, out string to) : SetEmpty(error, out to);
        if (error == 0 && !TryStatus(from, false, out var source))
        {
            error = HostError.NotFound;
        }
        else if (error == 0)
        {
            TryStatus(from, false, out source);
            bool isThere = TryStatus(to, false, out var old);
            error = MoveOver(from, to, source.Kind, isThere ? old.Kind : null);
            if (error == 0 && from != to)
            {
                CountMoved(from, to, isThere ? old : null);
            }
        }

        return error == 0 ? Done(request) : Failed(request, error);
    }

    private static HostError MoveOver(string from, string to, HostFileKind source, HostFileKind? old)
    {
        if (from == to)
        {
            return 0;
        }

        if (source != HostFileKind.Directory)
        {
            if (old == HostFileKind.Directory)
            {
                return HostError.IsDirectory;
            }

            File.Move(from, to, overwrite: true);
            return 0;
        }

        if (old is { } kind)
        {
            if (kind != HostFileKind.Directory)
            {
                return HostError.NotDirectory;
            }

            if (Directory.EnumerateFileSystemEntries(to).Any())
            {
                return HostError.NotEmpty;
            }
        }

        if (to.StartsWith(from + "/", StringComparison.Ordinal))
        {
            return HostError.InvalidArgument;
        }

        if (old is not null)
        {
            Directory.Delete(to);
        }

        Directory.Move(from, to);
        return 0;
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

        byte[] data = Encoding.UTF8.GetBytes(target);
        return new Completion(request.Id, data.Length, data);
    }

    private Completion MakeLink(HostRequest request)
    {
        Split(request.Data.Span, out var target, out var name);
        var error = FindName(name, out string path);
        if (error == 0 && (TryStatus(path, false, out _) || target.IsEmpty))
        {
            error = target.IsEmpty ? HostError.NotFound : HostError.Exists;
        }

        error = error == 0 && !HasRoomForFile ? HostError.NoSpace : error;
        if (error == 0)
        {
            _addedFiles++;
            File.CreateSymbolicLink(path, Encoding.UTF8.GetString(target));
        }

        return error == 0 ? Done(request) : Failed(request, error);
    }

    private Completion Synchronize(HostRequest request)
    {
        if (!_open.TryGetValue(request.Argument1, out var file))
        {
            return Failed(request, HostError.InvalidArgument);
        }

        if (file.Stream is { CanWrite: true } stream)
        {
            RandomAccess.FlushToDisk(stream.SafeFileHandle);
        }

        return Done(request);
    }

    private Completion ChangeMode(HostRequest request)
    {
        var error = _paths.Find(TextOf(request.Data), true, out string path);
        error = error == 0 && !TryStatus(path, true, out _) ? HostError.NotFound : error;
        if (error == 0 && !OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, (UnixFileMode)(request.Argument1 & 0x1ff));
        }

        return error == 0 ? Done(request) : Failed(request, error);
    }

    private Completion SetTime(HostRequest request)
    {
        var error = _paths.Find(TextOf(request.Data), true, out string path);
        error = error == 0 && !TryStatus(path, true, out _) ? HostError.NotFound : error;
        if (error == 0)
        {
            File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch.AddTicks((long)(request.Argument1 / 100)));
        }

        return error == 0 ? Done(request) : Failed(request, error);
    }
}
