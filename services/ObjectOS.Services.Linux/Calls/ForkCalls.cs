using ObjectOS.Abi;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>A child under way: not yet among its job's processes, so that no call finds it.</summary>
internal sealed record Birth(LinuxProcess Child, MemoryCopy? Copy);

/// <summary>fork, vfork: a process with a copy of the caller's memory, or on the caller's memory until it has a program of its own.</summary>
internal static class ForkCalls
{
    private const ulong SharesMemory = 0x100;
    private const ulong SharesThreads = 0x10000;
    private const ulong Vfork = 0x4000;
    private const ulong SetsParentId = 0x100000;

    private const int MostAreasAtFirst = 64;

    /// <summary>The stage of a call that continues: the child's number is taken.</summary>
    public const int Numbered = 1;

    public static CallResult Clone(LinuxCall call)
    {
        ulong flags = call[0];
        if ((flags & SharesThreads) != 0)
        {
            return (flags & SharesMemory) != 0 ? ThreadCalls.Clone(call) : Errno.EINVAL;
        }

        if (call.IsWoken)
        {
            return (long)call.Progress; // The child of a vfork has gone its own way.
        }

        if (call.Progress != 0)
        {
            return CallResult.Parked;
        }

        if (call.Birth is not null)
        {
            return GoOn(call);
        }

        // Children that have ended count until they are waited for, as in Linux (setrlimit(2)).
        if ((ulong)(call.Job.ThreadCount + call.Job.Processes.Values.Sum(process => process.Zombies.Count)) >= call.Process.Limits.MostProcesses)
        {
            return Errno.EAGAIN;
        }

        return (flags & SharesMemory) != 0 && (flags & Vfork) == 0 ? Errno.EINVAL : Begin(call);
    }

    private static CallResult Begin(LinuxCall call)
    {
        var parent = call.Process;
        var status = call.System.CreateProcess(call.Job, call.Job.NextId, parent.Id, out var child);
        if (status != KernelStatus.Ok)
        {
            return status == KernelStatus.Suspended ? CallResult.Suspended : Errno.EAGAIN;
        }

        // A child that shares memory runs in the cell of the memory's owner until it has a program of its own (vfork(2)).
        call.Job.Processes.Remove(child.Id);
        bool shares = (call[0] & SharesMemory) != 0;
        child.MemoryOwner = shares ? parent.Memory.Process.Id : 0;
        call.Birth = new Birth(child, shares ? null : MemoryCopy.Begin(parent.Memory, child));
        if (shares || parent.Memory.Areas.Count <= MostAreasAtFirst)
        {
            return GoOn(call);
        }

        // A first run that is suspended loses its work. Long work therefore begins with the second run.
        TakeNumber(call, child);
        return CallResult.Continued;
    }

    /// <summary>Copies memory, as much as one message may, and then lets the child run.</summary>
    private static CallResult GoOn(LinuxCall call)
    {
        var (child, copy) = call.Birth!;
        Span<ulong> state = stackalloc ulong[ThreadState.Words];
        var status = copy?.Step() ?? KernelStatus.Ok;
        if (status == KernelStatus.InProgress)
        {
            TakeNumber(call, child);
            return CallResult.Continued;
        }

        bool isReady = status == KernelStatus.Ok && call.TryPrepare(call[2], (call[0] & SetsParentId) != 0 ? 4u : 0);
        var failure = status == KernelStatus.Ok ? call.Failure : Errno.EAGAIN;
        LinuxThread thread = null!;
        if (isReady)
        {
            failure = Errno.EAGAIN;
            status = call.Thread.Capability.ReadState(state);
            status = status == KernelStatus.Ok ? call.System.CreateThread(child, child.Id, 0, 0, out thread) : status;
        }

        if (status == KernelStatus.Suspended || (!isReady && failure.Outcome == CallOutcome.Suspended))
        {
            // The first run of a call must leave nothing behind, because the same message comes again. A later run keeps what it has copied.
            if (call.Stage != Numbered)
            {
                call.GiveUpBirth();
            }

            return CallResult.Suspended;
        }

        if (!isReady || status != KernelStatus.Ok)
        {
            call.GiveUpBirth();
            return failure;
        }

        TakeNumber(call, child);
        copy?.End();
        call.Birth = null;
        call.Job.Processes.Add(child.Id, child);
        Inherit(child, call.Process);
        thread.Mask = call.Thread.Mask;
        thread.AltStack = call.Thread.AltStack;
        thread.AltStackSize = call.Thread.AltStackSize;
        ThreadCalls.Begin(call, thread, state);
        if ((call[0] & Vfork) == 0)
        {
            return child.Id;
        }

        child.VforkParent = call.Thread.Number;
        call.Progress = (ulong)child.Id;
        return CallResult.Parked;
    }

    private static void TakeNumber(LinuxCall call, LinuxProcess child)
    {
        if (call.Stage != Numbered)
        {
            call.Job.NextId = child.Id + 1;
            call.Stage = Numbered;
        }
    }

    private static void Inherit(LinuxProcess child, LinuxProcess parent)
    {
        child.GroupId = parent.GroupId;
        child.SessionId = parent.SessionId;
        child.Enter(parent.WorkingDirectory);
        child.Identity = parent.Identity;
        child.FileMask = parent.FileMask;
        child.Arguments = parent.Arguments;
        child.TextBytes = parent.TextBytes;
        child.Start = parent.Start;
        child.Traits = parent.Traits.Inherited;
        child.Job.Tree.Hold(child.TextBytes);
        child.RandomState = parent.NextRandom();
        child.CopyActions(parent);
        child.CopyLimits(parent);
        child.Executable = parent.Executable;
        child.Executable?.Hold();

        parent.Descriptors.CopyTo(child.Descriptors);
    }
}
