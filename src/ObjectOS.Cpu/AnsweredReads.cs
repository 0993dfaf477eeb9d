using ObjectOS.Abi;

namespace ObjectOS.Cpu;

/// <summary>A load of a hart that is answered where it is executed, because its holder has said what it reads.</summary>
/// <param name="Address">The guest-physical address, a multiple of the size.</param>
/// <param name="Size">Bytes of the load: 1, 2, 4 or 8.</param>
/// <param name="Kind">What answers it.</param>
/// <param name="Value">The value, or by how many bits the hart's time is shifted right.</param>
/// <param name="Until">The guest time, in nanoseconds, from which on it traps to the holder again.</param>
public readonly record struct AnsweredRead(PhysicalAddress Address, byte Size, AnswerKind Kind, ulong Value, ulong Until)
{
    /// <summary>What such a load takes of a budget, and so of guest time: one for the instruction, the rest before the next one.</summary>
    public const ulong Cost = 400;
}

/// <summary>
/// The loads that are answered for the harts of an address space. Changed between runs. The addresses are ones at which the space maps nothing.
/// </summary>
public sealed class AnsweredReads
{
    /// <summary>Most of them.</summary>
    public const int Most = 16;

    private readonly List<AnsweredRead> _reads = [];

    /// <summary>How many there are.</summary>
    public int Count => _reads.Count;

    /// <summary>Sets what answers a load, in place of what did so far. False: there are too many.</summary>
    public bool TrySet(in AnsweredRead read)
    {
        int index = IndexOf(read.Address, read.Size);
        if (read.Kind == AnswerKind.None)
        {
            if (index >= 0)
            {
                _reads.RemoveAt(index);
            }
        }
        else if (index >= 0)
        {
            _reads[index] = read;
        }
        else if (_reads.Count == Most)
        {
            return false;
        }
        else
        {
            _reads.Add(read);
        }

        return true;
    }

    /// <summary>True if one of them is in a range of addresses.</summary>
    public bool Overlaps(ulong start, ulong length)
    {
        foreach (var read in _reads)
        {
            if (read.Address.Value - start < length)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Finds what a hart reads at a guest time, in nanoseconds. False: the load traps.</summary>
    /// <param name="address">The guest-physical address.</param>
    /// <param name="size">Bytes of the load.</param>
    /// <param name="now">The guest time of the load.</param>
    /// <param name="ticks">The hart's time register at that time.</param>
    /// <param name="value">What it reads, zero-extended.</param>
    public bool TryAnswer(ulong address, int size, ulong now, ulong ticks, out ulong value)
    {
        value = 0;
        int index = IndexOf(new PhysicalAddress(address), size);
        if (index < 0 || now >= _reads[index].Until)
        {
            return false;
        }

        var read = _reads[index];
        value = read.Kind == AnswerKind.Time ? ticks >> (int)read.Value : read.Value;
        value &= ulong.MaxValue >> (64 - (8 * size));
        return true;
    }

    private int IndexOf(PhysicalAddress address, int size)
    {
        for (int i = 0; i < _reads.Count; i++)
        {
            if (_reads[i].Address == address && _reads[i].Size == size)
            {
                return i;
            }
        }

        return -1;
    }
}
