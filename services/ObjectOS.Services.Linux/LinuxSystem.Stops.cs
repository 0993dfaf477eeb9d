using ObjectOS.Abi;

namespace ObjectOS.Services.Linux;

/// <content>Stopping and continuing processes (signal(7), "Standard signals"; kernel/signal.c, prepare_signal and do_signal_stop).</content>
internal sealed partial class LinuxSystem
{
    private const int Continue = 18;
    private const ulong Stops = (1UL << (Stop - 1)) | (1UL << 19) | (1UL << 20) | (1UL << 21);

    private static bool IsStop(int signal) => (Stops >> (signal - 1) & 1) != 0;

    /// <summary>
    /// Does at once what a signal does to a process besides being delivered. True if that was all: the process is stopped, and a call that waits goes on
    /// waiting, as calls do that Linux begins anew after a stop.
    /// </summary>
    private bool StopsOrContinues(LinuxProcess process, int signal, bool isOpen)
    {
        if (signal == Continue)
        {
            Discard(process, Stops);
            ContinueProcess(process);
            return false;
        }

        if (!IsStop(signal))
        {
            return false;
        }

        Discard(process, 1UL << (Continue - 1));
        if (!isOpen || process.Actions[signal].Handler != SignalAction.Default)
        {
            return false;
        }

        if (CanStop(process, signal))
        {
            StopProcess(process, signal);
        }

        return true;
    }

    private static void Discard(LinuxProcess process, ulong signals)
    {
        process.Pending.RemoveAll(signals);
        foreach (var thread in process.Threads)
        {
            thread.Pending.RemoveAll(signals);
        }
    }

    /// <summary>False for a terminal's stop signal in an orphaned group: there is no shell that would continue it.</summary>
    private static bool CanStop(LinuxProcess process, int signal) => signal == Stop || process.Job.Processes.Values.Any(member =>
        member.GroupId == process.GroupId && process.Job.Processes.TryGetValue(member.Parent, out var parent)
        && parent.GroupId != process.GroupId && parent.SessionId == process.SessionId);

    private void StopProcess(LinuxProcess process, int signal)
    {
        if (process.StopSignal != 0)
        {
            return;
        }

        process.StopSignal = signal;
        Note(process, signal, SignalEffect.Stop);
        (process.HasStopNews, process.HasContinueNews) = (true, false);
        process.Threads.ForEach(Hold);
        TellParent(process, SignalInfo.ChildStopped, (ulong)signal);
    }

    /// <summary>Holds a thread that runs. One that is in a call is held at the end of the call.</summary>
    public static void Hold(LinuxThread thread)
    {
        if (thread.Phase == ThreadPhase.Running && thread.ReplySlot == 0 && thread.Capability.Suspend() == KernelStatus.Ok)
        {
            thread.Phase = ThreadPhase.Stopped;
        }
    }

    private void ContinueProcess(LinuxProcess process)
    {
        if (process.StopSignal == 0)
        {
            return;
        }

        process.StopSignal = 0;
        Note(process, Continue, SignalEffect.Continue);
        (process.HasStopNews, process.HasContinueNews) = (false, true);
        foreach (var thread in process.Threads.Where(thread => thread.Phase is ThreadPhase.Stopped or ThreadPhase.Finishing))
        {
            Enqueue(thread);
        }

        TellParent(process, SignalInfo.ChildContinued, Continue);
    }

    private void TellParent(LinuxProcess process, int code, ulong status)
    {
        if (!process.Job.Processes.TryGetValue(process.Parent, out var parent))
        {
            return;
        }

        Wake(parent.ChildrenWait);
        if ((parent.Actions[17].Flags & SignalAction.NoChildStop) == 0)
        {
            Send(parent, new SignalInfo(17, code, process.Id, status));
        }
    }
}
