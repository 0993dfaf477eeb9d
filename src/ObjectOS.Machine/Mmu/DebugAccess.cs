using System.Buffers.Binary;
using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Machine.Mmu;

/// <summary>Reads and writes guest memory for a debugger: page tables are walked without rights, and without accessed and dirty bits being set.</summary>
internal static class DebugAccess
{
    public static bool TryRead(HartContext context, AddressSpace space, ulong address, Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            int length = InPage(address, destination.Length);
            if (!TryFind(context, space, address, out var at) || space.Memory.Read(at, destination[..length]) != MemoryStatus.Ok)
                return false;
            destination = destination[length..];
            address += (ulong)length;
        }

        return true;
    }

    public static bool TryWrite(HartContext context, AddressSpace space, ulong address, ReadOnlySpan<byte> source)
    {
        while (source.Length > 0)
        {
            int length = InPage(address, source.Length);
            if (!TryFind(context, space, address, out var at) || space.Memory.Write(at, source[..length], space.Account) != MemoryStatus.Ok)
                return false;
            source = source[length..];
            address += (ulong)length;
        }

        return true;
    }

    private static int InPage(ulong address, int length) => (int)Math.Min((ulong)length, Pages.Size - (address & (Pages.Size - 1)));

    /// <summary>The place in the CPU's memory.</summary>
    private static bool TryFind(HartContext context, AddressSpace space, ulong address, out PhysicalAddress at)
    {
        at = default;
        ulong physical = address;
        return (context.System is not { } system || TryWalk(system, space, address, out physical)) && TryFindPhysical(space, physical, out at);
    }

    private static bool TryFindPhysical(AddressSpace space, ulong address, out PhysicalAddress at)
    {
        bool has = space.TryFindPage(address, AccessKind.Load, out ulong page) || space.TryFindPage(address, AccessKind.Fetch, out page);
        at = new PhysicalAddress((page << Pages.Shift) + (address & (Pages.Size - 1)));
        return has;
    }

    /// <summary>"Virtual Address Translation Process", chapter "Supervisor-Level ISA", as far as it finds an address.</summary>
    private static bool TryWalk(PrivilegedState system, AddressSpace space, ulong address, out ulong physical)
    {
        const int Sv39 = 8, Sv57 = 10, BitsOfLevel = 9;
        physical = address;
        int mode = (int)(system.Satp >> 60);
        if (system.Privilege == PrivilegeMode.Machine || mode is < Sv39 or > Sv57)
            return true;
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        ulong table = (system.Satp & ((1UL << 44) - 1)) << Pages.Shift;
        for (int level = mode - Sv39 + 2; level >= 0; level--)
        {
            int shift = Pages.Shift + (level * BitsOfLevel);
            if (!TryFindPhysical(space, table + (((address >> shift) & 511) * sizeof(ulong)), out var at) || space.Memory.Read(at, bytes) != MemoryStatus.Ok)
                return false;
            ulong entry = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            const ulong Valid = 1, Leaf = 0b1010;
            if ((entry & Valid) == 0)
                return false;
            table = ((entry >> 10) & ((1UL << 44) - 1)) << Pages.Shift;
            if ((entry & Leaf) != 0)
            {
                ulong offset = (1UL << shift) - 1;
                physical = (table & ~offset) | (address & offset);
                return true;
            }
        }

        return false;
    }
}
