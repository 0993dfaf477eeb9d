using System.Collections.Immutable;

namespace ObjectOS.Machine.Isa;

/// <summary>The rows of the F extension.</summary>
/// <remarks>Source: the unprivileged specification, chapter "F".</remarks>
internal static class FloatRows
{
    /// <summary>One row per instruction.</summary>
    public static ImmutableArray<InstructionRow> Rows { get; } =
    [
        new(Op.Flw, "flw", 0x0000707F, 0x00002007, Format.FloatLoad, Extensions.F),
        new(Op.Fsw, "fsw", 0x0000707F, 0x00002027, Format.FloatStore, Extensions.F),
        new(Op.FmaddS, "fmadd.s", 0x0600007F, 0x00000043, Format.FloatFused, Extensions.F),
        new(Op.FmsubS, "fmsub.s", 0x0600007F, 0x00000047, Format.FloatFused, Extensions.F),
        new(Op.FnmsubS, "fnmsub.s", 0x0600007F, 0x0000004B, Format.FloatFused, Extensions.F),
        new(Op.FnmaddS, "fnmadd.s", 0x0600007F, 0x0000004F, Format.FloatFused, Extensions.F),
        new(Op.FaddS, "fadd.s", 0xFE00007F, 0x00000053, Format.FloatRounded, Extensions.F),
        new(Op.FsubS, "fsub.s", 0xFE00007F, 0x08000053, Format.FloatRounded, Extensions.F),
        new(Op.FmulS, "fmul.s", 0xFE00007F, 0x10000053, Format.FloatRounded, Extensions.F),
        new(Op.FdivS, "fdiv.s", 0xFE00007F, 0x18000053, Format.FloatRounded, Extensions.F),
        new(Op.FsqrtS, "fsqrt.s", 0xFFF0007F, 0x58000053, Format.FloatUnary, Extensions.F),
        new(Op.FsgnjS, "fsgnj.s", 0xFE00707F, 0x20000053, Format.FloatR, Extensions.F),
        new(Op.FsgnjnS, "fsgnjn.s", 0xFE00707F, 0x20001053, Format.FloatR, Extensions.F),
        new(Op.FsgnjxS, "fsgnjx.s", 0xFE00707F, 0x20002053, Format.FloatR, Extensions.F),
        new(Op.FminS, "fmin.s", 0xFE00707F, 0x28000053, Format.FloatR, Extensions.F),
        new(Op.FmaxS, "fmax.s", 0xFE00707F, 0x28001053, Format.FloatR, Extensions.F),
        new(Op.FeqS, "feq.s", 0xFE00707F, 0xA0002053, Format.FloatCompare, Extensions.F),
        new(Op.FltS, "flt.s", 0xFE00707F, 0xA0001053, Format.FloatCompare, Extensions.F),
        new(Op.FleS, "fle.s", 0xFE00707F, 0xA0000053, Format.FloatCompare, Extensions.F),
        new(Op.FclassS, "fclass.s", 0xFFF0707F, 0xE0001053, Format.FloatToIntegerBits, Extensions.F),
        new(Op.FmvXW, "fmv.x.w", 0xFFF0707F, 0xE0000053, Format.FloatToIntegerBits, Extensions.F),
        new(Op.FmvWX, "fmv.w.x", 0xFFF0707F, 0xF0000053, Format.IntegerBitsToFloat, Extensions.F),
        new(Op.FcvtWS, "fcvt.w.s", 0xFFF0007F, 0xC0000053, Format.FloatToInteger, Extensions.F),
        new(Op.FcvtWuS, "fcvt.wu.s", 0xFFF0007F, 0xC0100053, Format.FloatToInteger, Extensions.F),
        new(Op.FcvtLS, "fcvt.l.s", 0xFFF0007F, 0xC0200053, Format.FloatToInteger, Extensions.F),
        new(Op.FcvtLuS, "fcvt.lu.s", 0xFFF0007F, 0xC0300053, Format.FloatToInteger, Extensions.F),
        new(Op.FcvtSW, "fcvt.s.w", 0xFFF0007F, 0xD0000053, Format.IntegerToFloat, Extensions.F),
        new(Op.FcvtSWu, "fcvt.s.wu", 0xFFF0007F, 0xD0100053, Format.IntegerToFloat, Extensions.F),
        new(Op.FcvtSL, "fcvt.s.l", 0xFFF0007F, 0xD0200053, Format.IntegerToFloat, Extensions.F),
        new(Op.FcvtSLu, "fcvt.s.lu", 0xFFF0007F, 0xD0300053, Format.IntegerToFloat, Extensions.F),
    ];
}
