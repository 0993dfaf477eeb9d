using ObjectOS.Abi;
using ObjectOS.Services.Files;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>What files are: status and access.</summary>
internal static class StatusCalls
{
    private const long FaccessAt2 = 439;
    private const ulong EffectiveAccess = 0x200;

    public static CallResult StatusPath(LinuxCall call)
    {
        uint flags = (uint)call[3];
        if (!call.TryPath(0, 1, out var path, (flags & Linux.AtEmptyPath) != 0))
        {
            return call.Failure;
        }

        var result = path.IsEmpty ? Facts(call, 0, out var facts) : Facts(call, path, (flags & Linux.AtNoFollow) == 0, out facts);
        return Tell(call, result, call[2], facts.ToStat());
    }

    public static CallResult Status(LinuxCall call) => Tell(call, Facts(call, 0, out var facts), call[1], facts.ToStat());

    public static CallResult StatusExtended(LinuxCall call)
    {
        uint flags = (uint)call[2];
        if (!call.TryPath(0, 1, out var path, (flags & Linux.AtEmptyPath) != 0))
        {
            return call.Failure;
        }

        var result = path.IsEmpty ? Facts(call, 0, out var facts) : Facts(call, path, (flags & Linux.AtNoFollow) == 0, out facts);
        return Tell(call, result, call[4], facts.ToExtended());
    }

    private static CallResult Tell(LinuxCall call, CallResult result, ulong address, byte[] bytes) =>
        result != 0L ? result : call.TryWrite(address, bytes) ? 0L : call.Failure;

    /// <summary>What there is to say of an open file.</summary>
    public static CallResult Facts(LinuxCall call, int index, out FileFacts facts)
    {
        facts = default;
        if (call.Int(index) == Linux.AtCurrentDirectory)
        {
            return Facts(call, new PathName(call.Process.WorkingDirectory, "."), true, out facts);
        }

        if (!call.TryFile(index, out var file))
        {
            return call.Failure;
        }

        if (file.Handle == 0)
        {
            facts = FileFacts.Of(file, call.Job.WallClock, call.Process.Identity.Files);
            return 0L;
        }

        return call.TryReply(0, out var reply) ? FromReply(call, reply, file.Grant, out facts) : call.Ask(file.Grant, HostFileOperation.HandleStatus, [], file.Handle);
    }

    /// <summary>What there is to say of what lies at a path.</summary>
    public static CallResult Facts(LinuxCall call, PathName path, bool followed, out FileFacts facts)
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
                ? FromReply(call, reply, target.Grant, out facts)
                : call.Ask(target.Grant, HostFileOperation.Status, target.HostName, followed || target.NeedsDirectory ? 0u : 1);
        }

        if (target.Node is not { } node)
        {
            return Errno.ENOENT;
        }

        facts = ProcFiles.DescriptorOf(call.Process, node) is { } open ? FileFacts.Of(open, call.Job.WallClock, call.Process.Identity.Files)
            : ProcFiles.ProgramOf(call.Process, node) is { } program ? FileFacts.Of(node) with { Size = program.Length }
            : FileFacts.Of(node);
        return 0L;
    }

    private static CallResult FromReply(LinuxCall call, HostReply reply, int grant, out FileFacts facts)
    {
        facts = default;
        if (reply.IsError)
        {
            return reply.Result;
        }

        HostFileStatus.TryRead(reply.Data, out var status);
        facts = FileFacts.Of(status, grant, call.Process.Identity.Files);
        return 0L;
    }

    public static CallResult Access(LinuxCall call)
    {
        if ((call[2] & ~7UL) != 0)
        {
            return Errno.EINVAL;
        }

        if (!call.TryPath(0, 1, out var path))
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

        if (target.Node is { } node && !target.IsHost)
        {
            bool isEffective = call.Number == FaccessAt2 && (call[3] & EffectiveAccess) != 0;
            var who = isEffective ? call.Process.Credentials : call.Process.Identity.RealCredentials;
            return who.May(node, (FileAccessRights)call[2]) ? 0L : Errno.EACCES;
        }

        return (call[2] & 1) != 0 && (facts.Mode & 0x49) == 0 ? Errno.EACCES : 0L;
    }
}
