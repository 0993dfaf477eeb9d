using ObjectOS.Abi;
using ObjectOS.Services.Files;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>openat.</summary>
internal static class OpenCalls
{
    /// <summary>The stage of a call that makes the bytes of a file in <c>/proc</c>.</summary>
    private const int Shows = 77;

    public static CallResult Open(LinuxCall call)
    {
        uint flags = (uint)call[2];
        if (!call.TryPath(0, 1, out var path))
        {
            return call.Failure;
        }

        if (call.Replies.Count == 0 && !call.Process.Descriptors.HasRoom())
        {
            return Errno.EMFILE;
        }

        if (call.Stage == Shows)
        {
            return Show(call, call.File!, flags);
        }

        if (call.Stage == PipeOpens.Waits)
        {
            return PipeOpens.GoOn(call, flags);
        }

        bool isTemporary = (flags & Linux.OpenTemporary) == Linux.OpenTemporary;
        if ((flags & Linux.OpenPath) != 0)
        {
            flags &= Linux.OpenPath | Linux.OpenDirectory | Linux.OpenNoFollow | Linux.OpenCloseOnExec;
        }

        if (!isTemporary && (flags & (Linux.OpenCreate | Linux.OpenDirectory)) == (Linux.OpenCreate | Linux.OpenDirectory))
        {
            return Errno.EINVAL;
        }

        if ((flags & Linux.OpenCreate) != 0 && (path.End.HasSlash || !path.End.IsName))
        {
            return Errno.EISDIR;
        }

        bool exclusive = !isTemporary && (flags & (Linux.OpenCreate | Linux.OpenExclusive)) == (Linux.OpenCreate | Linux.OpenExclusive);
        var target = ProcFiles.Find(call.Process, path, (flags & Linux.OpenNoFollow) == 0 && !exclusive);
        return target.Error != 0 ? (Errno)target.Error
            : isTemporary ? OpenTemporary(call, target, flags)
            : target.IsHost ? OpenHost(call, target, flags)
            : OpenLocal(call, target, flags, exclusive);
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

        return reply.IsError ? reply.Result
            : Add(call, OpenFile.OfHost(call, target, reply, flags), flags, call.Process.Descriptors.HasRoom() ? Errno.None : Errno.EMFILE);
    }

    /// <summary>Gives an open file a descriptor; it is closed if there is none.</summary>
    public static CallResult Add(LinuxCall call, OpenFile file, uint flags, Errno error = Errno.None)
    {
        int made = error == Errno.None ? call.Process.Descriptors.Add(file, (flags & Linux.OpenCloseOnExec) != 0) : -1;
        if (made >= 0)
        {
            return made;
        }

        file.References++;
        call.System.Release(file);
        return error == Errno.None ? Errno.EMFILE : error;
    }

    private static FileAccessRights Wanted(uint flags) =>
        (flags & Linux.OpenPath) != 0 ? FileAccessRights.None
        : (flags & Linux.OpenAccess) switch
        {
            0 => FileAccessRights.Read,
            Linux.OpenWrite => FileAccessRights.Write,
            _ => FileAccessRights.Read | FileAccessRights.Write,
        };

    /// <summary>A file without a name, in the file system of a directory (open(2), O_TMPFILE).</summary>
    private static CallResult OpenTemporary(LinuxCall call, PathTarget target, uint flags)
    {
        if ((flags & Linux.OpenAccess) == 0)
        {
            return Errno.EINVAL;
        }

        if (target.IsHost || target.Node is not { Kind: InodeKind.Directory, Tag: 0 } directory)
        {
            return target.IsHost ? Errno.EOPNOTSUPP : target.Node is null ? Errno.ENOENT : Errno.ENOTDIR;
        }

        if (!call.Process.Credentials.May(directory, FileAccessRights.Write | FileAccessRights.Execute))
        {
            return Errno.EACCES;
        }

        uint mode = (uint)call[3] & 0xfff & ~call.Process.FileMask;
        var node = call.Job.Tree.MakeDetached(directory, InodeKind.File, mode, call.Job.WallClock, owner: NodeCalls.OwnerIn(call, directory));
        node.IsNameless = (flags & Linux.OpenExclusive) == 0;
        return Add(call, OpenFile.Of(call, OpenFileKind.File, node, $"{target.FullPath}/#{node.Number}", flags), flags);
    }

