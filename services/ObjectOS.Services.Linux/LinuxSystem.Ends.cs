using ObjectOS.Abi;

namespace ObjectOS.Services.Linux;

/// <content>
/// How what has ended is taken apart: in bounded steps, with pauses of guest time in which others run. What has ended stands still from the start;
/// its parent, or the host, hears of the end once all of it is gone.
/// </content>
internal sealed partial class LinuxSystem
{
    /// <summary>Guest time that this service leaves to others between two steps of work that no thread waits for.</summary>
    private const ulong Pause = 100_000;

    /// <summary>Work per thing that is taken apart: invocations are charged by themselves.</summary>
    private const int CostOfPart = 450;
    public const int CostOfThread = 3_000;

    /// <summary>Steps of the kernel's destruction of a cell in one message.</summary>
    private const int DestroySteps = 8;

    /// <summary>Processes that have ended, but not all of which could be taken apart at once.</summary>
    private readonly SortedSet<(ulong Job, int Id)> _dying = [];

    /// <summary>When this service goes on with work that no thread waits for; <see cref="LinuxCall.Never"/>: there is none.</summary>
    private ulong _lateAt = LinuxCall.Never;

    /// <summary>From here on no thread of the process runs, and this service knows none of them.</summary>
    private static void Silence(LinuxProcess process)
    {
        process.Cell.Pause();
        process.Threads.ForEach(thread => thread.IsGone = true);
    }

    /// <summary>Takes a process apart that has ended, now or, where that is long work, by and by.</summary>
    private void BuryOrWait(LinuxProcess process)
    {
        if (TearStep(process))
        {
            Bury(process);
        }
        else
        {
            _dying.Add((process.Job.Request.Job, process.Id));
            _lateAt = Math.Min(_lateAt, Now + Pause);
        }
    }

    /// <summary>Takes apart what a process holds outside of its cell, and then the cell. False: there is more.</summary>
    private bool TearStep(LinuxProcess process)
    {
        EndVfork(process);
        process.Load?.Abandon();
        process.Load = null;
        while (process.Threads.Count > 0)
        {
            // What a signal ends, too, gives its shared mutexes back, but for a job that ends whole.
            if (process.Job.End is null && !RobustList.TryRelease(process.Threads[^1]))
            {
                return false;
            }

            EndThread(process.Threads[^1]);
            Spend(CostOfThread);
            if (IsSpent)
            {
                return false;
            }
        }

        while (process.Descriptors.RemoveLast())
        {
            Spend(CostOfPart);
            if (IsSpent)
            {
                return false;
            }
        }

        while (process.OwnMemory.ForgetLast())
        {
            Spend(CostOfPart);
            if (IsSpent)
            {
                return false;
            }
        }

        return DestroyCell(process);
    }

    private bool DestroyCell(LinuxProcess process)
    {
        if (process.Executable is { } executable)
        {
            process.Executable = null;
            executable.Release(this);
        }

        var status = KernelStatus.InProgress;
        for (int step = 0; step < DestroySteps && status == KernelStatus.InProgress; step++)
        {
            status = process.Cell.DestroyStep();
        }

        if (status == KernelStatus.InProgress)
        {
            return false;
        }

        process.Job.Tree.Return(process.TextBytes);
        process.TextBytes = 0;
        process.Timers.Clear();
        process.LeaveDirectory();
        Invoker.Delete(process.OwnMemory.Space.Slot);
        Invoker.Delete(process.Cell.Slot);
        return true;
    }

    /// <summary>All of a process is gone: its parent hears of it.</summary>
    private void Bury(LinuxProcess process)
    {
        var job = process.Job;
        _dying.Remove((job.Request.Job, process.Id));
        job.Processes.Remove(process.Id);
        var orphans = new List<LinuxProcess>();
        foreach (var child in job.Processes.Values.Where(child => child.Parent == process.Id))
        {
            child.Parent = 1;
            if (child.Traits.DeathSignal != 0)
            {
                orphans.Add(child);
            }
        }

        orphans.ForEach(child => Send(child, new SignalInfo(child.Traits.DeathSignal, SignalInfo.FromUser, process.Id, 0)));

        if (!job.Processes.TryGetValue(process.Parent, out var parent))
        {
            return;
        }

        int status = process.Status;
        var action = parent.Actions[17];
        if (action.Handler != SignalAction.Ignore && (action.Flags & SignalAction.NoChildWait) == 0)
        {
            parent.Zombies.Add(new Zombie(process.Id, process.GroupId, status));
        }

        Wake(parent.ChildrenWait);
        bool isExit = (status & 0x7f) == 0;
        Send(parent, new SignalInfo(17, isExit ? SignalInfo.ChildExited : SignalInfo.ChildKilled, process.Id, (ulong)(isExit ? (status >> 8) & 0xff : status & 0x7f)));
    }

    /// <summary>Goes on with what no thread waits for: processes and jobs that have ended.</summary>
    private void WorkLate()
    {
        foreach (var (number, id) in _dying.ToArray())
        {
            if (IsSpent)
            {
                _lateAt = Math.Min(_lateAt, Now + Pause);
                return;
            }

            if (Jobs.TryGetValue(number, out var job) && job.Processes.TryGetValue(id, out var process) && job.End is null)
            {
                BuryOrWait(process);
            }
            else
            {
                _dying.Remove((number, id));
            }
        }
    }

    /// <summary>Destroys the jobs that have ended, then tells the host.</summary>
    private void EndJobs()
    {
        foreach (var job in Jobs.Values.Where(job => job.End is not null).ToArray())
        {
            if (!job.IsReported)
            {
                job.Cell.Pause();
            }

            // Nobody pays for the end of others' jobs.
            bool isOwn = _sender is null || _sender == job;
            if (isOwn && !IsSpent && TryReport(job) && TearStep(job))
            {
                job.DropShare();
                Invoker.Delete(job.Cell.Slot);
                Jobs.Remove(job.Request.Job);
                var end = job.End!.Value;
                Tell(job, end.Reason, end.Code, end.Record);
            }
            else
            {
                _lateAt = Math.Min(_lateAt, Now + Pause);
            }
        }
    }

    /// <summary>Takes the processes of a job apart, and then its cell. False: there is more.</summary>
    private bool TearStep(Job job)
    {
        while (job.Processes.Count > 0)
        {
            var process = job.Processes.Values.First();
            if (!TearStep(process))
            {
                return false;
            }

            job.Processes.Remove(process.Id);
        }

        while (job.Tree.ReleaseOne())
        {
            Spend(CostOfPart);
            if (IsSpent)
            {
                return false;
            }
        }

        var status = KernelStatus.InProgress;
        for (int step = 0; step < DestroySteps && status == KernelStatus.InProgress; step++)
        {
            status = job.Cell.DestroyStep();
        }

        return status == KernelStatus.Ok;
    }
}
