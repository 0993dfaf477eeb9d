using System.Numerics;
using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Objects;

/// <summary>
/// Gives out ranges of the CPU's physical addresses: a buddy allocator in powers of two of <see cref="IGuestMemory.CloneUnit"/>.
/// Addresses cost nothing; what is written into them does.
/// </summary>
internal sealed class PhysicalRanges
{
    private readonly SortedSet<ulong>[] _free;
    private readonly ulong _size;

    public PhysicalRanges(ulong size)
    {
        _size = size;
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
