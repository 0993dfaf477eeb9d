using System.Buffers.Binary;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>Signals: actions, masks, sending, waiting, the way back from a handler.</summary>
internal static class SignalCalls
{
    public static CallResult Action(LinuxCall call)
    {
        int signal = call.Int(0);
        if (signal is < 1 or > LinuxProcess.Signals || (call[1] != 0 && signal is 9 or 19))
        {
            return Errno.EINVAL;
        }

        Span<byte> wanted = stackalloc byte[24];
        if (call[1] != 0 && !call.TryReadAddresses(call[1], wanted))
        {
            return call.Failure;
        }

        var old = call.Process.Actions[signal];
        Span<byte> bytes = stackalloc byte[24];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, old.Handler);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], old.Flags);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], old.Mask);
        if (call[2] != 0 && !call.TryWrite(call[2], bytes))
        {
            return call.Failure;
        }

        if (call[1] != 0)
        {
            call.Process.Actions[signal] = new SignalAction(
                BinaryPrimitives.ReadUInt64LittleEndian(wanted), BinaryPrimitives.ReadUInt64LittleEndian(wanted[8..]),
                BinaryPrimitives.ReadUInt64LittleEndian(wanted[16..]));
        }

        return 0L;
    }

    public static CallResult SetMask(LinuxCall call)
    {
        Span<byte> wanted = stackalloc byte[8];
        if ((call[1] != 0 && !call.TryRead(call[1], wanted)) || (call[2] != 0 && !call.TryWrite(call[2], BitConverter.GetBytes(call.Thread.Mask))))
        {
            return call.Failure;
        }

        if (call[1] != 0)
        {
            ulong set = BinaryPrimitives.ReadUInt64LittleEndian(wanted);
            ulong mask = call.Thread.Mask;
            if (call[0] > 2)
            {
                return Errno.EINVAL;
            }

            call.Thread.Mask = (call[0] == 0 ? mask | set : call[0] == 1 ? mask & ~set : set) & ~LinuxSystem.Unmaskable;
        }

        return 0L;
    }

    public static CallResult Pending(LinuxCall call) =>
        call.TryWrite(call[0], BitConverter.GetBytes((call.Thread.Pending.Set | call.Process.Pending.Set) & call.Thread.Mask)) ? 0L : call.Failure;

    public static CallResult Suspend(LinuxCall call)
    {
        if (call.IsInterrupted)
        {
            return Errno.EINTR;
        }

        if (call.Thread.SavedMask is null)
        {
            Span<byte> mask = stackalloc byte[8];
            if (!call.TryRead(call[0], mask))
            {
                return call.Failure;
            }

            call.Thread.SavedMask = call.Thread.Mask;
            call.Thread.Mask = BinaryPrimitives.ReadUInt64LittleEndian(mask) & ~LinuxSystem.Unmaskable;
        }

        return CallResult.Parked;
    }

    public static CallResult TimedWait(LinuxCall call)
    {
        Span<byte> set = stackalloc byte[8];
        Span<byte> time = stackalloc byte[16];
        if (!call.TryRead(call[0], set) || (call[2] != 0 && call.Progress == 0 && !call.TryRead(call[2], time)))
        {
            return call.Failure;
        }

        if (call[2] != 0 && call.Progress == 0)
        {
            call.Deadline = TimeCalls.Later(call, TimeCalls.ReadTime(time));
            call.Progress = 1;
        }

        ulong mask = ~BinaryPrimitives.ReadUInt64LittleEndian(set);
        var queue = call.Thread.Pending;
        if (!queue.TryPeek(mask, out var info))
        {
            queue = call.Process.Pending;
            if (!queue.TryPeek(mask, out info))
            {
                return call.IsTimedOut ? Errno.EAGAIN : call.WaitFor(call.Process.ChildrenWait);
            }
        }

        var bytes = new byte[128];
        SignalFrame.WriteInfo(bytes, info, call.Process.Identity.Real.User);
        if (call[1] != 0 && !call.TryWrite(call[1], bytes))
        {
            return call.Failure;
        }

        queue.Remove(info.Signal);
        return info.Signal;
    }

    public static CallResult Kill(LinuxCall call)
    {
        int target = call.Int(0);
        int signal = call.Int(1);
        if (signal is < 0 or > LinuxProcess.Signals)
        {
            return Errno.EINVAL;
        }

        call.ChargeSearch(call.Job.Processes.Count);
        int group = target == 0 ? call.Process.GroupId : -target;
        var targets = call.Job.Processes.Values.Where(process => target > 0 ? process.Id == target : target == -1 || process.GroupId == group).ToArray();
        foreach (var process in targets.Where(_ => signal != 0))
        {
            call.System.Send(process, new SignalInfo(signal, SignalInfo.FromUser, call.Process.Id, 0));
        }

        return targets.Length == 0 ? Errno.ESRCH : call.Process.IsEnded ? CallResult.Gone : 0L;
    }

    public static CallResult KillThread(LinuxCall call) => KillThread(call, call.Int(0), call.Int(1));

    public static CallResult KillGroupThread(LinuxCall call) => KillThread(call, call.Int(1), call.Int(2));

    private static CallResult KillThread(LinuxCall call, int target, int signal)
    {
        if (signal is < 0 or > LinuxProcess.Signals)
        {
            return Errno.EINVAL;
        }

        call.ChargeSearch(call.Job.ThreadCount);
        var thread = call.Job.Processes.Values.SelectMany(process => process.Threads).FirstOrDefault(thread => thread.Id == target);
        if (thread is null)
        {
            return Errno.ESRCH;
        }

        if (signal != 0)
        {
            call.System.Send(thread, new SignalInfo(signal, SignalInfo.FromThread, call.Process.Id, 0));
        }

        return call.Process.IsEnded ? CallResult.Gone : 0L;
    }

    public static CallResult AlternateStack(LinuxCall call)
    {
        var thread = call.Thread;
        Span<byte> wanted = stackalloc byte[24];
        Span<byte> old = stackalloc byte[24];
        BinaryPrimitives.WriteUInt64LittleEndian(old, thread.AltStack);
        BinaryPrimitives.WriteInt32LittleEndian(old[8..], thread.AltStackSize == 0 ? 2 : 0);
        BinaryPrimitives.WriteUInt64LittleEndian(old[16..], thread.AltStackSize);
        if ((call[0] != 0 && !call.TryReadAddresses(call[0], wanted)) || (call[1] != 0 && !call.TryWrite(call[1], old)))
        {
            return call.Failure;
        }

        if (call[0] != 0)
        {
            bool isOff = (BinaryPrimitives.ReadInt32LittleEndian(wanted[8..]) & 2) != 0;
            ulong size = BinaryPrimitives.ReadUInt64LittleEndian(wanted[16..]);
            if (!isOff && size < 2048)
            {
                return Errno.ENOMEM;
            }

            thread.AltStack = isOff ? 0 : BinaryPrimitives.ReadUInt64LittleEndian(wanted);
            thread.AltStackSize = isOff ? 0 : size;
        }

        return 0L;
    }

    public static CallResult Return(LinuxCall call)
    {
        Span<ulong> state = stackalloc ulong[ThreadState.Words];
        var frame = new byte[SignalFrame.Bytes];
        var status = call.Thread.Capability.ReadState(state);
        if (status != Abi.KernelStatus.Ok || !call.TryReadAddresses(state[ThreadState.X(2)], frame))
        {
            if (call.Failure.Outcome == CallOutcome.Suspended)
            {
                return CallResult.Suspended;
            }

            call.System.EndProcess(call.Process, 11);
            return CallResult.Gone;
        }

        SignalFrame.Read(frame, state, out ulong mask);
        call.Thread.Capability.WriteState(state);
        call.Thread.Mask = mask & ~LinuxSystem.Unmaskable;
        return CallResult.Resumed;
    }
}
