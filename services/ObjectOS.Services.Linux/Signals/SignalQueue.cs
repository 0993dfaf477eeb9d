using System.Numerics;

namespace ObjectOS.Services.Linux;

/// <summary>A signal and what its handler is told of it.</summary>
internal readonly record struct SignalInfo(int Signal, int Code, int Sender, ulong Value)
{
    public const int FromUser = 0;
    public const int FromQueue = -1;
    public const int FromTimer = -2;
    public const int FromThread = -6;
    public const int FromKernel = 0x80;
    public const int ChildExited = 1;
    public const int ChildKilled = 2;
    public const int ChildStopped = 5;
    public const int ChildContinued = 6;

    /// <summary>The first of the real-time signals.</summary>
    public const int FirstRealTime = 32;

    /// <summary>For a timer's signal: how often it expired besides.</summary>
    public int Overrun { get; init; }
}

/// <summary>Signals that wait to be delivered: one of each number, but real-time signals as often as they were sent (signal(7)).</summary>
internal sealed class SignalQueue
{
    /// <summary>Most signals that wait: those that are sent beyond are dropped, or refused.</summary>
    public const int Most = 1024;

    private readonly SortedDictionary<int, LinkedList<SignalInfo>> _signals = [];

    /// <summary>Bit n − 1 for signal n.</summary>
    public ulong Set { get; private set; }

    public int Count { get; private set; }

    public bool Add(SignalInfo info)
    {
        if (!_signals.TryGetValue(info.Signal, out var waiting))
        {
            _signals.Add(info.Signal, waiting = new LinkedList<SignalInfo>());
        }
        else if (info.Signal < SignalInfo.FirstRealTime || Count >= Most)
        {
            return false;
        }

        waiting.AddLast(info);
        Count++;
        Set |= 1UL << (info.Signal - 1);
        return true;
    }

    /// <summary>Adds expirations to the signal of a timer that still waits; false: none does.</summary>
    public bool TryAddOverrun(int signal, int timer, int more)
    {
        if (!_signals.TryGetValue(signal, out var waiting))
        {
            return false;
        }

        for (var node = waiting.First; node is not null; node = node.Next)
        {
            if (node.Value.Code == SignalInfo.FromTimer && node.Value.Sender == timer)
            {
                node.Value = node.Value with { Overrun = (int)Math.Min(int.MaxValue, (long)node.Value.Overrun + more) };
                return true;
            }
        }

        return false;
    }

    /// <summary>The lowest signal outside of the mask, the oldest of its number; it stays.</summary>
    public bool TryPeek(ulong mask, out SignalInfo info)
    {
        ulong open = Set & ~mask;
        info = open == 0 ? default : _signals[BitOperations.TrailingZeroCount(open) + 1].First!.Value;
        return open != 0;
    }

    /// <summary>Takes the oldest with that number.</summary>
    public void Remove(int signal)
    {
        if (!_signals.TryGetValue(signal, out var waiting))
        {
            return;
        }

        waiting.RemoveFirst();
        Count--;
        if (waiting.Count == 0)
        {
            _signals.Remove(signal);
            Set &= ~(1UL << (signal - 1));
        }
    }

    public void MoveTo(SignalQueue other)
    {
        foreach (var info in _signals.Values.SelectMany(waiting => waiting))
        {
            other.Add(info);
        }

        Clear();
    }

    public void RemoveAll(ulong signals)
    {
        while ((Set & signals) != 0)
        {
            Remove(BitOperations.TrailingZeroCount(Set & signals) + 1);
        }
    }

    public void Clear()
    {
        _signals.Clear();
        Count = 0;
        Set = 0;
    }

    public void Save(BinaryWriter writer)
    {
        writer.Write(Count);
        foreach (var info in _signals.Values.SelectMany(waiting => waiting))
        {
            writer.Write(info.Signal);
            writer.Write(info.Code);
            writer.Write(info.Sender);
            writer.Write(info.Value);
            writer.Write(info.Overrun);
        }
    }

    public void Restore(BinaryReader reader)
    {
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            Add(new SignalInfo(reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadUInt64()) { Overrun = reader.ReadInt32() });
        }
    }
}
