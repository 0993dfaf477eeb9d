using ObjectOS.Abi;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>Threads of one process.</summary>
internal static class ThreadCalls
{
    private const ulong ParentSetTid = 0x100000;
    private const ulong ChildClearTid = 0x200000;
    private const ulong ChildSetTid = 0x1000000;
    private const ulong SetTls = 0x80000;

    public static CallResult GetId(LinuxCall call) => call.Thread.Id;

    public static CallResult SetClearAddress(LinuxCall call)
    {
        call.Thread.ClearAddress = call[0];
        return call.Thread.Id;
    }

    public static CallResult SetRobustList(LinuxCall call)
    {
        const ulong HeadBytes = 24;
        if (call[1] != HeadBytes)
        {
            return Errno.EINVAL;
        }

        call.Thread.RobustList = call[0];
        return 0L;
    }

    /// <summary>A new thread of the same process: flags, stack, where the parent's note goes, TLS, where the child's goes.</summary>
    public static CallResult Clone(LinuxCall call)
    {
        ulong flags = call[0];
        Span<ulong> state = stackalloc ulong[ThreadState.Words];
        var status = call.Thread.Capability.ReadState(state);
        if (status != KernelStatus.Ok)
        {
            return CallResult.Of(status);
        }

        if (((flags & ParentSetTid) != 0 && !call.TryPrepare(call[2], 4)) || ((flags & ChildSetTid) != 0 && !call.TryPrepare(call[4], 4)))
        {
            return call.Failure;
        }

        int id = call.Job.NextId;
        status = call.System.CreateThread(call.Process, id, 0, 0, out var thread);
        if (status != KernelStatus.Ok)
        {
            return status == KernelStatus.Suspended ? CallResult.Suspended : Errno.EAGAIN;
        }

        call.Job.NextId++;
        thread.Mask = call.Thread.Mask;
        Begin(call, thread, state);
        return id;
    }

    /// <summary>Gives a new thread its registers and lets it run behind the call.</summary>
    public static void Begin(LinuxCall call, LinuxThread thread, Span<ulong> state)
    {
        ulong flags = call[0];
        byte[] id = BitConverter.GetBytes(thread.Id);
        if ((flags & ParentSetTid) != 0)
        {
            call.Write(call[2], id);
        }

        if ((flags & ChildSetTid) != 0)
        {
            thread.Process.Memory.Space.CopyOut(new VirtualAddress(call[4]), id);
        }

        thread.ClearAddress = (flags & ChildClearTid) != 0 ? call[4] : 0;
        state[ThreadState.Pc] += 4;
        state[ThreadState.X(10)] = 0;
        state[ThreadState.X(2)] = call[1] != 0 ? call[1] : state[ThreadState.X(2)];
        state[ThreadState.X(4)] = (flags & SetTls) != 0 ? call[3] : state[ThreadState.X(4)];
        thread.Capability.WriteState(state);
        thread.Capability.Resume();
        if (thread.Process.StopSignal != 0)
        {
            LinuxSystem.Hold(thread);
        }
    }

    public static CallResult Exit(LinuxCall call)
    {
        var thread = call.Thread;
        if (!RobustList.TryRelease(thread))
        {
            return CallResult.Suspended;
        }

        if (thread.ClearAddress != 0)
        {
            if (!call.TryWrite(thread.ClearAddress, new byte[4]) && call.Failure.Outcome == CallOutcome.Suspended)
            {
                return CallResult.Suspended;
            }

            FutexCalls.Wake(call.System, FutexCalls.KeyOf(call.Process, thread.ClearAddress, false), 1, uint.MaxValue);
        }

        if (call.Process.Threads.Count == 1)
        {
            call.System.EndProcess(call.Process, (call.Int(0) & 0xff) << 8);
        }
        else
        {
            call.System.EndThread(thread);
        }

        return CallResult.Gone;
    }
}
