using System.Numerics;
using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Objects;

/// <summary>
/// Gives out ranges of the CPU's physical addresses: a buddy allocator in powers of two of <see cref="IGuestMemory.CloneUnit"/>.
/// Addresses are carved out of quotas as objects are: each object of a quota buys an equal part of them, so that no cell can take the addresses of others.
/// </summary>
internal sealed class PhysicalRanges
{
    private readonly SortedSet<ulong>[] _free;
    private readonly ulong _size;
    private readonly ulong _bytesOfObject;

    /// <summary>Gives out a CPU's addresses.</summary>
    /// <param name="size">How many bytes there are.</param>
    /// <param name="objects">Most objects of all cells together.</param>
    public PhysicalRanges(ulong size, int objects)
    {
        _size = size;
        _bytesOfObject = Math.Max(IGuestMemory.CloneUnit, size / (ulong)Math.Max(1, objects));
        _free = new SortedSet<ulong>[45];
        for (int order = 0; order < _free.Length; order++)
        {
            _free[order] = [];
        }

        // The memory's size need not be a power of two: it is covered by descending ones.
        ulong start = 0;
        for (int order = _free.Length - 1; order >= 0; order--)
        {
            if (size - start >= Bytes(order))
            {
                _free[order].Add(start);
                start += Bytes(order);
            }
        }
    }

    /// <summary>The size class of a length, 1 byte to 2^62.</summary>
    public static int OrderOf(ulong length)
    {
        ulong units = (length + IGuestMemory.CloneUnit - 1) / IGuestMemory.CloneUnit;
        return units <= 1 ? 0 : BitOperations.Log2(units - 1) + 1;
    }

    /// <summary>Objects that a range of a size class counts as, besides the one that it is.</summary>
    public int ExtraObjects(int order) => (int)Math.Min(int.MaxValue / 2, (Bytes(order) - 1) / _bytesOfObject);

    /// <summary>Takes the lowest free range of a size class.</summary>
    public bool TryTake(int order, out PhysicalAddress start)
    {
        int found = order;
        while (found < _free.Length && _free[found].Count == 0)
        {
            found++;
        }

        if (found >= _free.Length)
        {
            start = default;
            return false;
        }

        ulong address = _free[found].Min;
        _free[found].Remove(address);
        while (found > order)
        {
            found--;
            _free[found].Add(address + Bytes(found));
        }

        start = new PhysicalAddress(address);
        return true;
    }

    public void Return(PhysicalAddress start, int order)
    {
        ulong address = start.Value;
        while (order < _free.Length - 1 && (address ^ Bytes(order)) + Bytes(order) <= _size && _free[order].Remove(address ^ Bytes(order)))
        {
            address &= ~Bytes(order);
            order++;
        }

        _free[order].Add(address);
    }

    private static ulong Bytes(int order) => IGuestMemory.CloneUnit << order;
}
