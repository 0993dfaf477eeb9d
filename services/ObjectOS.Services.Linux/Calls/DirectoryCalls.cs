using ObjectOS.Abi;
using ObjectOS.Services.Files;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>Directories, names and links.</summary>
internal static class DirectoryCalls
{
    public static CallResult GetWorkingDirectory(LinuxCall call)
    {
        if (call.Process.WorkingDirectory.PathIn(call.Job.Tree) is not { } path)
        {
            return Errno.ENOENT;
        }

        if (path.Length >= LinuxCall.LongestPath)
        {
            return Errno.ENAMETOOLONG;
        }

        byte[] text = ByteText.ToBytes(path + "\0");
        return call[1] < (ulong)text.Length ? Errno.ERANGE : call.TryWrite(call[0], text) ? text.Length : call.Failure;
    }

    public static CallResult ChangeDirectory(LinuxCall call)
    {
        if (!call.TryPath(-1, 0, out var path))
        {
            return call.Failure;
        }

        var target = ProcFiles.Find(call.Process, path, true);
        if (target.Error != 0)
        {
            return (Errno)target.Error;
        }

        if (target.IsHost)
        {
            if (!call.TryReply(0, out var reply))
            {
                return call.Ask(target.Grant, HostFileOperation.Status, target.HostName);
            }

            if (reply.IsError || !HostFileStatus.TryRead(reply.Data, out var status) || status.Kind != HostFileKind.Directory)
            {
                return reply.IsError ? reply.Result : Errno.ENOTDIR;
            }

            call.Process.Enter(new DirectoryPlace(call.Job.Tree.MountOf(target.Grant), target.HostPath));
            return 0L;
        }

        return target.Node is { Kind: InodeKind.Directory } directory ? Enter(call, new DirectoryPlace(directory))
            : target.Node is null ? Errno.ENOENT : Errno.ENOTDIR;
    }

    public static CallResult ChangeDirectoryFile(LinuxCall call) =>
        !call.TryFile(0, out var file) ? call.Failure : file.IsDirectory ? Enter(call, file.Place) : Errno.ENOTDIR;

    private static CallResult Enter(LinuxCall call, DirectoryPlace place)
    {
        if (place.Directory.Kind == InodeKind.Directory && !call.Process.Credentials.May(place.Directory, FileAccessRights.Execute))
        {
            return Errno.EACCES;
        }

        call.Process.Enter(place);
        return 0L;
    }

    public static CallResult MakeDirectory(LinuxCall call)
    {
        if (!call.TryPath(0, 1, out var path))
        {
            return call.Failure;
        }

        var target = ProcFiles.Find(call.Process, path.ForName, false);
        if (target.Error != 0)
        {
            return (Errno)target.Error;
        }

        if (target.IsHost)
        {
            return target.HostPath.Length == 0 || !path.End.IsName ? Errno.EEXIST : Simple(call, target, HostFileOperation.MakeDirectory, false);
        }

        var error = path.End.IsName ? NodeCalls.Check(call, target) : Errno.EEXIST;
        if (error == Errno.None)
        {
            NodeCalls.Make(call, target, InodeKind.Directory, (uint)call[2] & 0x3ff);
        }

        return error == Errno.None ? 0L : error;
    }

    private static CallResult Simple(LinuxCall call, PathTarget target, HostFileOperation operation, bool hasSlash) =>
        call.TryReply(0, out var reply) ? Math.Min(0, reply.Result) : call.Ask(target.Grant, operation, hasSlash ? target.HostPath + "/" : target.HostPath);

