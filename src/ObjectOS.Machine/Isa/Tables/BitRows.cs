using System.Collections.Immutable;

namespace ObjectOS.Machine.Isa;

/// <summary>The rows of Zba, Zbb, Zbc, Zbkb, Zbkx, Zbs and Zicond.</summary>
/// <remarks>Source: the unprivileged specification, chapters "B" and "Zicond".</remarks>
internal static class BitRows
{
    /// <summary>One row per instruction.</summary>
    public static ImmutableArray<InstructionRow> Rows { get; } =
    [
        new(Op.AddUw, "add.uw", 0xFE00707F, 0x0800003B, Format.R, Extensions.Zba),
        new(Op.Sh1add, "sh1add", 0xFE00707F, 0x20002033, Format.R, Extensions.Zba),
        new(Op.Sh2add, "sh2add", 0xFE00707F, 0x20004033, Format.R, Extensions.Zba),
        new(Op.Sh3add, "sh3add", 0xFE00707F, 0x20006033, Format.R, Extensions.Zba),
        new(Op.Sh1addUw, "sh1add.uw", 0xFE00707F, 0x2000203B, Format.R, Extensions.Zba),
        new(Op.Sh2addUw, "sh2add.uw", 0xFE00707F, 0x2000403B, Format.R, Extensions.Zba),
        new(Op.Sh3addUw, "sh3add.uw", 0xFE00707F, 0x2000603B, Format.R, Extensions.Zba),
        new(Op.SlliUw, "slli.uw", 0xFC00707F, 0x0800101B, Format.Shift, Extensions.Zba),
        new(Op.Andn, "andn", 0xFE00707F, 0x40007033, Format.R, Extensions.Zbb),
        new(Op.Orn, "orn", 0xFE00707F, 0x40006033, Format.R, Extensions.Zbb),
        new(Op.Xnor, "xnor", 0xFE00707F, 0x40004033, Format.R, Extensions.Zbb),
        new(Op.Min, "min", 0xFE00707F, 0x0A004033, Format.R, Extensions.Zbb),
        new(Op.Minu, "minu", 0xFE00707F, 0x0A005033, Format.R, Extensions.Zbb),
        new(Op.Max, "max", 0xFE00707F, 0x0A006033, Format.R, Extensions.Zbb),
        new(Op.Maxu, "maxu", 0xFE00707F, 0x0A007033, Format.R, Extensions.Zbb),
        new(Op.Rol, "rol", 0xFE00707F, 0x60001033, Format.R, Extensions.Zbb),
        new(Op.Ror, "ror", 0xFE00707F, 0x60005033, Format.R, Extensions.Zbb),
        new(Op.Rolw, "rolw", 0xFE00707F, 0x6000103B, Format.R, Extensions.Zbb),
        new(Op.Rorw, "rorw", 0xFE00707F, 0x6000503B, Format.R, Extensions.Zbb),
        new(Op.Rori, "rori", 0xFC00707F, 0x60005013, Format.Shift, Extensions.Zbb),
        new(Op.Roriw, "roriw", 0xFE00707F, 0x6000501B, Format.ShiftWord, Extensions.Zbb),
        new(Op.Clz, "clz", 0xFFF0707F, 0x60001013, Format.Unary, Extensions.Zbb),
        new(Op.Ctz, "ctz", 0xFFF0707F, 0x60101013, Format.Unary, Extensions.Zbb),
        new(Op.Cpop, "cpop", 0xFFF0707F, 0x60201013, Format.Unary, Extensions.Zbb),
        new(Op.Clzw, "clzw", 0xFFF0707F, 0x6000101B, Format.Unary, Extensions.Zbb),
        new(Op.Ctzw, "ctzw", 0xFFF0707F, 0x6010101B, Format.Unary, Extensions.Zbb),
        new(Op.Cpopw, "cpopw", 0xFFF0707F, 0x6020101B, Format.Unary, Extensions.Zbb),
        new(Op.SextB, "sext.b", 0xFFF0707F, 0x60401013, Format.Unary, Extensions.Zbb),
        new(Op.SextH, "sext.h", 0xFFF0707F, 0x60501013, Format.Unary, Extensions.Zbb),
        new(Op.ZextH, "zext.h", 0xFFF0707F, 0x0800403B, Format.Unary, Extensions.Zbb),
        new(Op.OrcB, "orc.b", 0xFFF0707F, 0x28705013, Format.Unary, Extensions.Zbb),
        new(Op.Rev8, "rev8", 0xFFF0707F, 0x6B805013, Format.Unary, Extensions.Zbb),
        new(Op.Bclr, "bclr", 0xFE00707F, 0x48001033, Format.R, Extensions.Zbs),
        new(Op.Bext, "bext", 0xFE00707F, 0x48005033, Format.R, Extensions.Zbs),
        new(Op.Binv, "binv", 0xFE00707F, 0x68001033, Format.R, Extensions.Zbs),
        new(Op.Bset, "bset", 0xFE00707F, 0x28001033, Format.R, Extensions.Zbs),
        new(Op.Bclri, "bclri", 0xFC00707F, 0x48001013, Format.Shift, Extensions.Zbs),
        new(Op.Bexti, "bexti", 0xFC00707F, 0x48005013, Format.Shift, Extensions.Zbs),
        new(Op.Binvi, "binvi", 0xFC00707F, 0x68001013, Format.Shift, Extensions.Zbs),
        new(Op.Bseti, "bseti", 0xFC00707F, 0x28001013, Format.Shift, Extensions.Zbs),
        new(Op.Clmul, "clmul", 0xFE00707F, 0x0A001033, Format.R, Extensions.Zbc),
        new(Op.Clmulr, "clmulr", 0xFE00707F, 0x0A002033, Format.R, Extensions.Zbc),
        new(Op.Clmulh, "clmulh", 0xFE00707F, 0x0A003033, Format.R, Extensions.Zbc),
        new(Op.Pack, "pack", 0xFE00707F, 0x08004033, Format.R, Extensions.Zbkb),
        new(Op.Packh, "packh", 0xFE00707F, 0x08007033, Format.R, Extensions.Zbkb),
        new(Op.Packw, "packw", 0xFE00707F, 0x0800403B, Format.R, Extensions.Zbkb),
        new(Op.Brev8, "brev8", 0xFFF0707F, 0x68705013, Format.Unary, Extensions.Zbkb),
        new(Op.Xperm4, "xperm4", 0xFE00707F, 0x28002033, Format.R, Extensions.Zbkx),
        new(Op.Xperm8, "xperm8", 0xFE00707F, 0x28004033, Format.R, Extensions.Zbkx),
        new(Op.CzeroEqz, "czero.eqz", 0xFE00707F, 0x0E005033, Format.R, Extensions.Zicond),
        new(Op.CzeroNez, "czero.nez", 0xFE00707F, 0x0E007033, Format.R, Extensions.Zicond),
    ];
}
