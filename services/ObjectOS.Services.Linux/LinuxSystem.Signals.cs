using ObjectOS.Abi;
using ObjectOS.Client;
using ObjectOS.Services.Programs;

namespace ObjectOS.Services.Linux;

/// <content>Sending and delivering signals.</content>
internal sealed partial class LinuxSystem
{
    /// <summary>Causes beyond RISC-V's own, as the kernel tells them.</summary>
    private const ulong BudgetEnd = 0x100;
    private const ulong MemoryExhausted = 0x103;

    private const int Kill = 9;
    private const int Segv = 11;
    private const int Stop = 19;
    public const ulong Unmaskable = (1UL << (Kill - 1)) | (1UL << (Stop - 1));

    /// <summary>SIGCHLD, SIGCONT, SIGURG, SIGWINCH: nothing happens.</summary>
    private static bool IsIgnoredByDefault(int signal) => signal is 17 or 18 or 23 or 28;

    private static bool IsIgnored(LinuxProcess process, int signal)
    {
        ulong handler = process.Actions[signal].Handler;
        return handler == SignalAction.Ignore || (handler == SignalAction.Default && IsIgnoredByDefault(signal));
    }

    /// <summary>Sends a signal to a process: to one of its threads that takes it.</summary>
    public void Send(LinuxProcess process, SignalInfo info)
    {
        if (process.IsEnded || process.Threads.Count == 0 || StopsOrContinues(process, info.Signal, process.Threads.Exists(thread => IsOpen(thread, info.Signal)))
            || Drops(process, info.Signal))
        {
            return;
        }

        process.Pending.Add(info);
        WakeSignalFiles(process.Job, info.Signal);
        process.Threads.ForEach(WakeTimedWait);
        if (process.Threads.Find(thread => !thread.IsGone && IsOpen(thread, info.Signal)) is { } taker)
        {
            Interrupt(taker);
        }
    }

    /// <summary>Sends a signal to one thread.</summary>
    public void Send(LinuxThread thread, SignalInfo info)
    {
        if (thread.IsGone || thread.Process.IsEnded || StopsOrContinues(thread.Process, info.Signal, IsOpen(thread, info.Signal)) || Drops(thread.Process, info.Signal))
        {
            return;
        }

        thread.Pending.Add(info);
        WakeSignalFiles(thread.Process.Job, info.Signal);
        WakeTimedWait(thread);
        if (IsOpen(thread, info.Signal))
        {
            Interrupt(thread);
        }
    }

    /// <summary>Has all looked after that read or watch a file of this signal.</summary>
    private void WakeSignalFiles(Job job, int signal)
    {
        foreach (var file in job.EventFiles.Values.Where(file => file.Kind == OpenFileKind.Signals && (file.Counter >> (signal - 1) & 1) != 0))
        {
            Wake(file.Id, PollEvents.Read);
        }
    }

    /// <summary>Has a thread looked after that waits for signals by rt_sigtimedwait: those are blocked, and interrupt nothing.</summary>
    private void WakeTimedWait(LinuxThread thread)
    {
        if (thread.Phase == ThreadPhase.Parked && thread.Call.Number == LinuxCallTable.TimedWait)
        {
            Enqueue(thread);
        }
    }

    /// <summary>True for a signal that does nothing; SIGKILL does its work at once.</summary>
    private bool Drops(LinuxProcess process, int signal)
    {
        if (signal == Kill)
        {
            Note(process, Kill, SignalEffect.End);
            EndProcess(process, Kill);
            return true;
        }

        // A blocked one is kept even where it is ignored: sigwait may want it.
        return IsIgnored(process, signal) && process.Threads.TrueForAll(thread => IsOpen(thread, signal));
    }

    private static bool IsOpen(LinuxThread thread, int signal) => (thread.Mask >> (signal - 1) & 1) == 0;

    public static bool HasSignal(LinuxThread thread) => ((thread.Pending.Set | thread.Process.Pending.Set) & ~thread.Mask) != 0;