    public static CallResult Remove(LinuxCall call)
    {
        bool directory = (call[2] & 0x200) != 0;
        if ((call[2] & ~0x200UL) != 0)
        {
            return Errno.EINVAL;
        }

        if (!call.TryPath(0, 1, out var path))
        {
            return call.Failure;
        }

        var end = path.End;
        if (!end.IsName)
        {
            return !directory ? Errno.EISDIR : end.IsDot ? Errno.EINVAL : end.IsDotDot ? Errno.ENOTEMPTY : Errno.EBUSY;
        }

        var target = ProcFiles.Find(call.Process, path.Trimmed, false);
        if (target.Error != 0)
        {
            return (Errno)target.Error;
        }

        if (target.IsHost)
        {
            return target.HostPath.Length == 0 ? directory ? Errno.EBUSY : Errno.EISDIR
                : Simple(call, target, directory ? HostFileOperation.RemoveDirectory : HostFileOperation.RemoveFile, end.HasSlash);
        }

        if (target.Node is not { } node || target.Directory is null)
        {
            return target.Directory is null ? Errno.EACCES : Errno.ENOENT;
        }

        if (target.Directory.Tag != 0 || !call.Process.Credentials.May(target.Directory, FileAccessRights.Write | FileAccessRights.Execute))
        {
            return Errno.EACCES;
        }

        if (!call.Process.Credentials.MayRemove(target.Directory, node))
        {
            return Errno.EPERM;
        }

        if (node.Kind == InodeKind.Mount)
        {
            return Errno.EBUSY;
        }

        if (directory != (node.Kind == InodeKind.Directory))
        {
            return directory ? Errno.ENOTDIR : Errno.EISDIR;
        }

        if (end.HasSlash && !directory)
        {
            return Errno.ENOTDIR;
        }

        if (directory && !call.Job.Tree.IsEmpty(node))
        {
#if WRONG_ERRNO
            // Planted for tests.
            return Errno.EEXIST;
#else
            return Errno.ENOTEMPTY;
#endif
        }

        call.Job.Tree.Remove(target.Directory, target.Name, call.Job.WallClock);
        return 0L;
    }

    public static CallResult MakeLink(LinuxCall call)
    {
        if (!call.TryReadText(call[0], LinuxCall.LongestPath, out string text) || !call.TryPath(1, 2, out var path))
        {
            return call.Failure;
        }

        var end = path.End;
        var target = ProcFiles.Find(call.Process, path.ForName, false);
        if (target.Error != 0)
        {
            return (Errno)target.Error;
        }

        if (!end.IsName || text.Length == 0)
        {
            return text.Length == 0 ? Errno.ENOENT : Errno.EEXIST;
        }

        if (target.IsHost)
        {
            return target.HostPath.Length == 0 ? Errno.EEXIST
                : call.TryReply(0, out var reply) ? reply.Result
                : call.Ask(target.Grant, HostFileOperation.MakeLink, text + "\0" + target.HostPath + (end.HasSlash ? "/" : ""));
        }

        if (target.Node is not null || end.HasSlash)
        {
            return target.Node is not null ? Errno.EEXIST : Errno.ENOENT;
        }

        var error = NodeCalls.Check(call, target, text);
        if (error == Errno.None)
        {
            call.Job.Tree.Make(target.Directory!, target.Name, InodeKind.Link, 0x1ff, call.Job.WallClock, text, owner: NodeCalls.OwnerIn(call, target.Directory!));
        }

        return error == Errno.None ? 0L : error;
    }

    public static CallResult ReadLink(LinuxCall call)
    {
        if (!call.TryPath(0, 1, out var path, emptyAllowed: true))
        {
            return call.Failure;
        }

        if (call.Int(3) <= 0)
        {
            return Errno.EINVAL;
        }

        if (path.IsEmpty)
        {
            // The link that a descriptor with O_PATH names (readlink(2)).
            return !call.TryFile(0, out var file) ? call.Failure
                : file.Inode is { Kind: InodeKind.Link } own ? Tell(call, ByteText.ToBytes(own.Target))
                : Errno.ENOENT;
        }

        var target = ProcFiles.Find(call.Process, path, false);
        if (target.Error != 0)
        {
            return (Errno)target.Error;
        }

        byte[] text;
        if (target.IsHost)
        {
            if (!call.TryReply(0, out var reply))
            {
                return call.Ask(target.Grant, HostFileOperation.ReadLink, target.HostName);
            }

            if (reply.IsError)
            {
                return reply.Result;
            }

            text = reply.Data;
        }
        else if (target.Node is { Kind: InodeKind.Link } link)
        {
            text = ByteText.ToBytes(link.Target);
        }
        else
        {
            return target.Node is null ? Errno.ENOENT : Errno.EINVAL;
        }

        return Tell(call, text);
    }

    private static CallResult Tell(LinuxCall call, byte[] text)
    {
        int length = (int)Math.Min((ulong)text.Length, call[3]);
        return call.TryWrite(call[2], text.AsSpan(0, length)) ? length : call.Failure;
    }

