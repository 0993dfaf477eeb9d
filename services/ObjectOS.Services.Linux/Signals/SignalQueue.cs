namespace ObjectOS.Services.Linux;

/// <summary>A signal and what its handler is told of it.</summary>
internal readonly record struct SignalInfo(int Signal, int Code, int Sender, ulong Value)
{
    public const int FromUser = 0;
    public const int FromThread = -6;
    public const int FromKernel = 0x80;
    public const int ChildExited = 1;
    public const int ChildKilled = 2;
    public const int ChildStopped = 5;
    public const int ChildContinued = 6;
}

/// <summary>Signals that wait to be delivered, one of each number.</summary>
internal sealed class SignalQueue
{
    private readonly SortedDictionary<int, SignalInfo> _signals = [];

    /// <summary>Bit n − 1 for signal n.</summary>
    public ulong Set { get; private set; }

    public void Add(SignalInfo info)
    {
        if (_signals.TryAdd(info.Signal, info))
        {
            Set |= 1UL << (info.Signal - 1);
        }
    }

    /// <summary>The lowest signal outside of the mask; it stays.</summary>
    public bool TryPeek(ulong mask, out SignalInfo info)
    {
        ulong open = Set & ~mask;
        info = open == 0 ? default : _signals[System.Numerics.BitOperations.TrailingZeroCount(open) + 1];
        return open != 0;
    }

    public void Remove(int signal)
    {
        _signals.Remove(signal);
        Set &= ~(1UL << (signal - 1));
    }

    public void MoveTo(SignalQueue other)
    {
        foreach (var info in _signals.Values)
        {
            other.Add(info);
        }

        Clear();
    }

    public void RemoveAll(ulong signals)
    {
        for (ulong left = Set & signals; left != 0; left &= left - 1)
        {
            Remove(System.Numerics.BitOperations.TrailingZeroCount(left) + 1);
        }
    }

    public void Clear()
    {
        _signals.Clear();
        Set = 0;
    }

    public void Save(BinaryWriter writer)
    {
        writer.Write(_signals.Count);
        foreach (var info in _signals.Values)
        {
            writer.Write(info.Signal);
            writer.Write(info.Code);
            writer.Write(info.Sender);
            writer.Write(info.Value);
        }
    }

    public void Restore(BinaryReader reader)
    {
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            Add(new SignalInfo(reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadUInt64()));
        }
    }
}
