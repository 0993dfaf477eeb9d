using System.Collections.Immutable;

namespace ObjectOS.Machine.Isa;

/// <summary>The rows of the C extension on RV64.</summary>
/// <remarks>Source: the unprivileged specification, chapter "C".
/// A row names the operation it expands to. Where a narrower row stands below a wider one the narrower wins, so
/// reserved encodings are rows of <see cref="Op.Illegal"/>. Hints match the ordinary rows and decode to no operation.</remarks>
internal static class CompressedRows
{
    /// <summary>One row per instruction.</summary>
    public static ImmutableArray<InstructionRow> Rows { get; } =
    [
        // Quadrant 0.
        new(Op.Addi, "c.addi4spn", 0xE003, 0x0000, Format.CAddi4spn, Extensions.C),
        new(Op.Illegal, "c.addi4spn", 0xFFE3, 0x0000, Format.None, Extensions.C),
        new(Op.Fld, "c.fld", 0xE003, 0x2000, Format.CFloatLoadDouble, Extensions.C | Extensions.D),
        new(Op.Lw, "c.lw", 0xE003, 0x4000, Format.CLoadWord, Extensions.C),
        new(Op.Ld, "c.ld", 0xE003, 0x6000, Format.CLoadDouble, Extensions.C),
        new(Op.Fsd, "c.fsd", 0xE003, 0xA000, Format.CFloatStoreDouble, Extensions.C | Extensions.D),
        new(Op.Sw, "c.sw", 0xE003, 0xC000, Format.CStoreWord, Extensions.C),
        new(Op.Sd, "c.sd", 0xE003, 0xE000, Format.CStoreDouble, Extensions.C),
        // Quadrant 1.
        new(Op.Addi, "c.addi", 0xE003, 0x0001, Format.CI, Extensions.C),
        new(Op.Addi, "c.nop", 0xEF83, 0x0001, Format.CI, Extensions.C),
        new(Op.Addiw, "c.addiw", 0xE003, 0x2001, Format.CI, Extensions.C),
        new(Op.Illegal, "c.addiw", 0xEF83, 0x2001, Format.None, Extensions.C),
        new(Op.Addi, "c.li", 0xE003, 0x4001, Format.CLi, Extensions.C),
        new(Op.Lui, "c.lui", 0xE003, 0x6001, Format.CLui, Extensions.C),
        new(Op.Illegal, "c.lui", 0xF07F, 0x6001, Format.None, Extensions.C),    // c.addi16sp, too
        new(Op.Addi, "c.addi16sp", 0xEF83, 0x6101, Format.CAddi16sp, Extensions.C),
        new(Op.Srli, "c.srli", 0xEC03, 0x8001, Format.CShift, Extensions.C),
        new(Op.Srai, "c.srai", 0xEC03, 0x8401, Format.CShift, Extensions.C),
        new(Op.Andi, "c.andi", 0xEC03, 0x8801, Format.CAndi, Extensions.C),
        new(Op.Sub, "c.sub", 0xFC63, 0x8C01, Format.CA, Extensions.C),
        new(Op.Xor, "c.xor", 0xFC63, 0x8C21, Format.CA, Extensions.C),
        new(Op.Or, "c.or", 0xFC63, 0x8C41, Format.CA, Extensions.C),
        new(Op.And, "c.and", 0xFC63, 0x8C61, Format.CA, Extensions.C),
        new(Op.Subw, "c.subw", 0xFC63, 0x9C01, Format.CA, Extensions.C),
        new(Op.Addw, "c.addw", 0xFC63, 0x9C21, Format.CA, Extensions.C),
        new(Op.Jal, "c.j", 0xE003, 0xA001, Format.CJ, Extensions.C),
        new(Op.Beq, "c.beqz", 0xE003, 0xC001, Format.CBranch, Extensions.C),
        new(Op.Bne, "c.bnez", 0xE003, 0xE001, Format.CBranch, Extensions.C),
        // Quadrant 2.
        new(Op.Slli, "c.slli", 0xE003, 0x0002, Format.CSlli, Extensions.C),
        new(Op.Fld, "c.fldsp", 0xE003, 0x2002, Format.CFloatLoadDoubleSp, Extensions.C | Extensions.D),
        new(Op.Lw, "c.lwsp", 0xE003, 0x4002, Format.CLoadWordSp, Extensions.C),
        new(Op.Illegal, "c.lwsp", 0xEF83, 0x4002, Format.None, Extensions.C),
        new(Op.Ld, "c.ldsp", 0xE003, 0x6002, Format.CLoadDoubleSp, Extensions.C),
        new(Op.Illegal, "c.ldsp", 0xEF83, 0x6002, Format.None, Extensions.C),
        new(Op.Add, "c.mv", 0xF003, 0x8002, Format.CMv, Extensions.C),
        new(Op.Jalr, "c.jr", 0xF07F, 0x8002, Format.CJr, Extensions.C),
        new(Op.Illegal, "c.jr", 0xFFFF, 0x8002, Format.None, Extensions.C),
        new(Op.Add, "c.add", 0xF003, 0x9002, Format.CAdd, Extensions.C),
        new(Op.Jalr, "c.jalr", 0xF07F, 0x9002, Format.CJalr, Extensions.C),
        new(Op.Ebreak, "c.ebreak", 0xFFFF, 0x9002, Format.None, Extensions.C),
        new(Op.Fsd, "c.fsdsp", 0xE003, 0xA002, Format.CFloatStoreDoubleSp, Extensions.C | Extensions.D),
        new(Op.Sw, "c.swsp", 0xE003, 0xC002, Format.CStoreWordSp, Extensions.C),
        new(Op.Sd, "c.sdsp", 0xE003, 0xE002, Format.CStoreDoubleSp, Extensions.C),
    ];
}