    public static CallResult Rename(LinuxCall call)
    {
        if (!call.TryPath(0, 1, out var from) || !call.TryPath(2, 3, out var to))
        {
            return call.Failure;
        }

        var mode = call.Number == 276 ? (HostRenameMode)call[4] : HostRenameMode.Replace;
        if (mode > HostRenameMode.Exchange)
        {
            return Errno.EINVAL;
        }

        var (fromEnd, toEnd) = (from.End, to.End);
        if (!fromEnd.IsName || !toEnd.IsName)
        {
            return fromEnd.IsName && mode == HostRenameMode.KeepOld ? Errno.EEXIST : Errno.EBUSY;
        }

        var (source, target) = ProcFiles.Find(call.Process, from.Trimmed, to.Trimmed);
        if (source.Error != 0 || target.Error != 0)
        {
            return (Errno)(source.Error != 0 ? source.Error : target.Error);
        }

        if (source.IsHost || target.IsHost)
        {
            string names = source.HostPath + (fromEnd.HasSlash ? "/" : "") + "\0" + target.HostPath + (toEnd.HasSlash ? "/" : "");
            return source.Grant != target.Grant ? Errno.EXDEV
                : source.HostPath.Length == 0 || target.HostPath.Length == 0 ? Errno.EBUSY
                : call.TryReply(0, out var reply) ? reply.Result
                : call.Ask(source.Grant, HostFileOperation.Rename, names, (ulong)mode);
        }

        bool wantsDirectory = fromEnd.HasSlash || (toEnd.HasSlash && mode != HostRenameMode.Exchange);
        return RenameLocal(call, source, target, mode, wantsDirectory);
    }

    private static CallResult RenameLocal(LinuxCall call, PathTarget source, PathTarget target, HostRenameMode mode, bool wantsDirectory)
    {
        if (source.Node is not { } node || source.Directory is null || target.Directory is null)
        {
            return source.Node is null ? Errno.ENOENT : Errno.EACCES;
        }

        if (source.Directory.Tag != 0 || target.Directory.Tag != 0)
        {
            return Errno.EACCES;
        }

        var who = call.Process.Credentials;
        if (!who.May(source.Directory, FileAccessRights.Write | FileAccessRights.Execute) || !who.May(target.Directory, FileAccessRights.Write | FileAccessRights.Execute))
        {
            return Errno.EACCES;
        }

        if (!who.MayRemove(source.Directory, node) || (target.Node is { } there && !who.MayRemove(target.Directory, there)))
        {
            return Errno.EPERM;
        }

        if (node.Kind == InodeKind.Mount || target.Node?.Kind == InodeKind.Mount)
        {
            return Errno.EBUSY;
        }

        if (target.Node is not null && mode == HostRenameMode.KeepOld)
        {
            return Errno.EEXIST;
        }

        if (target.Node is null && target.Directory.Links == 0)
        {
            return Errno.ENOENT;
        }

        if (wantsDirectory && node.Kind != InodeKind.Directory)
        {
            return Errno.ENOTDIR;
        }

        if (IsBelow(call, target.Directory, node))
        {
            return Errno.EINVAL;
        }

        ulong now = call.Job.WallClock;
        if (mode == HostRenameMode.Exchange)
        {
            if (target.Node is null || IsBelow(call, source.Directory, target.Node))
            {
                return target.Node is null ? Errno.ENOENT : Errno.EINVAL;
            }

            call.Job.Tree.Exchange(source.Directory, source.Name, target.Directory, target.Name, now);
            return 0L;
        }

        if (target.Node is { } old && old != node)
        {
            if (old.Kind == InodeKind.Directory != (node.Kind == InodeKind.Directory))
            {
                return old.Kind == InodeKind.Directory ? Errno.EISDIR : Errno.ENOTDIR;
            }

            if (old.Kind == InodeKind.Directory && !call.Job.Tree.IsEmpty(old))
            {
                return Errno.ENOTEMPTY;
            }
        }

        call.Job.Tree.Rename(source.Directory, source.Name, target.Directory, target.Name, now);
        return 0L;
    }

    /// <summary>True if a directory is that inode or lies below it.</summary>
    private static bool IsBelow(LinuxCall call, Inode directory, Inode node)
    {
        var at = directory;
        while (at != node && at.Parent != at)
        {
            at = at.Parent;
            call.Charge(12);
        }

        return at == node;
    }
}
