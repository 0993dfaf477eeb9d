using System.Buffers.Binary;
using ObjectOS.Abi;
using ObjectOS.Services.Files;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>Changing what files are: length, mode, owner, times. What is named by a descriptor is the open file, wherever its name leads by now.</summary>
internal static class ChangeCalls
{
    private const uint ModeBits = 0xfff;
    private const uint HostModeBits = 0x1ff;

    public static CallResult Truncate(LinuxCall call)
    {
        if (!call.TryFile(0, out var file))
        {
            return call.Failure;
        }

        if (file.IsPathOnly)
        {
            return Errno.EBADF;
        }

        if (!file.CanWrite || (long)call[1] < 0 || file.Kind is not (OpenFileKind.File or OpenFileKind.HostFile))
        {
            return Errno.EINVAL;
        }

        if (call.Replies.Count == 0 && FileLimit.Check(call, call[1]) is var refused && refused != 0L)
        {
            return refused;
        }

        if (file.Kind == OpenFileKind.HostFile)
        {
            return call.TryReply(0, out var reply) ? reply.Result : call.Ask(file.Grant, HostFileOperation.Truncate, [], file.Handle, call[1]);
        }

        return SetLength(call, file.Inode!, call[1]);
    }

    /// <summary>Makes a file in memory that long.</summary>
    public static CallResult SetLength(LinuxCall call, Inode inode, ulong length)
    {
        if (length > FileTree.LargestFile)
        {
            return Errno.EFBIG;
        }

        var result = length == 0 && !call.System.IsMapped(inode) ? 0L : LayerReads.Own(call, inode);
        result = result == 0L ? FileMaps.Resize(call, inode, length) : result;
        if (result != 0L)
        {
            return result;
        }

        var status = call.Job.Tree.SetLength(inode, length, call.Job.WallClock);
        return status == KernelStatus.Ok ? 0L : OfSpace(status);
    }

    /// <summary>What a status of a change of a file's bytes means: what is used up is room for files.</summary>
    public static CallResult OfSpace(KernelStatus status) => status switch
    {
        KernelStatus.Suspended => CallResult.Suspended,
        KernelStatus.InProgress => CallResult.Continued,
        KernelStatus.InvalidArgument => Errno.EFBIG,
        _ => Errno.ENOSPC,
    };

    public static CallResult TruncatePath(LinuxCall call)
    {
        if ((long)call[1] < 0)
        {
            return Errno.EINVAL;
        }

        if (!call.TryPath(-1, 0, out var path))
        {
            return call.Failure;
        }

        if (call.Replies.Count == 0 && FileLimit.Check(call, call[1]) is var refused && refused != 0L)
        {
            return refused;
        }

        var target = ProcFiles.Find(call.Process, path, true);
        if (target.Error != 0)
        {
            return (Errno)target.Error;
        }

        if (target.IsHost)
        {
            return call.TryReply(0, out var reply) ? reply.Result : call.Ask(target.Grant, HostFileOperation.TruncatePath, target.HostName, call[1]);
        }

        return target.Node switch
        {
            null => Errno.ENOENT,
            { Kind: InodeKind.File, Tag: 0 } node when !call.Process.Credentials.May(node, FileAccessRights.Write) => Errno.EACCES,
            { Kind: InodeKind.File, Tag: 0 } node when call.System.IsRunning(node) => Errno.ETXTBSY,
            { Kind: InodeKind.File } node => SetLength(call, node, call[1]),
            { Kind: InodeKind.Directory } => Errno.EISDIR,
            _ => Errno.EINVAL,
        };
    }

    public static CallResult ChangeMode(LinuxCall call)
    {
        if (!call.TryPath(0, 1, out var path))
        {
            return call.Failure;
        }

        var target = ProcFiles.Find(call.Process, path, true);
        uint mode = (uint)call[2] & ModeBits;
        if (target.Error != 0)
        {
            return (Errno)target.Error;
        }

        if (target.IsHost)
        {
            // No set-user-id bit reaches the host.
            return mode > HostModeBits ? Errno.EPERM
                : call.TryReply(0, out var reply) ? reply.Result
                : call.Ask(target.Grant, HostFileOperation.ChangeMode, target.HostName, mode);
        }

        return target.Node is { } node ? SetMode(call, node, mode) : Errno.ENOENT;
    }

    public static CallResult ChangeModeFile(LinuxCall call)
    {
        uint mode = (uint)call[1] & ModeBits;
        if (!call.TryFile(0, out var file))
        {
            return call.Failure;
        }

        if (file.IsPathOnly)
        {
            return Errno.EBADF;
        }

        if (file.Handle != 0)
        {
            return mode > HostModeBits ? Errno.EPERM
                : call.TryReply(0, out var reply) ? reply.Result
                : call.Ask(file.Grant, HostFileOperation.ChangeHandleMode, [], file.Handle, mode);
        }

        return file.Inode is { } node ? SetMode(call, node, mode) : Errno.EPERM;
    }

