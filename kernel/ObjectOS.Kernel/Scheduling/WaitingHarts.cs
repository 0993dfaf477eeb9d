namespace ObjectOS.Objects;

/// <summary>Harts that have executed WFI and have a timer, by the guest time at which it comes.</summary>
internal sealed class WaitingHarts
{
    private readonly SortedDictionary<(ulong Time, uint Number), Thread> _waiting = [];

    /// <summary>The earliest time, in nanoseconds; null where none waits for one.</summary>
    public ulong? Next { get; private set; }

    public void Add(Thread hart, ulong time)
    {
        hart.WakeAt = time;
        _waiting.Add((time, hart.Number), hart);
        Update();
    }

    public void Remove(Thread hart)
    {
        if (hart.WakeAt is { } time)
        {
            hart.WakeAt = null;
            _waiting.Remove((time, hart.Number));
            Update();
        }
    }

    /// <summary>The first whose time has come; null: there is none.</summary>
    public Thread? TakeDue(ulong now)
    {
        if (Next is not { } next || next > now)
        {
            return null;
        }

        var hart = _waiting.First().Value;
        Remove(hart);
        return hart;
    }

    private void Update() => Next = _waiting.Count > 0 ? _waiting.First().Key.Time : null;
}
