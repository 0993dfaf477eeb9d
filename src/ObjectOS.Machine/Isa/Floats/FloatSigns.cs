namespace ObjectOS.Machine.Isa.Floats;

/// <summary>fsgnj, fsgnjn and fsgnjx: the magnitude of a with a sign made of both. NaNs are bits like any others here.</summary>
internal static class FloatSigns
{
    private const ulong Sign64 = 1UL << 63;
    private const uint Sign32 = 1U << 31;

    /// <summary>fsgnj.d: the sign of b.</summary>
    public static ulong Inject64(ulong a, ulong b) => (a & ~Sign64) | (b & Sign64);

    /// <summary>fsgnjn.d: the opposite of the sign of b.</summary>
    public static ulong InjectNegated64(ulong a, ulong b) => (a & ~Sign64) | (~b & Sign64);

    /// <summary>fsgnjx.d: the exclusive or of both signs.</summary>
    public static ulong InjectXor64(ulong a, ulong b) => a ^ (b & Sign64);

    /// <summary>fsgnj.s: the sign of b.</summary>
    public static uint Inject32(uint a, uint b) => (a & ~Sign32) | (b & Sign32);

    /// <summary>fsgnjn.s: the opposite of the sign of b.</summary>
    public static uint InjectNegated32(uint a, uint b) => (a & ~Sign32) | (~b & Sign32);

    /// <summary>fsgnjx.s: the exclusive or of both signs.</summary>
    public static uint InjectXor32(uint a, uint b) => a ^ (b & Sign32);
}
