using ObjectOS.Abi;
using ObjectOS.Services.Files;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>Making names: nodes and further names of files. What is common to all calls that make one is here.</summary>
internal static class NodeCalls
{
    private const uint TypeMask = 0xf000;
    private const uint SetGroupId = 0x400;

    /// <summary>
    /// Looks whether a name can be made at a place in memory that is free: its directory may be written, and the tree has room for the name and a link's text.
    /// </summary>
    public static Errno Check(LinuxCall call, PathTarget target, string text = "") =>
        target.Node is not null ? Errno.EEXIST
        : target.Directory is not { Tag: 0 } directory ? Errno.EACCES
        : !call.Process.Credentials.May(directory, FileAccessRights.Write | FileAccessRights.Execute) ? Errno.EACCES
        : !call.Job.Tree.HasRoomFor(target.Name, text) ? Errno.ENOSPC
        : Errno.None;

    /// <summary>Makes an inode for a process: as whose it is made, and with which mode (inode(7): a directory with set-group-id passes its group on).</summary>
    public static Inode Make(LinuxCall call, PathTarget target, InodeKind kind, uint mode, string text = "")
    {
        var directory = target.Directory!;
        var owner = OwnerIn(call, directory);
        uint passed = kind == InodeKind.Directory ? directory.Mode & SetGroupId : 0;
        return call.Job.Tree.Make(directory, target.Name, kind, (mode & ~call.Process.FileMask) | passed, call.Job.WallClock, text, owner: owner);
    }

    /// <summary>Whose a file is that the process makes in a directory.</summary>
    public static FileOwner OwnerIn(LinuxCall call, Inode directory)
    {
        var files = call.Process.Identity.Files;
        return (directory.Mode & SetGroupId) != 0 ? files with { Group = directory.Owner.Group } : files;
    }

    public static CallResult MakeNode(LinuxCall call)
    {
        if (!call.TryPath(0, 1, out var path))
        {
            return call.Failure;
        }

        uint type = (uint)call[2] & TypeMask;
        if (type is not (0 or Linux.TypeFile or Linux.TypePipe or Linux.TypeSocket or Linux.TypeDevice or Linux.TypeBlockDevice))
        {
            return type == Linux.TypeDirectory ? Errno.EPERM : Errno.EINVAL;
        }

        var target = ProcFiles.Find(call.Process, path, false);
        if (target.Error != 0 || target.IsHost)
        {
            return target.Error != 0 ? (Errno)target.Error : Errno.EPERM; // A granted directory holds files, directories and links.
        }

        var error = path.End.IsName ? Check(call, target) : Errno.EEXIST;
        if (error == Errno.None && path.End.HasSlash)
        {
            error = Errno.ENOENT;
        }

        bool isDevice = type is Linux.TypeDevice or Linux.TypeBlockDevice;
        if (error == Errno.None && isDevice && !call.Process.Identity.IsSuperuser)
        {
            error = Errno.EPERM;
        }

        if (error != Errno.None)
        {
            return error;
        }

        uint mode = (uint)call[2] & 0xfff;
        if (isDevice)
        {
            ulong number = (uint)call[3] | (type == Linux.TypeBlockDevice ? FileTree.BlockDevice : 0);
            call.Job.Tree.MakeDevice(target.Directory!, target.Name, mode & ~call.Process.FileMask, number, call.Job.WallClock, OwnerIn(call, target.Directory!));
            return 0L;
        }

        Make(call, target, type switch { Linux.TypePipe => InodeKind.Fifo, Linux.TypeSocket => InodeKind.Socket, _ => InodeKind.File }, mode);
        return 0L;
    }

    /// <summary>linkat: another name of a file.</summary>
    public static CallResult Link(LinuxCall call)
    {
        const uint Follow = 0x400;
        uint flags = (uint)call[4];
        if ((flags & ~(Follow | Linux.AtEmptyPath)) != 0)
        {
            return Errno.EINVAL;
        }

        if (!call.TryPath(0, 1, out var from, (flags & Linux.AtEmptyPath) != 0) || !call.TryPath(2, 3, out var to))
        {
            return call.Failure;
        }

        Inode? node;
        bool isHost;
        if (from.IsEmpty)
        {
            if (!call.TryFile(0, out var file))
            {
                return call.Failure;
            }

            node = file.Inode;
            isHost = file.Handle != 0;
        }
        else
        {
            var source = ProcFiles.Find(call.Process, from, (flags & Follow) != 0);
            if (source.Error != 0)
            {
                return (Errno)source.Error;
            }

            if (source is { Node: null, IsHost: false })
            {
                return Errno.ENOENT;
            }

            node = source.Node;
            isHost = source.IsHost;
            var place = ProcFiles.Find(call.Process, to, false);
            if (isHost && place.IsHost && place.Error == 0)
            {
                return source.Grant != place.Grant ? Errno.EXDEV : LinkOnHost(call, source, place);
            }
        }

        var target = ProcFiles.Find(call.Process, to, false);
        return target.Error != 0 ? (Errno)target.Error
            : isHost || target.IsHost || node is null or { Tag: not 0 } ? Errno.EXDEV
            : Link(call, node, target, to);
    }

    private static CallResult Link(LinuxCall call, Inode node, PathTarget target, PathName to)
    {
        var error = to.End.IsName ? Check(call, target) : Errno.EEXIST;
        error = error == Errno.None && to.End.HasSlash ? Errno.ENOENT : error;
        error = error == Errno.None && node.Kind is InodeKind.Directory or InodeKind.Mount ? Errno.EPERM : error;
        error = error == Errno.None && node.Links == 0 && !node.IsNameless ? Errno.ENOENT : error;
        if (error != Errno.None)
        {
            return error;
        }

        call.Job.Tree.Link(target.Directory!, target.Name, node, call.Job.WallClock);
        return 0L;
    }

    private static CallResult LinkOnHost(LinuxCall call, PathTarget source, PathTarget target) =>
        call.TryReply(0, out var reply) ? reply.Result
        : source.HostPath.Length == 0 || target.HostPath.Length == 0 ? Errno.EPERM
        : call.Ask(source.Grant, HostFileOperation.HardLink, source.HostName + "\0" + target.HostName);
}
