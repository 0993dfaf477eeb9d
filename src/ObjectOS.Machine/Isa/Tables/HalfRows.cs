using System.Collections.Immutable;

namespace ObjectOS.Machine.Isa;

/// <summary>The rows of Zfh, whose part Zfhmin is.</summary>
/// <remarks>Source: the unprivileged specification, chapter "Zfh".</remarks>
internal static class HalfRows
{
    /// <summary>One row per instruction.</summary>
    public static ImmutableArray<InstructionRow> Rows { get; } =
    [
        new(Op.Flh, "flh", 0x0000707F, 0x00001007, Format.FloatLoad, Extensions.Zfh),
        new(Op.Fsh, "fsh", 0x0000707F, 0x00001027, Format.FloatStore, Extensions.Zfh),
        new(Op.FmaddH, "fmadd.h", 0x0600007F, 0x04000043, Format.FloatFused, Extensions.Zfh),
        new(Op.FmsubH, "fmsub.h", 0x0600007F, 0x04000047, Format.FloatFused, Extensions.Zfh),
        new(Op.FnmsubH, "fnmsub.h", 0x0600007F, 0x0400004B, Format.FloatFused, Extensions.Zfh),
        new(Op.FnmaddH, "fnmadd.h", 0x0600007F, 0x0400004F, Format.FloatFused, Extensions.Zfh),
        new(Op.FaddH, "fadd.h", 0xFE00007F, 0x04000053, Format.FloatRounded, Extensions.Zfh),
        new(Op.FsubH, "fsub.h", 0xFE00007F, 0x0C000053, Format.FloatRounded, Extensions.Zfh),
        new(Op.FmulH, "fmul.h", 0xFE00007F, 0x14000053, Format.FloatRounded, Extensions.Zfh),
        new(Op.FdivH, "fdiv.h", 0xFE00007F, 0x1C000053, Format.FloatRounded, Extensions.Zfh),
        new(Op.FsqrtH, "fsqrt.h", 0xFFF0007F, 0x5C000053, Format.FloatUnary, Extensions.Zfh),
        new(Op.FsgnjH, "fsgnj.h", 0xFE00707F, 0x24000053, Format.FloatR, Extensions.Zfh),
        new(Op.FsgnjnH, "fsgnjn.h", 0xFE00707F, 0x24001053, Format.FloatR, Extensions.Zfh),
        new(Op.FsgnjxH, "fsgnjx.h", 0xFE00707F, 0x24002053, Format.FloatR, Extensions.Zfh),
        new(Op.FminH, "fmin.h", 0xFE00707F, 0x2C000053, Format.FloatR, Extensions.Zfh),
        new(Op.FmaxH, "fmax.h", 0xFE00707F, 0x2C001053, Format.FloatR, Extensions.Zfh),
        new(Op.FeqH, "feq.h", 0xFE00707F, 0xA4002053, Format.FloatCompare, Extensions.Zfh),
        new(Op.FltH, "flt.h", 0xFE00707F, 0xA4001053, Format.FloatCompare, Extensions.Zfh),
        new(Op.FleH, "fle.h", 0xFE00707F, 0xA4000053, Format.FloatCompare, Extensions.Zfh),
        new(Op.FclassH, "fclass.h", 0xFFF0707F, 0xE4001053, Format.FloatToIntegerBits, Extensions.Zfh),
        new(Op.FmvXH, "fmv.x.h", 0xFFF0707F, 0xE4000053, Format.FloatToIntegerBits, Extensions.Zfh),
        new(Op.FmvHX, "fmv.h.x", 0xFFF0707F, 0xF4000053, Format.IntegerBitsToFloat, Extensions.Zfh),
        new(Op.FcvtWH, "fcvt.w.h", 0xFFF0007F, 0xC4000053, Format.FloatToInteger, Extensions.Zfh),
        new(Op.FcvtWuH, "fcvt.wu.h", 0xFFF0007F, 0xC4100053, Format.FloatToInteger, Extensions.Zfh),
        new(Op.FcvtLH, "fcvt.l.h", 0xFFF0007F, 0xC4200053, Format.FloatToInteger, Extensions.Zfh),
        new(Op.FcvtLuH, "fcvt.lu.h", 0xFFF0007F, 0xC4300053, Format.FloatToInteger, Extensions.Zfh),
        new(Op.FcvtHW, "fcvt.h.w", 0xFFF0007F, 0xD4000053, Format.IntegerToFloat, Extensions.Zfh),
        new(Op.FcvtHWu, "fcvt.h.wu", 0xFFF0007F, 0xD4100053, Format.IntegerToFloat, Extensions.Zfh),
        new(Op.FcvtHL, "fcvt.h.l", 0xFFF0007F, 0xD4200053, Format.IntegerToFloat, Extensions.Zfh),
        new(Op.FcvtHLu, "fcvt.h.lu", 0xFFF0007F, 0xD4300053, Format.IntegerToFloat, Extensions.Zfh),
        new(Op.FcvtSH, "fcvt.s.h", 0xFFF0007F, 0x40200053, Format.FloatUnaryExact, Extensions.Zfh),
        new(Op.FcvtHS, "fcvt.h.s", 0xFFF0007F, 0x44000053, Format.FloatUnary, Extensions.Zfh),
        new(Op.FcvtDH, "fcvt.d.h", 0xFFF0007F, 0x42200053, Format.FloatUnaryExact, Extensions.Zfh),
        new(Op.FcvtHD, "fcvt.h.d", 0xFFF0007F, 0x44100053, Format.FloatUnary, Extensions.Zfh),
    ];
}
