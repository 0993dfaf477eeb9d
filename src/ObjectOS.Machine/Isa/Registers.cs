using System.Collections.Immutable;

namespace ObjectOS.Machine.Isa;

/// <summary>Register indices of a decoded instruction and the ABI's names for them.</summary>
internal static class Registers
{
    /// <summary>x0; reads zero, is never a destination after decoding.</summary>
    public const byte Zero = 0;

    /// <summary>x1, the return address.</summary>
    public const byte Ra = 1;

    /// <summary>x2, the stack pointer.</summary>
    public const byte Sp = 2;

    /// <summary>Where writes to x0 go: an index after the 32 architectural registers that nothing reads.</summary>
    public const byte Sink = 32;

    private static readonly ImmutableArray<string> IntegerNames =
    [
        "zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0", "a1", "a2", "a3", "a4", "a5",
        "a6", "a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
    ];

    private static readonly ImmutableArray<string> FloatNames =
    [
        "ft0", "ft1", "ft2", "ft3", "ft4", "ft5", "ft6", "ft7", "fs0", "fs1", "fa0", "fa1", "fa2", "fa3", "fa4", "fa5",
        "fa6", "fa7", "fs2", "fs3", "fs4", "fs5", "fs6", "fs7", "fs8", "fs9", "fs10", "fs11", "ft8", "ft9", "ft10", "ft11",
    ];

    /// <summary>The ABI name of an integer register; <see cref="Sink"/> is called zero.</summary>
    public static string IntegerName(byte register) => IntegerNames[register & 31];

    /// <summary>The ABI name of a floating-point register, 0 to 31.</summary>
    public static string FloatName(byte register) => FloatNames[register];
}
