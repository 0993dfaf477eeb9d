using System.Numerics;
using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Machine.Harts;

/// <summary>
/// Physical memory protection by 16 entries of 4 bytes' granularity, as regions made ready to compare (privileged specification, "Physical
/// Memory Protection", chapter "Machine-Level ISA").
/// </summary>
internal sealed class PhysicalProtection
{
    private const int Count = 16;
    private const ulong AddressMask = (1UL << 54) - 1;
    private const int Read = 1, Write = 2, Execute = 4, Locked = 0x80;

    private readonly List<Region> _regions = [];

    /// <summary>Makes the regions of what the CSRs hold.</summary>
    public void Load(PrivilegedState state)
    {
        _regions.Clear();
        ulong below = 0;
        for (int i = 0; i < Count; i++)
        {
            int config = ConfigurationOf(state, i);
            ulong address = state.Pmpaddr[i];
            switch (config >> 3 & 3)
            {
                case 1 when below < address:
                    _regions.Add(new Region(below << 2, address << 2, config));
                    break;
                case 2:
                    _regions.Add(new Region(address << 2, (address + 1) << 2, config));
                    break;
                case 3:
                    // The lowest zero bit and the ones below it give the size.
                    ulong size = 8UL << BitOperations.TrailingZeroCount(~address);
                    ulong start = (address << 2) & ~(size - 1);
                    _regions.Add(new Region(start, start + size, config));
                    break;
            }

            below = address;
        }
    }

    /// <summary>Whether a mode may access the bytes; the first region that has any of them decides, and has to have all.</summary>
    /// <param name="address">The first byte.</param>
    /// <param name="length">Bytes, in one page.</param>
    /// <param name="access">What is wanted.</param>
    /// <param name="privilege">The mode that the access counts as.</param>
    /// <param name="isWholePage">True where the answer is the same for all bytes of the page.</param>
    public bool Allows(ulong address, int length, AccessKind access, PrivilegeMode privilege, out bool isWholePage)
    {
        ulong page = address & ~((ulong)Pages.Size - 1);
        ulong end = address + (ulong)length;
        isWholePage = true;
        foreach (Region region in _regions)
        {
            if (region.End <= page || region.Start >= page + Pages.Size)
                continue;
            isWholePage &= region.Start <= page && region.End >= page + Pages.Size;
            if (region.End <= address || region.Start >= end)
                continue;
            return region.Start <= address && region.End >= end &&
                ((privilege == PrivilegeMode.Machine && (region.Configuration & Locked) == 0) || (region.Configuration & BitOf(access)) != 0);
        }

        return privilege == PrivilegeMode.Machine;
    }

    /// <summary>A write to pmpcfg0 or pmpcfg2: entries that are locked stay, reserved permissions lose W.</summary>
    public static ulong Configure(ulong old, ulong value)
    {
        ulong result = 0;
        for (int i = 0; i < 64; i += 8)
        {
            ulong entry = old >> i & 0xFF;
            if ((entry & Locked) == 0)
            {
                entry = value >> i & 0x9F;
                entry &= (entry & Read) == 0 ? ~(ulong)Write : ~0UL;
            }

            result |= entry << i;
        }

        return result;
    }

    /// <summary>A write to pmpaddr0 and up; nothing where the entry, or one that reaches up from it, is locked.</summary>
    public static void SetAddress(PrivilegedState state, int index, ulong value)
    {
        bool locked = (ConfigurationOf(state, index) & Locked) != 0;
        if (index + 1 < Count && ConfigurationOf(state, index + 1) is var next)
            locked |= (next & Locked) != 0 && (next >> 3 & 3) == 1;
        if (!locked)
            state.Pmpaddr[index] = value & AddressMask;
    }

    private static int ConfigurationOf(PrivilegedState state, int index) =>
        (int)((index < 8 ? state.Pmpcfg0 : state.Pmpcfg2) >> (8 * (index & 7))) & 0xFF;

    private static int BitOf(AccessKind access) => access switch
    {
        AccessKind.Fetch => Execute,
        AccessKind.Store => Write,
        _ => Read,
    };

    private readonly record struct Region(ulong Start, ulong End, int Configuration);
}
