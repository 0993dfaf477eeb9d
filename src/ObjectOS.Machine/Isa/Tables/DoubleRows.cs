using System.Collections.Immutable;

namespace ObjectOS.Machine.Isa;

/// <summary>The rows of the D extension.</summary>
/// <remarks>Source: the unprivileged specification, chapter "D".</remarks>
internal static class DoubleRows
{
    /// <summary>One row per instruction.</summary>
    public static ImmutableArray<InstructionRow> Rows { get; } =
    [
        new(Op.Fld, "fld", 0x0000707F, 0x00003007, Format.FloatLoad, Extensions.D),
        new(Op.Fsd, "fsd", 0x0000707F, 0x00003027, Format.FloatStore, Extensions.D),
        new(Op.FmaddD, "fmadd.d", 0x0600007F, 0x02000043, Format.FloatFused, Extensions.D),
        new(Op.FmsubD, "fmsub.d", 0x0600007F, 0x02000047, Format.FloatFused, Extensions.D),
        new(Op.FnmsubD, "fnmsub.d", 0x0600007F, 0x0200004B, Format.FloatFused, Extensions.D),
        new(Op.FnmaddD, "fnmadd.d", 0x0600007F, 0x0200004F, Format.FloatFused, Extensions.D),
        new(Op.FaddD, "fadd.d", 0xFE00007F, 0x02000053, Format.FloatRounded, Extensions.D),
        new(Op.FsubD, "fsub.d", 0xFE00007F, 0x0A000053, Format.FloatRounded, Extensions.D),
        new(Op.FmulD, "fmul.d", 0xFE00007F, 0x12000053, Format.FloatRounded, Extensions.D),
        new(Op.FdivD, "fdiv.d", 0xFE00007F, 0x1A000053, Format.FloatRounded, Extensions.D),
        new(Op.FsqrtD, "fsqrt.d", 0xFFF0007F, 0x5A000053, Format.FloatUnary, Extensions.D),
        new(Op.FsgnjD, "fsgnj.d", 0xFE00707F, 0x22000053, Format.FloatR, Extensions.D),
        new(Op.FsgnjnD, "fsgnjn.d", 0xFE00707F, 0x22001053, Format.FloatR, Extensions.D),
        new(Op.FsgnjxD, "fsgnjx.d", 0xFE00707F, 0x22002053, Format.FloatR, Extensions.D),
        new(Op.FminD, "fmin.d", 0xFE00707F, 0x2A000053, Format.FloatR, Extensions.D),
        new(Op.FmaxD, "fmax.d", 0xFE00707F, 0x2A001053, Format.FloatR, Extensions.D),
        new(Op.FeqD, "feq.d", 0xFE00707F, 0xA2002053, Format.FloatCompare, Extensions.D),
        new(Op.FltD, "flt.d", 0xFE00707F, 0xA2001053, Format.FloatCompare, Extensions.D),
        new(Op.FleD, "fle.d", 0xFE00707F, 0xA2000053, Format.FloatCompare, Extensions.D),
        new(Op.FclassD, "fclass.d", 0xFFF0707F, 0xE2001053, Format.FloatToIntegerBits, Extensions.D),
        new(Op.FmvXD, "fmv.x.d", 0xFFF0707F, 0xE2000053, Format.FloatToIntegerBits, Extensions.D),
        new(Op.FmvDX, "fmv.d.x", 0xFFF0707F, 0xF2000053, Format.IntegerBitsToFloat, Extensions.D),
        new(Op.FcvtWD, "fcvt.w.d", 0xFFF0007F, 0xC2000053, Format.FloatToInteger, Extensions.D),
        new(Op.FcvtWuD, "fcvt.wu.d", 0xFFF0007F, 0xC2100053, Format.FloatToInteger, Extensions.D),
        new(Op.FcvtLD, "fcvt.l.d", 0xFFF0007F, 0xC2200053, Format.FloatToInteger, Extensions.D),
        new(Op.FcvtLuD, "fcvt.lu.d", 0xFFF0007F, 0xC2300053, Format.FloatToInteger, Extensions.D),
        new(Op.FcvtDW, "fcvt.d.w", 0xFFF0007F, 0xD2000053, Format.IntegerToFloatExact, Extensions.D),
        new(Op.FcvtDWu, "fcvt.d.wu", 0xFFF0007F, 0xD2100053, Format.IntegerToFloatExact, Extensions.D),
        new(Op.FcvtDL, "fcvt.d.l", 0xFFF0007F, 0xD2200053, Format.IntegerToFloat, Extensions.D),
        new(Op.FcvtDLu, "fcvt.d.lu", 0xFFF0007F, 0xD2300053, Format.IntegerToFloat, Extensions.D),
        new(Op.FcvtSD, "fcvt.s.d", 0xFFF0007F, 0x40100053, Format.FloatUnary, Extensions.D),
        new(Op.FcvtDS, "fcvt.d.s", 0xFFF0007F, 0x42000053, Format.FloatUnaryExact, Extensions.D),
    ];
}
