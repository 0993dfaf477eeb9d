using ObjectOS.Abi;
using ObjectOS.Services.Files;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>openat.</summary>
internal static class OpenCalls
{
    public static CallResult Open(LinuxCall call)
    {
        uint flags = (uint)call[2];
        if (!call.TryPath(0, 1, out string path))
        {
            return call.Failure;
        }

        if (call.Replies.Count == 0 && !call.Process.Descriptors.HasRoom())
        {
            return Errno.EMFILE;
        }

        if ((flags & Linux.OpenTemporary) == Linux.OpenTemporary)
        {
            return Errno.EOPNOTSUPP;
        }

        if ((flags & Linux.OpenPath) != 0)
        {
            flags &= Linux.OpenPath | Linux.OpenDirectory | Linux.OpenNoFollow | Linux.OpenCloseOnExec;
        }

        if ((flags & (Linux.OpenCreate | Linux.OpenDirectory)) == (Linux.OpenCreate | Linux.OpenDirectory))
        {
            return Errno.EINVAL;
        }

        if ((flags & Linux.OpenCreate) != 0 && (PathEnd.Of(path).HasSlash || !PathEnd.Of(path).IsName))
        {
            return Errno.EISDIR;
        }

        bool exclusive = (flags & (Linux.OpenCreate | Linux.OpenExclusive)) == (Linux.OpenCreate | Linux.OpenExclusive);
        var target = ProcFiles.Find(call.Process, path, (flags & Linux.OpenNoFollow) == 0 && !exclusive);
        return target.Error != 0 ? (Errno)target.Error : target.IsHost ? OpenHost(call, target, flags) : OpenLocal(call, target, flags, exclusive);
    }

    private static CallResult OpenHost(LinuxCall call, PathTarget target, uint flags)
    {
        uint access = flags & Linux.OpenAccess;
        if (!call.TryReply(0, out var reply))
        {
            var wanted = (access != Linux.OpenWrite ? HostOpenFlags.Read : 0) | (access != 0 ? HostOpenFlags.Write : 0)
                | ((flags & Linux.OpenCreate) != 0 ? HostOpenFlags.Create : 0) | ((flags & Linux.OpenExclusive) != 0 ? HostOpenFlags.Exclusive : 0)
                | ((flags & Linux.OpenTruncate) != 0 ? HostOpenFlags.Truncate : 0) | ((flags & Linux.OpenNoFollow) != 0 ? HostOpenFlags.NoFollow : 0);
            bool wantsDirectory = target.NeedsDirectory || (flags & Linux.OpenDirectory) != 0;
            string name = wantsDirectory && target.HostPath.Length > 0 ? target.HostPath + "/" : target.HostPath;
            return call.Ask(target.Grant, HostFileOperation.Open, name, (ulong)wanted, call[3] & 0x1ff & ~call.Process.FileMask);
        }

        if (reply.IsError)
        {
            return reply.Result;
        }

        HostFileStatus.TryRead(reply.Data, out var status);
        bool isDirectory = status.Kind == HostFileKind.Directory;
        var file = new OpenFile(call.System.NewId(), isDirectory ? OpenFileKind.HostDirectory : OpenFileKind.HostFile, target.FullPath, flags)
        {
            Grant = target.Grant,
            Handle = (ulong)reply.Result,
            HostStatus = status,
            Job = call.Job,
        };
        return Add(call, file, flags, call.Process.Descriptors.HasRoom() ? Errno.None : Errno.EMFILE);
    }

    private static CallResult Add(LinuxCall call, OpenFile file, uint flags, Errno error = Errno.None)
    {
        if (error == Errno.None)
        {
            return call.Process.Descriptors.Add(file, (flags & Linux.OpenCloseOnExec) != 0);
        }

        file.References = 1;
        call.System.Release(file);
        return error;
    }

    private static CallResult OpenLocal(LinuxCall call, PathTarget target, uint flags, bool exclusive)
    {
        ulong now = call.Job.WallClock;
        var node = target.Node;
        bool writes = (flags & Linux.OpenAccess) != 0;
        if (node is null)
        {
            if ((flags & Linux.OpenCreate) == 0)
            {
                return Errno.ENOENT;
            }

            if (target.Directory is not { Tag: 0 })
            {
                return Errno.EACCES;
            }

            if (!call.Job.Tree.HasRoomFor(target.Name))
            {
                return Errno.ENOSPC;
            }

            node = call.Job.Tree.Make(target.Directory!, target.Name, InodeKind.File, (uint)call[3] & 0xfff & ~call.Process.FileMask, now);
        }
        else if (exclusive)
        {
            return Errno.EEXIST;
        }

        if (node.Kind == InodeKind.Link)
        {
            return Errno.ELOOP;
        }

        if (node.Kind == InodeKind.Directory)
        {
            return writes || (flags & (Linux.OpenCreate | Linux.OpenTruncate)) != 0
                ? Errno.EISDIR
                : Add(call, new OpenFile(call.System.NewId(), OpenFileKind.Directory, target.FullPath, flags) { Inode = node, Job = call.Job }, flags);
        }

        if ((flags & Linux.OpenDirectory) != 0)
        {
            return Errno.ENOTDIR;
        }

        if (node.Kind == InodeKind.Device)
        {
            return OpenDevice(call, node, target.FullPath, flags);
        }

        if (node.Tag != 0 && (writes || !new ProcFiles(call.Process).TryFill(node)))
        {
            call.Job.Tree.Settle(node);
            return writes ? Errno.EACCES : Errno.ENOMEM;
        }

        if ((flags & Linux.OpenTruncate) != 0)
        {
            call.Job.Tree.TrySetLength(node, 0, now);
        }

        node.Opens++;
        return Add(call, new OpenFile(call.System.NewId(), OpenFileKind.File, target.FullPath, flags) { Inode = node, Job = call.Job }, flags);
    }

    private static CallResult OpenDevice(LinuxCall call, Inode node, string path, uint flags)
    {
        var request = call.Job.Request;
        var (kind, stream) = node.Device switch
        {
            DeviceKind.Input => (OpenFileKind.Input, request.Input),
            DeviceKind.Output => (OpenFileKind.Output, request.Output),
            DeviceKind.Error => (OpenFileKind.Output, request.Error),
            DeviceKind.Terminal when request.Input.IsTerminal && (flags & Linux.OpenAccess) == 0 => (OpenFileKind.Input, request.Input),
            DeviceKind.Terminal when request.Output.IsTerminal => (OpenFileKind.Output, request.Output),
            _ => (OpenFileKind.Device, null),
        };
        if (node.Device == DeviceKind.Terminal && stream is null)
        {
            return (Errno)6;
        }

        return Add(call, new OpenFile(call.System.NewId(), kind, path, flags)
        {
            Inode = stream is null ? node : null,
            Device = node.Device,
            Stream = stream?.Number ?? 0,
            IsTerminal = stream?.IsTerminal ?? false,
            Job = call.Job,
        }, flags);
    }
}
