using System.Buffers.Binary;
using ObjectOS.Abi;
using ObjectOS.Services.Files;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>What files are: status, access, length, mode, times.</summary>
internal static class StatusCalls
{
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
