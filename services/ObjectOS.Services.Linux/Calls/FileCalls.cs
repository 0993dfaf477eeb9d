using System.Buffers.Binary;
using ObjectOS.Abi;
using ObjectOS.Services.Files;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>Opening, reading, writing and looking at files.</summary>
internal static class FileCalls
{
    private const int MostVectors = 1024;
    private const ulong Unit = 1 << 20;

    public static CallResult Open(LinuxCall call)
    {
        uint flags = (uint)call[2];
        if (!call.TryPath(0, 1, out string path))
        {
            return call.Failure;
        }

        if (!call.Process.Descriptors.HasRoom())
        {
            return Errno.EMFILE;
        }

        if ((flags & Linux.OpenTemporary) == Linux.OpenTemporary)
        {
            return Errno.EOPNOTSUPP;
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
                | ((flags & Linux.OpenTruncate) != 0 && access != 0 ? HostOpenFlags.Truncate : 0);
            return call.Ask(target.Grant, HostFileOperation.Open, target.HostPath, (ulong)wanted, call[3] & 0x1ff & ~call.Process.FileMask);
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
        return Add(call, file, flags, !isDirectory && ((flags & Linux.OpenDirectory) != 0 || target.NeedsDirectory) ? Errno.ENOTDIR : Errno.None);
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
            if ((flags & Linux.OpenCreate) == 0 || target.NeedsDirectory)
            {
                return (flags & Linux.OpenCreate) == 0 ? Errno.ENOENT : Errno.EISDIR;
            }

            if (!call.Job.Tree.HasRoom)
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
            return writes || (flags & Linux.OpenCreate) != 0
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

        if ((flags & Linux.OpenTruncate) != 0 && writes)
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

    public static CallResult Read(LinuxCall call) => Read(call, null, [(call[1], call[2])]);

    public static CallResult ReadAt(LinuxCall call) => (long)call[3] < 0 ? Errno.EINVAL : Read(call, call[3], [(call[1], call[2])]);

    public static CallResult ReadVector(LinuxCall call) => TryVector(call, out var parts) ? Read(call, null, parts) : call.Failure;

    public static CallResult Write(LinuxCall call) => Write(call, null, [(call[1], call[2])]);

    public static CallResult WriteAt(LinuxCall call) => (long)call[3] < 0 ? Errno.EINVAL : Write(call, call[3], [(call[1], call[2])]);

    public static CallResult WriteVector(LinuxCall call) => TryVector(call, out var parts) ? Write(call, null, parts) : call.Failure;

    private static bool TryVector(LinuxCall call, out (ulong Address, ulong Length)[] parts)
    {
        parts = [];
        if (call[2] > MostVectors)
        {
            return call.Fail(Errno.EINVAL);
        }

        var bytes = new byte[(int)call[2] * 16];
        if (!call.TryRead(call[1], bytes))
        {
            return false;
        }

        parts = new (ulong, ulong)[(int)call[2]];
        for (int i = 0; i < parts.Length; i++)
        {
            parts[i] = (BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(i * 16)), BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan((i * 16) + 8)));
        }

        return true;
    }

    /// <summary>Bytes of all parts, at most 1 MiB: a longer request is done in part.</summary>
    private static ulong Total((ulong Address, ulong Length)[] parts)
    {
        ulong total = 0;
        foreach (var (_, length) in parts)
        {
            total = Math.Min(Unit, total + Math.Min(length, Unit));
        }

        return total;
    }

    private static CallResult Read(LinuxCall call, ulong? at, (ulong Address, ulong Length)[] parts)
    {
        if (!call.TryFile(0, out var file))
        {
            return call.Failure;
        }

        if (!file.CanRead || file.IsDirectory)
        {
            return file.IsDirectory ? Errno.EISDIR : Errno.EBADF;
        }

        if (at is not null && !file.IsSeekable)
        {
            return Errno.ESPIPE;
        }

        return FileInput.Read(call, file, at, Total(parts), data => Scatter(call, parts, data));
    }

    /// <summary>Puts bytes into the parts: all of them or none.</summary>
    private static bool Scatter(LinuxCall call, (ulong Address, ulong Length)[] parts, ReadOnlySpan<byte> data)
    {
        if (parts.Length == 1)
        {
            return call.TryWrite(parts[0].Address, data);
        }

        ulong left = (ulong)data.Length;
        foreach (var (address, length) in parts)
        {
            ulong part = Math.Min(left, length);
            if (!call.TryPrepare(address, part))
            {
                return false;
            }

            left -= part;
        }

        foreach (var (address, length) in parts)
        {
            int part = (int)Math.Min((ulong)data.Length, length);
            call.Write(address, data[..part]);
            data = data[part..];
        }

        return true;
    }

