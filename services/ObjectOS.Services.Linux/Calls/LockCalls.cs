using System.Buffers.Binary;
using ObjectOS.Abi;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>Locks on files: of fcntl by process or by open file, and of flock. They hold between the processes of one job.</summary>
internal static class LockCalls
{
    public const ulong GetLock = 5;
    public const ulong SetLock = 6;
    public const ulong SetLockAndWait = 7;
    public const ulong GetFileLock = 36;
    public const ulong SetFileLock = 37;
    public const ulong SetFileLockAndWait = 38;

    private const short Read = 0;
    private const short Write = 1;
    private const short Unlock = 2;
    private const int RecordBytes = 32;
    private const ulong NoEnd = ulong.MaxValue;

    /// <summary>fcntl's calls for locks, by its second argument.</summary>
    public static CallResult Control(LinuxCall call)
    {
        if (!call.TryFile(0, out var file))
        {
            return call.Failure;
        }

        if (file.IsPathOnly)
        {
            return Errno.EBADF;
        }

        if (LockKey.Of(file) is not { } key)
        {
            return Errno.EINVAL;
        }

        var record = new byte[RecordBytes];
        if (!call.TryRead(call[2], record))
        {
            return call.Failure;
        }

        bool isOfFile = call[1] is GetFileLock or SetFileLock or SetFileLockAndWait;
        short type = BinaryPrimitives.ReadInt16LittleEndian(record);
        if (type is not (Read or Write or Unlock) || (isOfFile && BinaryPrimitives.ReadInt32LittleEndian(record.AsSpan(24)) != 0))
        {
            return Errno.EINVAL;
        }

        var ranged = Range(call, file, record, out ulong start, out ulong end);
        if (ranged != 0L)
        {
            return ranged;
        }

        var owner = isOfFile ? new LockOwner(true, file.Id) : new LockOwner(false, (ulong)call.Process.Id);
        var wanted = new FileLock(owner, false, type == Write, start, end, isOfFile ? -1 : call.Process.Id);
        return call[1] is GetLock or GetFileLock
            ? type == Unlock ? Errno.EINVAL : Tell(call, record, call.Job.Locks.FindConflict(key, wanted))
            : Set(call, file, key, wanted, type, call[1] is SetLockAndWait or SetFileLockAndWait);
    }

    private static CallResult Set(LinuxCall call, OpenFile file, LockKey key, FileLock wanted, short type, bool waits)
    {
        var locks = call.Job.Locks;
        if (type == Unlock)
        {
            return locks.TryClear(key, wanted) ? 0L : Errno.ENOLCK;
        }

        if (type == Read ? !file.CanRead : !file.CanWrite)
        {
            return Errno.EBADF;
        }

        return locks.FindConflict(key, wanted) is { } conflict
            ? waits ? locks.WaitFor(call, key, conflict) : Errno.EAGAIN
            : locks.TrySet(key, wanted) ? 0L : Errno.ENOLCK;
    }

    /// <summary>The bytes that a struct flock names (uapi/asm-generic/fcntl.h). 0: they are there.</summary>
    private static CallResult Range(LinuxCall call, OpenFile file, ReadOnlySpan<byte> record, out ulong start, out ulong end)
    {
        (start, end) = (0, NoEnd);
        long from = BinaryPrimitives.ReadInt64LittleEndian(record[8..]);
        long length = BinaryPrimitives.ReadInt64LittleEndian(record[16..]);
        long origin = 0;
        switch (BinaryPrimitives.ReadInt16LittleEndian(record[2..]))
        {
            case 0:
                break;
            case 1:
                origin = (long)file.Position;
                break;
            case 2 when file.Handle != 0:
                if (!call.TryReply(0, out var reply))
                {
                    return call.Ask(file.Grant, HostFileOperation.HandleStatus, [], file.Handle);
                }

                if (reply.IsError || !HostFileStatus.TryRead(reply.Data, out var status))
                {
                    return reply.IsError ? reply.Result : Errno.EIO;
                }

                origin = (long)status.Size;
                break;
            case 2:
                origin = (long)(file.Inode?.Length ?? 0);
                break;
            default:
                return Errno.EINVAL;
        }

        if (from > 0 && origin > long.MaxValue - from)
        {
            return Errno.EOVERFLOW;
        }

        from += origin;
        if (length < 0)
        {
            (from, length) = (from + length, -length);
        }

        if (from < 0)
        {
            return Errno.EINVAL;
        }

        if (length > 0 && from > long.MaxValue - (length - 1))
        {
            return Errno.EOVERFLOW;
        }

        start = (ulong)from;
        end = length == 0 ? NoEnd : start + (ulong)length;
        return 0L;
    }

    /// <summary>Tells of a lock that is in the way, or that there is none.</summary>
    private static CallResult Tell(LinuxCall call, byte[] record, FileLock? conflict)
    {
        BinaryPrimitives.WriteInt16LittleEndian(record, conflict is null ? Unlock : conflict.IsExclusive ? Write : Read);
        if (conflict is not null)
        {
            BinaryPrimitives.WriteInt16LittleEndian(record.AsSpan(2), 0);
            BinaryPrimitives.WriteUInt64LittleEndian(record.AsSpan(8), conflict.Start);
            BinaryPrimitives.WriteUInt64LittleEndian(record.AsSpan(16), conflict.End == NoEnd ? 0 : conflict.End - conflict.Start);
            BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(24), conflict.Process);
        }

        return call.TryWrite(call[2], record) ? 0L : call.Failure;
    }

    /// <summary>flock: a lock of the open file on the whole file. A change of its kind gives the old one back first (flock(2)).</summary>
    public static CallResult LockFile(LinuxCall call)
    {
        const ulong Shared = 1;
        const ulong Exclusive = 2;
        const ulong Unlocked = 8;
        const ulong NonBlocking = 4;
        if (!call.TryFile(0, out var file))
        {
            return call.Failure;
        }

        if (file.IsPathOnly)
        {
            return Errno.EBADF;
        }

        ulong kind = call[1] & ~NonBlocking;
        if (kind is not (Shared or Exclusive or Unlocked) || LockKey.Of(file) is not { } key)
        {
            return Errno.EINVAL;
        }

        var locks = call.Job.Locks;
        var wanted = new FileLock(new LockOwner(true, file.Id), true, kind == Exclusive, 0, NoEnd, call.Process.Id);
        if (kind == Unlocked)
        {
            return locks.TryClear(key, wanted) ? 0L : Errno.ENOLCK;
        }

        if (locks.FindConflict(key, wanted) is not { } conflict)
        {
            return locks.TrySet(key, wanted) ? 0L : Errno.ENOLCK;
        }

        if (!locks.TryClear(key, wanted))
        {
            return Errno.ENOLCK;
        }

        return (call[1] & NonBlocking) != 0 ? Errno.EAGAIN : locks.WaitFor(call, key, conflict);
    }
}
