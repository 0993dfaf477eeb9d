using ObjectOS.Machine.Memory;

namespace ObjectOS.Machine.Tests.Memory;

/// <summary>The TLB's accesses by size, for tests.</summary>
internal static class TlbAccess
{
    public static bool TryRead(SoftTlb tlb, ulong va, int size, out ulong value)
    {
        bool hit;
        switch (size)
        {
            case 1:
                hit = tlb.TryRead8(va, out byte b);
                value = b;
                break;
            case 2:
                hit = tlb.TryRead16(va, out ushort h);
                value = h;
                break;
            case 4:
                hit = tlb.TryRead32(va, out uint w);
                value = w;
                break;
            default:
                hit = tlb.TryRead64(va, out value);
                break;
        }

        return hit;
    }

    public static bool TryWrite(SoftTlb tlb, ulong va, int size, ulong value) => size switch
    {
        1 => tlb.TryWrite8(va, (byte)value),
        2 => tlb.TryWrite16(va, (ushort)value),
        4 => tlb.TryWrite32(va, (uint)value),
        _ => tlb.TryWrite64(va, value),
    };
}