    private static CallResult Write(LinuxCall call, ulong? at, (ulong Address, ulong Length)[] parts)
    {
        if (!call.TryFile(0, out var file))
        {
            return call.Failure;
        }

        if (!file.CanWrite || file.IsDirectory)
        {
            return Errno.EBADF;
        }

        if (at is not null && !file.IsSeekable)
        {
            return Errno.ESPIPE;
        }

        if (file.Kind == OpenFileKind.HostFile && call.TryReply(0, out var reply))
        {
            return FileOutput.FinishHostWrite(file, at, reply);
        }

        var data = new byte[Total(parts)];
        int done = 0;
        foreach (var (address, length) in parts)
        {
            int part = (int)Math.Min((ulong)(data.Length - done), length);
            if (!call.TryRead(address, data.AsSpan(done, part)))
            {
                return call.Failure;
            }

            done += part;
        }

        return FileOutput.Write(call, file, at, data);
    }

    public static CallResult Seek(LinuxCall call)
    {
        if (!call.TryFile(0, out var file))
        {
            return call.Failure;
        }

        if (!file.IsSeekable)
        {
            return Errno.ESPIPE;
        }

        long offset = (long)call[1];
        long start = 0;
        switch (call[2])
        {
            case 0:
                break;
            case 1:
                start = (long)file.Position;
                break;
            case 2 when file.Kind == OpenFileKind.HostFile:
                if (!call.TryReply(0, out var reply))
                {
                    return call.Ask(file.Grant, HostFileOperation.HandleStatus, [], file.Handle);
                }

                if (reply.IsError || !HostFileStatus.TryRead(reply.Data, out var status))
                {
                    return reply.IsError ? reply.Result : Errno.EIO;
                }

                start = (long)status.Size;
                break;
            case 2:
                start = (long)(file.Inode?.Length ?? 0);
                break;
            default:
                return Errno.EINVAL;
        }

        long position = start + offset;
        if (position < 0)
        {
            return Errno.EINVAL;
        }

        file.Position = (ulong)position;
        if (position == 0)
        {
            file.Entries = null;
        }

        return position;
    }

    public static CallResult StatusPath(LinuxCall call)
    {
        uint flags = (uint)call[3];
        if (!call.TryPath(0, 1, out string path, (flags & Linux.AtEmptyPath) != 0))
        {
            return call.Failure;
        }

        var result = path.Length == 0 ? Facts(call, 0, out var facts) : Facts(call, path, (flags & Linux.AtNoFollow) == 0, out facts);
        return Tell(call, result, call[2], facts.ToStat());
    }

    public static CallResult Status(LinuxCall call) => Tell(call, Facts(call, 0, out var facts), call[1], facts.ToStat());

    public static CallResult StatusExtended(LinuxCall call)
    {
        uint flags = (uint)call[2];
        if (!call.TryPath(0, 1, out string path, (flags & Linux.AtEmptyPath) != 0))
        {
            return call.Failure;
        }

        var result = path.Length == 0 ? Facts(call, 0, out var facts) : Facts(call, path, (flags & Linux.AtNoFollow) == 0, out facts);
        return Tell(call, result, call[4], facts.ToExtended());
    }

    private static CallResult Tell(LinuxCall call, CallResult result, ulong address, byte[] bytes) =>
        result != 0L ? result : call.TryWrite(address, bytes) ? 0L : call.Failure;

    /// <summary>What there is to say of an open file.</summary>
    private static CallResult Facts(LinuxCall call, int index, out FileFacts facts)
    {
        facts = default;
        if (call.Int(index) == Linux.AtCurrentDirectory)
        {
            return Facts(call, call.Process.WorkingDirectory, true, out facts);
        }

        if (!call.TryFile(index, out var file))
        {
            return call.Failure;
        }

        if (file.Handle == 0)
        {
            facts = FileFacts.Of(file, call.Job.WallClock);
            return 0L;
        }

        return call.TryReply(0, out var reply) ? FromReply(reply, file.Grant, out facts) : call.Ask(file.Grant, HostFileOperation.HandleStatus, [], file.Handle);
    }

    /// <summary>What there is to say of what lies at a path.</summary>
    private static CallResult Facts(LinuxCall call, string path, bool followed, out FileFacts facts)
    {
        facts = default;
        var target = ProcFiles.Find(call.Process, path, followed);
        if (target.Error != 0)
        {
            return (Errno)target.Error;
        }

        if (target.IsHost)
        {
            return call.TryReply(0, out var reply)
                ? FromReply(reply, target.Grant, out facts)
                : call.Ask(target.Grant, HostFileOperation.Status, target.HostPath, followed || target.NeedsDirectory ? 0u : 1);
        }

        if (target.Node is not { } node)
        {
            return Errno.ENOENT;
        }

        facts = FileFacts.Of(node);
        return 0L;
    }

    private static CallResult FromReply(HostReply reply, int grant, out FileFacts facts)
    {
        facts = default;
        if (reply.IsError)
        {
            return reply.Result;
        }

        HostFileStatus.TryRead(reply.Data, out var status);
        facts = FileFacts.Of(status, grant);
        return 0L;
    }

    public static CallResult Access(LinuxCall call)
    {
        if (!call.TryPath(0, 1, out string path))
        {
            return call.Failure;
        }

        var result = Facts(call, path, true, out var facts);
        if (result != 0L)
        {
            return result;
        }

        var target = ProcFiles.Find(call.Process, path, true);
        if ((call[2] & 2) != 0 && target.IsHost && !call.Job.Tree.Grants[target.Grant].IsWritable)
        {
            return Errno.EROFS;
        }

        return (call[2] & 1) != 0 && (facts.Mode & 0x49) == 0 ? Errno.EACCES : 0L;
    }

