namespace ObjectOS.Objects;

/// <summary>The timers that run, by deadline.</summary>
internal sealed class TimerQueue
{
    private readonly SortedDictionary<(ulong Deadline, uint Number), Timer> _running = [];

    /// <summary>The earliest deadline; null where no timer runs.</summary>
    public ulong? Next { get; private set; }

    /// <summary>No timer is started for later, or again behind it (146 years), so that time does not wrap.</summary>
    public const ulong LastDeadline = 1UL << 62;

    /// <summary>Signals per second of all timers that repeat; each is host work that nobody is charged for.</summary>
    private ulong _repeats;

    /// <summary>Most of them.</summary>
    private const ulong MostRepeats = 200_000;

    /// <summary>True where the timer may repeat in that period.</summary>
    public bool CanRepeat(Timer timer, ulong period) => _repeats - Repeats(timer) + PerSecond(period) <= MostRepeats;

    public void Set(Timer timer, ulong deadline, ulong period)
    {
        Cancel(timer);
        timer.Deadline = deadline;
        timer.Period = period;
        _repeats += Repeats(timer);
        _running.Add((deadline, timer.Number), timer);
        Update();
    }

    public void Cancel(Timer timer)
    {
        if (timer.Deadline is { } deadline)
        {
            _running.Remove((deadline, timer.Number));
            _repeats -= Repeats(timer);
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

    private static ulong Repeats(Timer timer) => timer.Deadline is null || timer.Period == 0 ? 0 : PerSecond(timer.Period);

    private static ulong PerSecond(ulong period) => 1 + (1_000_000_000 / period);

    private void Update() => Next = _running.Count > 0 ? _running.First().Key.Deadline : null;
}
