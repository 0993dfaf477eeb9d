namespace ObjectOS.Objects;

/// <summary>The timers that run, by deadline.</summary>
internal sealed class TimerQueue
{
    private readonly SortedDictionary<(ulong Deadline, uint Number), Timer> _running = [];

    /// <summary>The earliest deadline; null where no timer runs.</summary>
    public ulong? Next { get; private set; }

    public void Set(Timer timer, ulong deadline, ulong period)
    {
        Cancel(timer);
        timer.Deadline = deadline;
        timer.Period = period;
        _running.Add((deadline, timer.Number), timer);
        Update();
    }

    public void Cancel(Timer timer)
    {
        if (timer.Deadline is { } deadline)
        {
            _running.Remove((deadline, timer.Number));
            timer.Deadline = null;
            Update();
        }
    }

    /// <summary>Takes the earliest timer that is due at <paramref name="now"/>; one with a period is set anew.</summary>
    public Timer? TakeDue(ulong now)
    {
        if (Next is not { } next || next > now)
        {
            return null;
        }

        var timer = _running.First().Value;
        if (timer.Period > 0)
        {
            // Periods that went by unseen are one signal, as with any interval timer.
            Set(timer, next + ((((now - next) / timer.Period) + 1) * timer.Period), timer.Period);
        }
        else
        {
            Cancel(timer);
        }

        return timer;
    }

    private void Update() => Next = _running.Count > 0 ? _running.First().Key.Deadline : null;
}