    public static CallResult Truncate(LinuxCall call)
    {
        if (!call.TryFile(0, out var file))
        {
            return call.Failure;
        }

        if (!file.CanWrite || (long)call[1] < 0 || file.Kind is not (OpenFileKind.File or OpenFileKind.HostFile))
        {
            return Errno.EINVAL;
        }

        if (file.Kind == OpenFileKind.HostFile)
        {
            return call.TryReply(0, out var reply) ? reply.Result : call.Ask(file.Grant, HostFileOperation.Truncate, [], file.Handle, call[1]);
        }

        return call.Job.Tree.TrySetLength(file.Inode!, call[1], call.Job.WallClock) ? 0L : Errno.ENOSPC;
    }

    public static CallResult TruncatePath(LinuxCall call)
    {
        if (!call.TryPath(-1, 0, out string path))
        {
            return call.Failure;
        }

        var target = ProcFiles.Find(call.Process, path, true);
        if (target.Error != 0 || target.IsHost)
        {
            return target.IsHost ? Errno.EACCES : (Errno)target.Error;
        }

        if (target.Node is not { Kind: InodeKind.File } node || (long)call[1] < 0)
        {
            return target.Node is null ? Errno.ENOENT : Errno.EINVAL;
        }

        return call.Job.Tree.TrySetLength(node, call[1], call.Job.WallClock) ? 0L : Errno.ENOSPC;
    }

    public static CallResult ChangeMode(LinuxCall call) => !call.TryPath(0, 1, out string path) ? call.Failure : ChangeMode(call, path, (uint)call[2]);

    public static CallResult ChangeModeFile(LinuxCall call) => !call.TryFile(0, out var file) ? call.Failure : ChangeMode(call, file.Path, (uint)call[1]);

    private static CallResult ChangeMode(LinuxCall call, string path, uint mode)
    {
        var target = ProcFiles.Find(call.Process, path, true);
        if (target.Error != 0)
        {
            return (Errno)target.Error;
        }

        if (target.IsHost)
        {
            return call.TryReply(0, out var reply) ? reply.Result : call.Ask(target.Grant, HostFileOperation.ChangeMode, target.HostPath, mode & 0x1ff);
        }

        if (target.Node is not { } node)
        {
            return Errno.ENOENT;
        }

        node.Mode = mode & 0xfff;
        node.ChangeTime = call.Job.WallClock;
        return 0L;
    }

    public static CallResult SetTimes(LinuxCall call)
    {
        const ulong SetNow = 0x3fffffff;
        const ulong Omit = 0x3ffffffe;
        ulong now = call.Job.WallClock;
        Span<byte> times = stackalloc byte[32];
        if (call[2] != 0 && !call.TryRead(call[2], times))
        {
            return call.Failure;
        }

        ulong TimeAt(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]) is var part && part is SetNow or Omit
            ? now
            : (BinaryPrimitives.ReadUInt64LittleEndian(bytes) * Linux.NanosecondsPerSecond) + part;

        ulong modified = call[2] == 0 ? now : TimeAt(times[16..]);
        string path;
        if (call[1] == 0)
        {
            if (!call.TryFile(0, out var file))
            {
                return call.Failure;
            }

            path = file.Path;
        }
        else if (!call.TryPath(0, 1, out path))
        {
            return call.Failure;
        }

        var target = ProcFiles.Find(call.Process, path, (call[3] & Linux.AtNoFollow) == 0);
        if (target.Error != 0)
        {
            return (Errno)target.Error;
        }

        if (target.IsHost)
        {
            return call.TryReply(0, out var reply) ? reply.Result : call.Ask(target.Grant, HostFileOperation.SetTime, target.HostPath, modified);
        }

        if (target.Node is not { } node)
        {
            return Errno.ENOENT;
        }

        node.ModifyTime = modified;
        node.AccessTime = call[2] == 0 ? now : TimeAt(times);
        return 0L;
    }

    public static CallResult Synchronize(LinuxCall call)
    {
        if (!call.TryFile(0, out var file))
        {
            return call.Failure;
        }

        if (file.Kind != OpenFileKind.HostFile)
        {
            return file.IsSeekable ? 0L : Errno.EINVAL;
        }

        return call.TryReply(0, out var reply) ? reply.Result : call.Ask(file.Grant, HostFileOperation.Synchronize, [], file.Handle);
    }

    public static CallResult FileSystemStatus(LinuxCall call)
    {
        var tree = call.Job.Tree;
        var bytes = new byte[120];
        ulong[] words = [0x01021994, 4096, tree.Limit / 4096, (tree.Limit - Math.Min(tree.Limit, tree.Used)) / 4096, (tree.Limit - Math.Min(tree.Limit, tree.Used)) / 4096, 65536, 32768, 1, 255, 4096];
        for (int i = 0; i < words.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * 8), words[i]);
        }

        return call.TryWrite(call[1], bytes) ? 0L : call.Failure;
    }
}
