namespace ObjectOS.Objects;

/// <summary>The timers that run, by deadline.</summary>
internal sealed class TimerQueue
{
    private readonly SortedDictionary<(ulong Deadline, uint Number), Timer> _running = [];

    /// <summary>The earliest deadline; null where no timer runs.</summary>
    public ulong? Next { get; private set; }

    /// <summary>No timer is started for later, or again behind it (146 years), so that time does not wrap.</summary>
    public const ulong LastDeadline = 1UL << 62;

    /// <summary>
    /// True where the timer may repeat in that period: its cell, and each that it lies in, has one signal a second for each object of its quota. Quotas
    /// are carved, and so no cell can take what others are to have.
    /// </summary>
    public static bool CanRepeat(Timer timer, ulong period)
    {
        long more = (long)PerSecond(period) - Repeats(timer);
        for (var cell = timer.Owner; cell is not null; cell = cell.Parent)
        {
            if (more > 0 && cell.Repeats + more > cell.ObjectLimit)
            {
                return false;
            }
        }

        return true;
    }

    public void Set(Timer timer, ulong deadline, ulong period)
    {
        Cancel(timer);
        timer.Deadline = deadline;
        timer.Period = period;
        Count(timer, Repeats(timer));
        _running.Add((deadline, timer.Number), timer);
        Update();
    }

    public void Cancel(Timer timer)
    {
        if (timer.Deadline is { } deadline)
        {
            _running.Remove((deadline, timer.Number));
            Count(timer, -Repeats(timer));
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
        if (timer.Period > 0 && now <= LastDeadline)
        {
            // Periods that went by unseen are one signal, as with any interval timer. One that ends behind the end of time never comes.
            Set(timer, next + ((((now - next) / timer.Period) + 1) * timer.Period), timer.Period);
        }
        else
        {
            Cancel(timer);
        }

        return timer;
    }

    private static void Count(Timer timer, long repeats)
    {
        for (var cell = repeats == 0 ? null : timer.Owner; cell is not null; cell = cell.Parent)
        {
            cell.Repeats += repeats;
        }
    }

    private static long Repeats(Timer timer) => timer.Deadline is null || timer.Period == 0 ? 0 : (long)PerSecond(timer.Period);

    private static ulong PerSecond(ulong period) => 1 + (1_000_000_000 / period);

    private void Update() => Next = _running.Count > 0 ? _running.First().Key.Deadline : null;
}