    private static CallResult OpenLocal(LinuxCall call, PathTarget target, uint flags, bool exclusive)
    {
        if (target.Node is not { } node)
        {
            if ((flags & Linux.OpenCreate) == 0)
            {
                return Errno.ENOENT;
            }

            var error = NodeCalls.Check(call, target);
            if (error != Errno.None)
            {
                return error;
            }

            var made = NodeCalls.Make(call, target, InodeKind.File, (uint)call[3] & 0xfff);
            return Add(call, OpenFile.Of(call, OpenFileKind.File, target with { Node = made }, flags), flags);
        }

        if (exclusive)
        {
            return Errno.EEXIST;
        }

        if (node.Kind == InodeKind.Link && (flags & Linux.OpenPath) == 0)
        {
            return Errno.ELOOP;
        }

        if (node.Kind == InodeKind.Directory && ((flags & Linux.OpenAccess) != 0 || (flags & (Linux.OpenCreate | Linux.OpenTruncate)) != 0))
        {
            return Errno.EISDIR;
        }

        if (node.Kind != InodeKind.Directory && (flags & Linux.OpenDirectory) != 0)
        {
            return Errno.ENOTDIR;
        }

        if (ProcFiles.DescriptorOf(call.Process, node) is { } open)
        {
            return Reopen(call, open, flags);
        }

        if (node.Tag == 0 && !call.Process.Credentials.May(node, Wanted(flags)))
        {
            return Errno.EACCES;
        }

        return OpenNode(call, target, node, flags);
    }

    private static CallResult OpenNode(LinuxCall call, PathTarget target, Inode node, uint flags)
    {
        if (node.Kind == InodeKind.Directory || (flags & Linux.OpenPath) != 0)
        {
            var kind = node.Kind == InodeKind.Directory ? OpenFileKind.Directory : OpenFileKind.File;
            return Add(call, OpenFile.Of(call, kind, target, flags), flags);
        }

        switch (node.Kind)
        {
            case InodeKind.Device:
                return OpenDevice(call, target, node, flags);
            case InodeKind.Fifo:
                return PipeOpens.Begin(call, target, flags);
            case InodeKind.Socket:
                return Errno.ENXIO;
        }

        bool writes = (flags & Linux.OpenAccess) != 0;
        if (node.Tag != 0)
        {
            return writes ? Errno.EACCES : Show(call, OpenFile.Of(call, OpenFileKind.File, target, flags), flags);
        }

        if (writes && call.System.IsRunning(node))
        {
            return Errno.ETXTBSY;
        }

        if ((flags & Linux.OpenTruncate) != 0)
        {
            var cut = ChangeCalls.SetLength(call, node, 0);
            if (cut != 0L)
            {
                return cut;
            }
        }

        return Add(call, OpenFile.Of(call, OpenFileKind.File, target, flags), flags);
    }

    /// <summary>Makes the bytes of a file in <c>/proc</c>, in steps where it is long, and opens it.</summary>
    private static CallResult Show(LinuxCall call, OpenFile file, uint flags)
    {
        var result = ProcFiles.Fill(call, file.Inode!);
        if (call.File is null)
        {
            file.Hold();
            call.File = file;
        }

        if (result == CallResult.Suspended || result == CallResult.Continued)
        {
            call.Stage = Shows;
            return result;
        }

        return result != 0L ? result : Add(call, file, flags);
    }

    private static CallResult OpenDevice(LinuxCall call, PathTarget target, Inode node, uint flags)
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
        if (stream is null && node.Device is DeviceKind.Terminal or DeviceKind.Absent)
        {
            return Errno.ENXIO;
        }

        return stream is null
            ? Add(call, OpenFile.Of(call, kind, target, flags), flags)
            : Add(call, OfStream(call, kind, target.FullPath, flags, node.Device, stream.Number, stream.IsTerminal), flags);
    }

    private static OpenFile OfStream(LinuxCall call, OpenFileKind kind, string path, uint flags, DeviceKind device, ulong stream, bool isTerminal) =>
        new(call.System.NewId(), kind, path, flags) { Device = device, Stream = stream, IsTerminal = isTerminal, Job = call.Job };

    /// <summary>Opens what a descriptor stands for once more, by its link in <c>/proc</c>: a pipe's other end, too.</summary>
    private static CallResult Reopen(LinuxCall call, OpenFile open, uint flags) => open switch
    {
        { Pipe: { } pipe } => Add(call, PipeOpens.Make(call, pipe, null, open.Path, flags), flags),
        { Kind: OpenFileKind.Input or OpenFileKind.Output } => Add(call, OfStream(call, open.Kind, open.Path, flags, open.Device, open.Stream, open.IsTerminal), flags),
        _ => Errno.ENXIO,
    };
}
