using System.Buffers.Binary;

namespace ObjectOS.Services.Vmm;

/// <summary>Finds the guest-physical address of a supervisor's virtual one for the SBI's legacy calls (privileged specification, chapter "Virtual Address Translation Process").</summary>
internal static class GuestPageWalk
{
    private const ulong Valid = 1, Leaf = 0b1010;

    /// <summary>Translates; permissions are not looked at. <see cref="DeviceStatus.Fault"/>: nothing is mapped there.</summary>
    public static DeviceStatus Translate(GuestRam ram, ulong satp, ulong address, out ulong physical)
    {
        physical = address;
        ulong mode = satp >> 60;
        if (mode == 0)
        {
            return DeviceStatus.Done;
        }

        int levels = mode switch { 8 => 3, 9 => 4, 10 => 5, _ => 0 };
        ulong table = (satp & ((1UL << 44) - 1)) << 12;
        Span<byte> bytes = stackalloc byte[8];
        for (int level = levels - 1; level >= 0; level--)
        {
            int shift = 12 + (9 * level);
            var status = ram.Read(table + (((address >> shift) & 511) * 8), bytes);
            if (status != DeviceStatus.Done)
            {
                return status;
            }

            ulong entry = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            if ((entry & Valid) == 0)
            {
                return DeviceStatus.Fault;
            }

            table = ((entry >> 10) & ((1UL << 44) - 1)) << 12;
            if ((entry & Leaf) != 0)
            {
                ulong offset = (1UL << shift) - 1;
                physical = (table & ~offset) | (address & offset);
                return DeviceStatus.Done;
            }
        }

        return DeviceStatus.Fault;
    }
}
