using System.Buffers.Binary;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>Signals with values, and signals that are read from an open file: rt_sigqueueinfo(2), signalfd(2).</summary>
internal static class QueuedSignalCalls
{
    /// <summary>Bytes of a signalfd_siginfo.</summary>
    private const int Record = 128;

    public static CallResult Queue(LinuxCall call)
    {
        if (!TryReadInfo(call, call.Int(1), call[2], call.Int(0), out var info))
        {
            return call.Failure;
        }

        if (call.Job.Processes.GetValueOrDefault(call.Int(0)) is not { IsEnded: false } process)
        {
            return Errno.ESRCH;
        }

        if (info.Signal == 0)
        {
            return info.Code == int.MaxValue ? Errno.EINVAL : 0L;
        }

        if (info.Code == int.MinValue)
        {
            return Errno.EPERM;
        }

        if (IsFull(process, process.Pending, info.Signal))
        {
            return Errno.EAGAIN;
        }

        call.System.Send(process, info);
        return call.Process.IsEnded ? CallResult.Gone : 0L;
    }

    public static CallResult QueueForThread(LinuxCall call)
    {
        if (!TryReadInfo(call, call.Int(2), call[3], call.Int(0), out var info))
        {
            return call.Failure;
        }

        if (call.Job.Processes.GetValueOrDefault(call.Int(0))?.Threads.Find(thread => thread.Id == call.Int(1)) is not { IsGone: false } thread)
        {
            return Errno.ESRCH;
        }

        if (info.Signal == 0)
        {
            return info.Code == int.MaxValue ? Errno.EINVAL : 0L;
        }

        if (info.Code == int.MinValue)
        {
            return Errno.EPERM;
        }

        if (IsFull(thread.Process, thread.Pending, info.Signal))
        {
            return Errno.EAGAIN;
        }

        call.System.Send(thread, info);
        return call.Process.IsEnded ? CallResult.Gone : 0L;
    }

    /// <summary>
    /// Reads a siginfo. A signal of 0 with the largest code: the number is wrong. The least code: others may not be sent what only the kernel sends.
    /// </summary>
    private static bool TryReadInfo(LinuxCall call, int signal, ulong address, int target, out SignalInfo info)
    {
        Span<byte> bytes = stackalloc byte[32];
        info = default;
        if (!call.TryReadAddresses(address, bytes))
        {
            return false;
        }

        int code = BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]);
        bool isOfKernel = code is >= 0 or SignalInfo.FromThread && target != call.Process.Id;
        info = signal is < 0 or > LinuxProcess.Signals ? new SignalInfo(0, int.MaxValue, 0, 0)
            : new SignalInfo(
                signal, isOfKernel ? int.MinValue : code, BinaryPrimitives.ReadInt32LittleEndian(bytes[16..]), BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]));
        return true;
    }

    private static bool IsFull(LinuxProcess process, SignalQueue queue, int signal) =>
        signal >= SignalInfo.FirstRealTime && (ulong)queue.Count >= Math.Min(SignalQueue.Most, process.Limits.MostSignals);

    public static CallResult File(LinuxCall call)
    {
        uint flags = (uint)call[3];
        Span<byte> bytes = stackalloc byte[8];
        if (call[2] != 8 || (flags & ~(Linux.OpenNonBlocking | Linux.OpenCloseOnExec)) != 0)
        {
            return Errno.EINVAL;
        }

        if (!call.TryRead(call[1], bytes))
        {
            return call.Failure;
        }

        ulong mask = BinaryPrimitives.ReadUInt64LittleEndian(bytes) & ~LinuxSystem.Unmaskable;
        if (call.Int(0) != -1)
        {
            if (!call.TryFile(0, out var known))
            {
                return call.Failure;
            }

            if (known.Kind != OpenFileKind.Signals)
            {
                return Errno.EINVAL;
            }

            known.Counter = mask;
            call.System.Wake(known.Id, PollEvents.Read);
            return call.Int(0);
        }

        var file = new OpenFile(call.System.NewId(), OpenFileKind.Signals, "anon_inode:[signalfd]", (flags & Linux.OpenNonBlocking) | Linux.OpenReadWrite)
        {
            Counter = mask,
            Job = call.Job,
        };
        int made = call.Process.Descriptors.Add(file, (flags & Linux.OpenCloseOnExec) != 0);
        if (made < 0)
        {
            return Errno.EMFILE;
        }

        call.Job.EventFiles.Add(file.Id, file);
        return made;
    }

    /// <summary>Takes a signal that waits, as a record of it.</summary>
    public static CallResult Read(LinuxCall call, OpenFile file, ulong count, TakeBytes take)
    {
        if (count < Record)
        {
            return Errno.EINVAL;
        }

        var queue = call.Thread.Pending;
        if (!queue.TryPeek(~file.Counter, out var info))
        {
            queue = call.Process.Pending;
            if (!queue.TryPeek(~file.Counter, out info))
            {
                return file.IsNonBlocking ? Errno.EAGAIN : call.WaitFor(file.Id);
            }
        }

        var bytes = new byte[Record];
        bool isTimer = info.Code == SignalInfo.FromTimer;
        foreach (var (at, value) in ((int, int)[])
            [
                (0, info.Signal), (8, info.Code), (12, isTimer ? 0 : info.Sender), (16, isTimer ? 0 : (int)call.Process.Identity.Real.User),
                (24, isTimer ? info.Sender : 0), (32, info.Overrun), (40, info.Signal == 17 ? (int)info.Value : 0), (44, (int)info.Value),
            ])
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), value);
        }

        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(48), info.Value);
        if (!take(bytes))
        {
            return call.Failure;
        }

        queue.Remove(info.Signal);
        return Record;
    }
}
