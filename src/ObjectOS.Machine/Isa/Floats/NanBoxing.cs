namespace ObjectOS.Machine.Isa.Floats;

/// <summary>Half and single precision in 64-bit registers (RISC-V unprivileged, chapter "D", NaN boxing of narrower values).</summary>
internal static class NanBoxing
{
    private const ulong BoxBits = 0xFFFF_FFFF_0000_0000;
    private const ulong HalfBoxBits = 0xFFFF_FFFF_FFFF_0000;
    private const ushort CanonicalHalfNaN = 0x7E00;
    private const uint CanonicalNaN = 0x7FC0_0000;

    /// <summary>The value an F instruction writes to a 64-bit register.</summary>
    public static ulong Box(uint value) => BoxBits | value;

    /// <summary>The value an F instruction reads: the canonical NaN unless all upper bits are ones.</summary>
    public static uint Unbox(ulong register) => register >= BoxBits ? (uint)register : CanonicalNaN;

    /// <summary>The value a Zfh instruction writes to a 64-bit register.</summary>
    public static ulong BoxHalf(ulong value) => HalfBoxBits | (ushort)value;

    /// <summary>The value a Zfh instruction reads: the canonical NaN unless all upper bits are ones.</summary>
    public static ushort UnboxHalf(ulong register) => register >= HalfBoxBits ? (ushort)register : CanonicalHalfNaN;
}
