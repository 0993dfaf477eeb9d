namespace ObjectOS.Services.Linux;

/// <summary>A timer that expires at a time, and from then on with a period.</summary>
internal sealed class IntervalTimer
{
    /// <summary>A timer with a short period is looked at no more often than that: what expired meanwhile is counted.</summary>
    private const ulong ShortestPause = 1_000_000;

    /// <summary>When it expires next; <see cref="LinuxCall.Never"/>: it is not set.</summary>
    public ulong Next { get; private set; } = LinuxCall.Never;

    /// <summary>Nanoseconds between two expirations; 0: it expires once.</summary>
    public ulong Period { get; private set; }

    /// <summary>When the service looks at it.</summary>
    public ulong WakeAt { get; private set; } = LinuxCall.Never;

    /// <summary>Expirations that were not read.</summary>
    public ulong Expirations { get; set; }

    public void Set(ulong next, ulong period)
    {
        Next = WakeAt = next;
        Period = next == LinuxCall.Never ? 0 : period;
        Expirations = 0;
    }

    /// <summary>Counts what has expired, and tells how often that was since the last time.</summary>
    public ulong Advance(ulong now)
    {
        if (Next > now)
        {
            return 0;
        }

        ulong times = Period == 0 ? 1 : ((now - Next) / Period) + 1;
        Expirations += times;
        Next = Period == 0 ? LinuxCall.Never : Next + (times * Period);
        WakeAt = Next == LinuxCall.Never ? Next : Math.Max(Next, now + ShortestPause);
        return times;
    }

    /// <summary>The time until it expires, at least one nanosecond while it is set.</summary>
    public ulong Left(ulong now) => Next == LinuxCall.Never ? 0 : Next > now ? Next - now : 1;

    public void Save(BinaryWriter writer)
    {
        writer.Write(Next);
        writer.Write(Period);
        writer.Write(WakeAt);
        writer.Write(Expirations);
    }

    public static IntervalTimer Restore(BinaryReader reader) =>
        new() { Next = reader.ReadUInt64(), Period = reader.ReadUInt64(), WakeAt = reader.ReadUInt64(), Expirations = reader.ReadUInt64() };
}

/// <summary>A timer of a process (timer_create(2)).</summary>
/// <param name="Id">Its number.</param>
/// <param name="IsRealTime">True if absolute times are those of the realtime clock.</param>
/// <param name="Notify">SIGEV_SIGNAL, SIGEV_NONE or SIGEV_THREAD_ID.</param>
/// <param name="Signal">The signal that it sends.</param>
/// <param name="Value">What goes with it.</param>
/// <param name="ThreadId">For SIGEV_THREAD_ID: who gets it.</param>
internal sealed record ProcessTimer(int Id, bool IsRealTime, int Notify, int Signal, ulong Value, int ThreadId)
{
    /// <summary>Bytes of the host that one takes.</summary>
    public const ulong Cost = 256;

    public IntervalTimer Timer { get; init; } = new();

    /// <summary>How often it expired besides, for the last signal.</summary>
    public int Overrun { get; set; }

    public void Save(BinaryWriter writer)
    {
        writer.Write(Id);
        writer.Write(IsRealTime);
        writer.Write(Notify);
        writer.Write(Signal);
        writer.Write(Value);
        writer.Write(ThreadId);
        Timer.Save(writer);
        writer.Write(Overrun);
    }

    public static ProcessTimer Restore(BinaryReader reader) =>
        new(reader.ReadInt32(), reader.ReadBoolean(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadUInt64(), reader.ReadInt32())
        {
            Timer = IntervalTimer.Restore(reader),
            Overrun = reader.ReadInt32(),
        };
}
