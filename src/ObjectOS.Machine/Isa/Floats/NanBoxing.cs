namespace ObjectOS.Machine.Isa.Floats;

/// <summary>Single precision in 64-bit registers (RISC-V unprivileged, chapter "D", NaN boxing of narrower values).</summary>
internal static class NanBoxing
{
    private const ulong BoxBits = 0xFFFF_FFFF_0000_0000;
    private const uint CanonicalNaN = 0x7FC0_0000;

    /// <summary>The value an F instruction writes to a 64-bit register.</summary>
    public static ulong Box(uint value) => BoxBits | value;

    /// <summary>The value an F instruction reads: the canonical NaN unless all upper bits are ones.</summary>
    public static uint Unbox(ulong register) => register >= BoxBits ? (uint)register : CanonicalNaN;
}