    /// <summary>True where a signal is to be delivered that ends the process.</summary>
    private static bool HasFatalSignal(LinuxThread thread)
    {
        ulong open = (thread.Pending.Set | thread.Process.Pending.Set) & ~thread.Mask;
        for (int signal = 1; open != 0; signal++, open >>= 1)
        {
            if ((open & 1) != 0 && thread.Process.Actions[signal].Handler == SignalAction.Default && !IsIgnoredByDefault(signal))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Gets a thread to where its signals are delivered.</summary>
    private void Interrupt(LinuxThread thread)
    {
        if (thread.Phase == ThreadPhase.Recalled)
        {
            thread.Call.IsInterrupted = true;
        }
        else if (thread.Phase == ThreadPhase.Parked)
        {
            // What the host does for it is not undone: the signal waits until the host has answered.
            if (thread.Call.Request == 0)
            {
                thread.Call.IsInterrupted = true;
                Enqueue(thread);
            }
        }
        else if (thread.Phase == ThreadPhase.Running && thread.ReplySlot == 0 && thread.Capability.Suspend() == KernelStatus.Ok)
        {
            thread.Phase = ThreadPhase.Stopped;
            Enqueue(thread);
        }
    }

    /// <summary>Ends a call, a fault or a stop: delivers what signals there are and lets the thread go on. False: suspended.</summary>
    private bool Finish(LinuxThread thread)
    {
        while (!thread.IsGone && thread.Process.StopSignal == 0 && TryPeek(thread, out var info, out var queue))
        {
            var action = thread.Process.Actions[info.Signal];
            if (IsIgnored(thread.Process, info.Signal))
            {
                queue.Remove(info.Signal);
                continue;
            }

            if (action.Handler == SignalAction.Default && IsStop(info.Signal))
            {
                queue.Remove(info.Signal);
                if (CanStop(thread.Process, info.Signal))
                {
                    StopProcess(thread.Process, info.Signal);
                }

                continue;
            }

            if (action.Handler == SignalAction.Default)
            {
                queue.Remove(info.Signal);
                Note(thread, info.Signal, SignalEffect.End);
                EndProcess(thread.Process, info.Signal);
                return true;
            }

            switch (Deliver(thread, info, action))
            {
                case KernelStatus.Ok:
                    queue.Remove(info.Signal);
                    if ((action.Flags & SignalAction.ResetHand) != 0)
                    {
                        thread.Process.Actions[info.Signal] = default;
                    }

                    break;
                case KernelStatus.Suspended:
                    return false;
                default:
                    Note(thread, Segv, SignalEffect.End);
                    EndProcess(thread.Process, Segv);
                    return true;
            }
        }

        // A thread of a stopped process stays as it is until SIGCONT has it looked after again.
        if (!thread.IsGone && thread.Process.StopSignal == 0)
        {
            Resume(thread);
        }

        return true;
    }

    /// <summary>Notes what a signal did, as an event of the thread.</summary>
    private static void Note(LinuxThread thread, int signal, SignalEffect effect) => thread.Capability.Note((ulong)signal, (ulong)effect);

    /// <summary>The same of a signal that is delivered to a process as a whole: an event of its first thread.</summary>
    private static void Note(LinuxProcess process, int signal, SignalEffect effect)
    {
        if (process.Threads is [var first, ..])
        {
            Note(first, signal, effect);
        }
    }

    private static bool TryPeek(LinuxThread thread, out SignalInfo info, out SignalQueue queue)
    {
        queue = thread.Pending;
        if (thread.Pending.TryPeek(thread.Mask, out info))
        {
            return true;
        }

        queue = thread.Process.Pending;
        return thread.Process.Pending.TryPeek(thread.Mask, out info);
    }

    private static void Resume(LinuxThread thread)
    {
        bool wasStopped = thread.Phase == ThreadPhase.Stopped;
        bool wasFault = thread.IsFault;
        var result = thread.Result;
        uint slot = thread.ReplySlot;
        if (thread.SavedMask is { } mask)
        {
            thread.Mask = mask;
            thread.SavedMask = null;
        }

        thread.Phase = ThreadPhase.Running;
        thread.ReplySlot = 0;
        thread.IsFault = false;
        thread.Call.End();
        if (wasStopped)
        {
            thread.Capability.Resume();
            return;
        }

        var reply = new ReplyCapability(thread.Process.System.Invoker, slot);
        if (wasFault)
        {
            reply.Send(0);
        }
        else if (result.Outcome == CallOutcome.Done)
        {
            reply.Send(0, (ulong)result.Value);
        }
        else
        {
            reply.Send(1);
        }
    }

    /// <summary>Puts a frame on the thread's stack and has it go on in the handler.</summary>
    private static KernelStatus Deliver(LinuxThread thread, SignalInfo info, SignalAction action)
    {
        Span<ulong> state = stackalloc ulong[ThreadState.Words];
        var status = thread.Capability.ReadState(state);
        if (status != KernelStatus.Ok)
        {
            return status;
        }

        if (thread.Phase != ThreadPhase.Stopped && !thread.IsFault && thread.Result.Outcome == CallOutcome.Done)
        {
            // A call that was interrupted is made anew behind the handler where the program wants that.
            bool again = thread.Result.Value == -(long)Errno.EINTR && (action.Flags & SignalAction.Restart) != 0 && LinuxCallTable.IsRestartable(thread.Call.Number);
            if (!again)
            {
                state[ThreadState.X(10)] = (ulong)thread.Result.Value;
                state[ThreadState.Pc] += 4;
            }
        }

        ulong stack = state[ThreadState.X(2)];
        bool isOn = stack > thread.AltStack && stack <= thread.AltStack + thread.AltStackSize;
        ulong top = (action.Flags & SignalAction.OnStack) != 0 && thread.AltStackSize != 0 && !isOn ? thread.AltStack + thread.AltStackSize : stack;
        ulong at = (top - SignalFrame.Bytes) & ~15UL;
        byte[] frame = SignalFrame.Build(info, state, thread.SavedMask ?? thread.Mask, thread, isOn);
        status = thread.Process.Memory.Space.CopyOut(new VirtualAddress(at), frame);
        if (status != KernelStatus.Ok)
        {
            return status;
        }

        state[ThreadState.X(1)] = ProcessMemory.Trampoline;
        state[ThreadState.X(2)] = at;
        state[ThreadState.X(10)] = (ulong)info.Signal;
        state[ThreadState.X(11)] = at;
        state[ThreadState.X(12)] = at + SignalFrame.ContextAt;
        state[ThreadState.Pc] = action.Handler;
        thread.Capability.WriteState(state);
        Note(thread, info.Signal, SignalEffect.Handler);
        thread.SavedMask = null;
        thread.Mask = (thread.Mask | action.Mask | ((action.Flags & SignalAction.NoDefer) != 0 ? 0 : 1UL << (info.Signal - 1))) & ~Unmaskable;
        thread.Result = CallResult.Resumed;
        return KernelStatus.Ok;
    }

    /// <summary>A thread trapped: its handler runs, or its process ends.</summary>
    public void Fault(LinuxThread thread, in Message message)
    {
        thread.ReplySlot = message.ReplySlot;
        thread.IsFault = true;
        thread.Result = CallResult.Resumed;
        thread.Phase = ThreadPhase.Finishing;
        var process = thread.Process;
        ulong cause = message.Label;
        ulong address = message.Words[0];
        var record = new ProgramEndRecord
        {
            Cause = cause,
            Pc = message.Words[1],
            Address = address,
            Instruction = (uint)message.Words[2],
            Cell = CellNumber(process),
        };
        if (cause == BudgetEnd)
        {
            EndJob(process.Job, ProgramEnd.BudgetExhausted, Kill, record with { Cause = 0 });
            return;
        }

        if (cause == MemoryExhausted)
        {
            EndProcess(process, Kill, ProgramEnd.MemoryExhausted, record);
            return;
        }

        var info = InfoOf(process, cause, address, message.Words[1]);
        var action = process.Actions[info.Signal];
        if (action.Handler is SignalAction.Default or SignalAction.Ignore || !IsOpen(thread, info.Signal))
        {
            Note(thread, info.Signal, SignalEffect.End);
            EndProcess(process, info.Signal, ProgramEnd.Fault, record);
            return;
        }

        thread.Pending.Add(info);
        if (!Finish(thread))
        {
            Enqueue(thread);
            Notification.Signal(AgainBit);
        }
    }

    private static SignalInfo InfoOf(LinuxProcess process, ulong cause, ulong address, ulong pc) => cause switch
    {
        2 => new SignalInfo(4, 1, 0, pc),
        3 => new SignalInfo(5, 1, 0, pc),
        0 or 4 or 6 => new SignalInfo(7, 1, 0, address),
        _ when process.Memory.Find(address) is { IsVoid: true } => new SignalInfo(7, 2, 0, address),
        _ => new SignalInfo(Segv, process.Memory.Find(address) is null ? 1 : 2, 0, address),
    };
}
