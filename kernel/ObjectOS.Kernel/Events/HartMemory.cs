using System.Buffers.Binary;
using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Objects;

/// <summary>
/// Reads memory of threads and harts for events, as much as can be read without an ancestor's help; that of a hart of an operating system through its own page tables
/// (privileged specification, chapter "Virtual Address Translation Process").
/// </summary>
internal static class HartMemory
{
    private const ulong Valid = 1, Leaf = 0b1010, PageNumber = (1UL << 44) - 1;

    /// <summary>Bytes from the stack pointer up.</summary>
    public static byte[] StackOf(HartContext context, AddressSpace space)
    {
        var bytes = new byte[EventRecord.StackBytes];
        for (int length = 0; length < bytes.Length;)
        {
            var part = PartOf(bytes, length, context.X[2] + (ulong)length);
            if (!TryRead(context, space, context.X[2] + (ulong)length, part))
            {
                return bytes[..length];
            }

            length += part.Length;
        }

        return bytes;
    }

    /// <summary>The bytes of ranges, one after the other; pages that cannot be read are 0.</summary>
    public static byte[] Of(HartContext context, AddressSpace space, IReadOnlyList<MemoryRange> ranges)
    {
        var bytes = new byte[ranges.Sum(range => range.Length)];
        int at = 0;
        foreach (var range in ranges)
        {
            var target = bytes.AsSpan(at, range.Length);
            for (int length = 0; length < target.Length;)
            {
                var part = PartOf(target, length, range.Address + (ulong)length);
                if (!TryRead(context, space, range.Address + (ulong)length, part))
                {
                    part.Clear();
                }

                length += part.Length;
            }

            at += range.Length;
        }

        return bytes;
    }

    /// <summary>What of a target lies on the page of an address.</summary>
    private static Span<byte> PartOf(Span<byte> target, int from, ulong address) =>
        target.Slice(from, (int)Math.Min((ulong)(target.Length - from), Pages.Size - (address & (Pages.Size - 1))));

    private static bool TryRead(HartContext context, AddressSpace space, ulong address, Span<byte> part)
    {
        ulong place = address;
        return (context.System is null || TryTranslate(context.System, space, address, out place)) && space.CopyIn(place, part) == KernelStatus.Ok;
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
