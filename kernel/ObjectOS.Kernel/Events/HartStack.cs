using System.Buffers.Binary;
using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Objects;

/// <summary>Reads the stack of a hart of an operating system through its own page tables (privileged specification, chapter "Virtual Address Translation Process").</summary>
internal static class HartStack
{
    private const ulong Valid = 1, Leaf = 0b1010, PageNumber = (1UL << 44) - 1;

    /// <summary>Bytes from the stack pointer up, as many as can be read without an ancestor's help.</summary>
    public static byte[] Of(HartContext context, AddressSpace space)
    {
        var bytes = new byte[EventRecord.StackBytes];
        int length = 0;
        while (length < bytes.Length)
        {
            ulong address = context.X[2] + (ulong)length;
            int part = (int)Math.Min((ulong)(bytes.Length - length), Pages.Size - (address & (Pages.Size - 1)));
            if (!TryTranslate(context.System!, space, address, out ulong physical) || space.CopyIn(physical, bytes.AsSpan(length, part)) != KernelStatus.Ok)
            {
                break;
            }

            length += part;
        }

        return length == bytes.Length ? bytes : bytes[..length];
    }

    /// <summary>Permissions are not looked at: nothing is done for the guest.</summary>
    private static bool TryTranslate(PrivilegedState state, AddressSpace space, ulong address, out ulong physical)
    {
        physical = address;
        int levels = state.Privilege == PrivilegeMode.Machine ? 0 : (state.Satp >> 60) switch { 8 => 3, 9 => 4, 10 => 5, _ => 0 };
        ulong table = (state.Satp & PageNumber) << Pages.Shift;
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        for (int level = levels - 1; level >= 0; level--)
        {
            int shift = Pages.Shift + (9 * level);
            if (space.CopyIn(table + (((address >> shift) & 511) * sizeof(ulong)), bytes) != KernelStatus.Ok)
            {
                return false;
            }

            ulong entry = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            if ((entry & Valid) == 0)
            {
                return false;
            }

            table = ((entry >> 10) & PageNumber) << Pages.Shift;
            if ((entry & Leaf) != 0)
            {
                ulong offset = (1UL << shift) - 1;
                physical = (table & ~offset) | (address & offset);
                return true;
            }
        }

        return levels == 0;
    }
}
