namespace ObjectOS.Services.Linux;

/// <content>Deadlines and alarms, on one timer.</content>
internal sealed partial class LinuxSystem
{
    /// <summary>Alarms of a process come no closer than that (a tick of Linux): one that is ignored costs the process nothing, and all others time.</summary>
    private const ulong ShortestPeriod = 1_000_000;

    /// <summary>Has the thread looked after at that time at the latest.</summary>
    public void SetDeadline(LinuxThread thread, ulong deadline)
    {
        ClearDeadline(thread);
        if (deadline != LinuxCall.Never)
        {
            _deadlines.Add((deadline, thread.Number));
            _deadlineOf[thread.Number] = deadline;
        }
    }

    public void ClearDeadline(LinuxThread thread)
    {
        if (_deadlineOf.Remove(thread.Number, out ulong deadline))
        {
            _deadlines.Remove((deadline, thread.Number));
        }
    }

    /// <summary>Wakes what has waited long enough.</summary>
    public void TimePasses()
    {
        _timerSet = LinuxCall.Never;
        ulong now = Now;
        while (_deadlines.Count > 0 && _deadlines.Min is var (deadline, number) && deadline <= now)
        {
            _deadlines.Remove((deadline, number));
            _deadlineOf.Remove(number);
            if (Threads.TryGetValue(number, out var thread))
            {
                Enqueue(thread);
            }
        }

        foreach (var process in Jobs.Values.SelectMany(job => job.Processes.Values).Where(process => process.Alarm <= now).ToArray())
        {
            process.Alarm = process.AlarmPeriod == 0 ? LinuxCall.Never : Math.Max(process.Alarm + process.AlarmPeriod, now + ShortestPeriod);
            Send(process, new SignalInfo(14, SignalInfo.FromKernel, 0, 0));
        }

        foreach (var process in Jobs.Values.SelectMany(job => job.Processes.Values).Where(process => process.Timers.WakeAt <= now).ToArray())
        {
            process.Timers.Fire(now);
        }

        foreach (var file in Jobs.Values.SelectMany(job => job.EventFiles.Values).Where(file => file.Timer is { } timer && timer.WakeAt <= now).ToArray())
        {
            file.Timer!.Advance(now);
            Wake(file.Id, PollEvents.Read);
        }

        if (_lateAt <= now)
        {
            _lateAt = LinuxCall.Never;
            WorkLate();
        }
    }

    private void SetTimer()
    {
        ulong next = _deadlines.Count > 0 ? _deadlines.Min.Deadline : LinuxCall.Never;
        foreach (var job in Jobs.Values)
        {
            foreach (var process in job.Processes.Values)
            {
                next = Math.Min(next, Math.Min(process.Alarm, process.Timers.WakeAt));
            }

            foreach (var file in job.EventFiles.Values)
            {
                next = Math.Min(next, file.Timer?.WakeAt ?? LinuxCall.Never);
            }
        }

        next = Math.Min(next, _lateAt);
        if (next != _timerSet)
        {
            _timerSet = next;
            if (next == LinuxCall.Never)
            {
                Timer.Cancel();
            }
            else
            {
                Timer.Set(next);
            }
        }
    }
}
