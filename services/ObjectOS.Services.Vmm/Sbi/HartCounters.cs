namespace ObjectOS.Services.Vmm;

/// <summary>
/// The counters of a hart that its SBI manages: which event each counts, whether it is started, and the values of firmware counters. The values of hardware counters are the
/// hart's CSRs.
/// </summary>
/// <param name="hart">The hart.</param>
internal sealed class HartCounters(Hart hart)
{
    /// <summary>
    /// Logical counters. Those of hardware have the numbers of their CSRs behind <c>cycle</c>, as Linux expects where it asks for them without a match; number 1, which would be
    /// <c>time</c>, is none.
    /// </summary>
    public const int Count = FirstFirmware + 16, Cycle = 0, Instret = 2, FirstFirmware = 3;

    /// <summary>The event of a counter that counts none.</summary>
    public const int NoEvent = -1;

    private const int FirmwareEvents = 14;

    private readonly int[] _events = [.. Enumerable.Repeat(NoEvent, Count)];
    private readonly bool[] _isStarted = new bool[Count];
    private readonly ulong[] _values = new ulong[Count];
    private readonly ulong[] _totalsAtStart = new ulong[Count];
    private readonly ulong[] _totals = new ulong[FirmwareEvents];

    public static bool IsHardware(int counter) => counter is Cycle or Instret;

    public static bool IsFirmware(int counter) => counter is >= FirstFirmware and < Count;

    public int EventOf(int counter) => _events[counter];

    public bool IsStarted(int counter) => _isStarted[counter];

    /// <summary>Counts an event of the SBI's own.</summary>
    public void Add(FirmwareEvent firmwareEvent) => _totals[(int)firmwareEvent]++;

    /// <summary>Has a counter count an event, stopped; for a firmware counter the event is a <see cref="FirmwareEvent"/>.</summary>
    /// <param name="counter">The counter.</param>
    /// <param name="of">The event.</param>
    /// <param name="clears">True: its value becomes 0.</param>
    public void Configure(int counter, int of, bool clears)
    {
        Stop(counter);
        _events[counter] = of;
        if (IsHardware(counter))
        {
            hart.Capability.SetCounter(counter, counts: false, clears ? 0 : null);
        }
        else
        {
            _values[counter] = clears ? 0 : _values[counter];
        }
    }

    public void Start(int counter, ulong? value)
    {
        _isStarted[counter] = true;
        if (IsHardware(counter))
        {
            hart.Capability.SetCounter(counter, counts: true, value);
        }
        else
        {
            _values[counter] = value ?? _values[counter];
            _totalsAtStart[counter] = Total(_events[counter]);
        }
    }

    /// <summary>Stops a counter; one that is not started stays as it is: before software asks for it, a hardware counter counts.</summary>
    public void Stop(int counter)
    {
        if (!_isStarted[counter])
        {
            return;
        }

        _values[counter] = Read(counter);
        _isStarted[counter] = false;
        if (IsHardware(counter))
        {
            hart.Capability.SetCounter(counter, counts: false);
        }
    }

    /// <summary>The counter is free for another event.</summary>
    public void Free(int counter)
    {
        Stop(counter);
        _events[counter] = NoEvent;
    }

    /// <summary>The value of a firmware counter.</summary>
    public ulong Read(int counter) =>
        _isStarted[counter] && IsFirmware(counter) ? unchecked(_values[counter] + Total(_events[counter]) - _totalsAtStart[counter]) : _values[counter];

    /// <summary>The hart is reset: all counters are free.</summary>
    public void Reset()
    {
        Array.Fill(_events, NoEvent);
        Array.Clear(_isStarted);
        Array.Clear(_values);
        Array.Clear(_totalsAtStart);
        Array.Clear(_totals);
    }

    public void Save(BinaryWriter writer)
    {
        for (int i = 0; i < Count; i++)
        {
            writer.Write(_events[i]);
            writer.Write(_isStarted[i]);
            writer.Write(_values[i]);
            writer.Write(_totalsAtStart[i]);
        }

        foreach (ulong total in _totals)
        {
            writer.Write(total);
        }
    }

    public void Restore(BinaryReader reader)
    {
        for (int i = 0; i < Count; i++)
        {
            (_events[i], _isStarted[i], _values[i], _totalsAtStart[i]) = (reader.ReadInt32(), reader.ReadBoolean(), reader.ReadUInt64(), reader.ReadUInt64());
        }

        for (int i = 0; i < FirmwareEvents; i++)
        {
            _totals[i] = reader.ReadUInt64();
        }
    }

    /// <summary>Exceptions are counted where the hart takes them, which is not here; their causes are those of mcause.</summary>
    private ulong Total(int firmwareEvent) => (FirmwareEvent)firmwareEvent switch
    {
        FirmwareEvent.MisalignedLoad => hart.ExceptionsTaken(4),
        FirmwareEvent.MisalignedStore => hart.ExceptionsTaken(6),
        FirmwareEvent.AccessLoad => hart.ExceptionsTaken(5),
        FirmwareEvent.AccessStore => hart.ExceptionsTaken(7),
        FirmwareEvent.IllegalInstruction => hart.ExceptionsTaken(2),
        _ => _totals[firmwareEvent],
    };
}
