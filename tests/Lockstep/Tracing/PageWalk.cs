using System.Buffers.Binary;
using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Lockstep.Programs;

namespace ObjectOS.Lockstep.Tracing;

/// <summary>
/// Finds where a virtual address leads, to look at what the machine has executed or stored. Rights are not looked at: the machine has
/// got there, or has not.
/// </summary>
internal sealed class PageWalk(IGuestMemory memory)
{
    private readonly byte[] _buffer = new byte[8];

    public bool TryTranslate(PrivilegedState state, PrivilegeMode mode, ulong va, out ulong physical)
    {
        physical = va;
        int levels = (int)(state.Satp >> 60) - 5;
        if (mode == PrivilegeMode.Machine || levels < 0)
            return true;
        ulong table = (state.Satp & ((1UL << 44) - 1)) << 12;
        for (int level = levels - 1; level >= 0; level--)
        {
            int shift = 12 + (9 * level);
            if (!TryRead(table + ((va >> shift & 511) * 8), 8, out ulong entry))
                return false;
            table = (entry >> 10 & ((1UL << 44) - 1)) << 12;
            if ((entry & 0xE) == 0)
                continue;
            ulong low = (1UL << shift) - 1;
            physical = (table & ~low) | (va & low);
            return true;
        }

        return false;
    }

    /// <summary>Up to eight bytes, which may lie in two pages.</summary>
    public bool TryRead(PrivilegedState state, PrivilegeMode mode, ulong va, int size, out ulong value)
    {
        int head = Math.Min(size, 4096 - (int)(va & 4095));
        value = 0;
        if (!TryTranslate(state, mode, va, out ulong physical) || !TryRead(physical, head, out value))
            return false;
        if (head == size)
            return true;
        if (!TryTranslate(state, mode, va + (ulong)head, out physical) || !TryRead(physical, size - head, out ulong rest))
            return false;
        value |= rest << (8 * head);
        return true;
    }

    private bool TryRead(ulong physical, int size, out ulong value)
    {
        value = 0;
        if (physical < Layout.Ram || physical + (ulong)size > Layout.Ram + Layout.RamSize)
            return false;
        Array.Clear(_buffer);
        memory.Read(new PhysicalAddress(physical - Layout.Ram), _buffer.AsSpan(0, size));
        value = BinaryPrimitives.ReadUInt64LittleEndian(_buffer);
        return true;
    }
}