    private static CallResult SetMode(LinuxCall call, Inode node, uint mode)
    {
        var who = call.Process.Credentials;
        if (!who.Owns(node))
        {
            return Errno.EPERM;
        }

        // Who is not in the file's group cannot have it act for it (chmod(2)).
        node.Mode = who.IsSuperuser || who.IsIn(node.Owner.Group) ? mode : mode & ~0x400u;
        node.ChangeTime = (long)call.Job.WallClock;
        return 0L;
    }

    public static CallResult SetTimes(LinuxCall call)
    {
        if (!TryTimes(call, out long access, out long modify))
        {
            return call.Failure;
        }

        if ((access, modify) == (HostFileTime.Omitted, HostFileTime.Omitted))
        {
            return 0L; // Not even the path is looked at (fs/utimes.c).
        }

        uint flags = (uint)call[3];
        if ((flags & ~(uint)(Linux.AtNoFollow | Linux.AtEmptyPath)) != 0)
        {
            return Errno.EINVAL;
        }

        if (call[1] == 0 && call.Int(0) != Linux.AtCurrentDirectory)
        {
            return flags != 0 ? Errno.EINVAL : SetFileTimes(call, access, modify);
        }

        if (!call.TryPath(0, 1, out var path, (flags & Linux.AtEmptyPath) != 0))
        {
            return call.Failure;
        }

        if (path.IsEmpty && call.Int(0) != Linux.AtCurrentDirectory)
        {
            return SetFileTimes(call, access, modify);
        }

        bool followed = (flags & Linux.AtNoFollow) == 0;
        var target = ProcFiles.Find(call.Process, path.IsEmpty ? path with { Text = "." } : path, followed);
        if (target.Error != 0)
        {
            return (Errno)target.Error;
        }

        if (target.IsHost)
        {
            return call.TryReply(0, out var reply) ? reply.Result
                : call.Ask(target.Grant, HostFileOperation.SetTimes, target.HostName, (ulong)access, (ulong)modify, followed ? 0u : 1);
        }

        return target.Node is { } node ? SetTimes(call, node, access, modify) : Errno.ENOENT;
    }

    private static CallResult SetFileTimes(LinuxCall call, long access, long modify)
    {
        if (!call.TryFile(0, out var file))
        {
            return call.Failure;
        }

        if (file.IsPathOnly && call[1] == 0)
        {
            return Errno.EBADF;
        }

        if (file.Handle != 0)
        {
            return call.TryReply(0, out var reply) ? reply.Result
                : call.Ask(file.Grant, HostFileOperation.SetHandleTimes, [], file.Handle, (ulong)access, (ulong)modify);
        }

        return file.Inode is { } node ? SetTimes(call, node, access, modify) : Errno.EPERM;
    }

    private static CallResult SetTimes(LinuxCall call, Inode node, long access, long modify)
    {
        var who = call.Process.Credentials;
        if (!who.Owns(node) && !(call[2] == 0 && who.May(node, FileAccessRights.Write)))
        {
            return call[2] == 0 ? Errno.EACCES : Errno.EPERM;
        }

        node.AccessTime = access == HostFileTime.Omitted ? node.AccessTime : access;
        node.ModifyTime = modify == HostFileTime.Omitted ? node.ModifyTime : modify;
        node.ChangeTime = (long)call.Job.WallClock;
        return 0L;
    }

    /// <summary>The two times that utimensat is given, kept from the first run on: a wait for the host must not change what "now" is.</summary>
    private static bool TryTimes(LinuxCall call, out long access, out long modify)
    {
        Span<byte> times = stackalloc byte[32];
        call.Progress = call.Progress == 0 ? call.Job.WallClock : call.Progress;
        access = modify = (long)call.Progress;
        if (call[2] == 0)
        {
            return true;
        }

        if (!call.TryRead(call[2], times))
        {
            return false;
        }

        return TryTime(times, (long)call.Progress, out access) && TryTime(times[16..], (long)call.Progress, out modify) || call.Fail(Errno.EINVAL);
    }

    /// <summary>A time that lies outside of what nanoseconds in 64 bits hold is the nearest that does, as on a file system with such a range (utimensat(2)).</summary>
    private static bool TryTime(ReadOnlySpan<byte> bytes, long now, out long time)
    {
        const long SetNow = 0x3fffffff;
        const long Omit = 0x3ffffffe;
        const long Second = (long)Linux.NanosecondsPerSecond;
        long seconds = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        long part = BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]);
        long most = (long.MaxValue / Second) - 1;
        time = part switch
        {
            SetNow => now,
            Omit => HostFileTime.Omitted,
            _ => (Math.Clamp(seconds, -most, most) * Second) + part,
        };
        return part is SetNow or Omit or (>= 0 and < Second);
    }
}
