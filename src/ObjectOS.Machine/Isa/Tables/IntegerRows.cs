using System.Collections.Immutable;

namespace ObjectOS.Machine.Isa;

/// <summary>The rows of RV64I, Zifencei and Zihintpause.</summary>
/// <remarks>Source: the unprivileged specification, chapters "RV32I", "RV64I", "Zifencei" and "Zihintpause".</remarks>
internal static class IntegerRows
{
    /// <summary>One row per instruction.</summary>
    public static ImmutableArray<InstructionRow> Rows { get; } =
    [
        new(Op.Lui, "lui", 0x0000007F, 0x00000037, Format.U, Extensions.I),
        new(Op.Auipc, "auipc", 0x0000007F, 0x00000017, Format.U, Extensions.I),
        new(Op.Jal, "jal", 0x0000007F, 0x0000006F, Format.J, Extensions.I),
        new(Op.Jalr, "jalr", 0x0000707F, 0x00000067, Format.Jalr, Extensions.I),
        new(Op.Beq, "beq", 0x0000707F, 0x00000063, Format.Branch, Extensions.I),
        new(Op.Bne, "bne", 0x0000707F, 0x00001063, Format.Branch, Extensions.I),
        new(Op.Blt, "blt", 0x0000707F, 0x00004063, Format.Branch, Extensions.I),
        new(Op.Bge, "bge", 0x0000707F, 0x00005063, Format.Branch, Extensions.I),
        new(Op.Bltu, "bltu", 0x0000707F, 0x00006063, Format.Branch, Extensions.I),
        new(Op.Bgeu, "bgeu", 0x0000707F, 0x00007063, Format.Branch, Extensions.I),
        new(Op.Lb, "lb", 0x0000707F, 0x00000003, Format.Load, Extensions.I),
        new(Op.Lh, "lh", 0x0000707F, 0x00001003, Format.Load, Extensions.I),
        new(Op.Lw, "lw", 0x0000707F, 0x00002003, Format.Load, Extensions.I),
        new(Op.Ld, "ld", 0x0000707F, 0x00003003, Format.Load, Extensions.I),
        new(Op.Lbu, "lbu", 0x0000707F, 0x00004003, Format.Load, Extensions.I),
        new(Op.Lhu, "lhu", 0x0000707F, 0x00005003, Format.Load, Extensions.I),
        new(Op.Lwu, "lwu", 0x0000707F, 0x00006003, Format.Load, Extensions.I),
        new(Op.Sb, "sb", 0x0000707F, 0x00000023, Format.Store, Extensions.I),
        new(Op.Sh, "sh", 0x0000707F, 0x00001023, Format.Store, Extensions.I),
        new(Op.Sw, "sw", 0x0000707F, 0x00002023, Format.Store, Extensions.I),
        new(Op.Sd, "sd", 0x0000707F, 0x00003023, Format.Store, Extensions.I),
        new(Op.Addi, "addi", 0x0000707F, 0x00000013, Format.I, Extensions.I),
        new(Op.Slti, "slti", 0x0000707F, 0x00002013, Format.I, Extensions.I),
        new(Op.Sltiu, "sltiu", 0x0000707F, 0x00003013, Format.I, Extensions.I),
        new(Op.Xori, "xori", 0x0000707F, 0x00004013, Format.I, Extensions.I),
        new(Op.Ori, "ori", 0x0000707F, 0x00006013, Format.I, Extensions.I),
        new(Op.Andi, "andi", 0x0000707F, 0x00007013, Format.I, Extensions.I),
        new(Op.Slli, "slli", 0xFC00707F, 0x00001013, Format.Shift, Extensions.I),
        new(Op.Srli, "srli", 0xFC00707F, 0x00005013, Format.Shift, Extensions.I),
        new(Op.Srai, "srai", 0xFC00707F, 0x40005013, Format.Shift, Extensions.I),
        new(Op.Addiw, "addiw", 0x0000707F, 0x0000001B, Format.I, Extensions.I),
        new(Op.Slliw, "slliw", 0xFE00707F, 0x0000101B, Format.ShiftWord, Extensions.I),
        new(Op.Srliw, "srliw", 0xFE00707F, 0x0000501B, Format.ShiftWord, Extensions.I),
        new(Op.Sraiw, "sraiw", 0xFE00707F, 0x4000501B, Format.ShiftWord, Extensions.I),
        new(Op.Add, "add", 0xFE00707F, 0x00000033, Format.R, Extensions.I),
        new(Op.Sub, "sub", 0xFE00707F, 0x40000033, Format.R, Extensions.I),
        new(Op.Sll, "sll", 0xFE00707F, 0x00001033, Format.R, Extensions.I),
        new(Op.Slt, "slt", 0xFE00707F, 0x00002033, Format.R, Extensions.I),
        new(Op.Sltu, "sltu", 0xFE00707F, 0x00003033, Format.R, Extensions.I),
        new(Op.Xor, "xor", 0xFE00707F, 0x00004033, Format.R, Extensions.I),
        new(Op.Srl, "srl", 0xFE00707F, 0x00005033, Format.R, Extensions.I),
        new(Op.Sra, "sra", 0xFE00707F, 0x40005033, Format.R, Extensions.I),
        new(Op.Or, "or", 0xFE00707F, 0x00006033, Format.R, Extensions.I),
        new(Op.And, "and", 0xFE00707F, 0x00007033, Format.R, Extensions.I),
        new(Op.Addw, "addw", 0xFE00707F, 0x0000003B, Format.R, Extensions.I),
        new(Op.Subw, "subw", 0xFE00707F, 0x4000003B, Format.R, Extensions.I),
        new(Op.Sllw, "sllw", 0xFE00707F, 0x0000103B, Format.R, Extensions.I),
        new(Op.Srlw, "srlw", 0xFE00707F, 0x0000503B, Format.R, Extensions.I),
        new(Op.Sraw, "sraw", 0xFE00707F, 0x4000503B, Format.R, Extensions.I),
        new(Op.Fence, "fence", 0x0000707F, 0x0000000F, Format.Fence, Extensions.I),
        new(Op.Fence, "fence.tso", 0xFFFFFFFF, 0x8330000F, Format.None, Extensions.I),
        new(Op.Pause, "pause", 0xFFFFFFFF, 0x0100000F, Format.None, Extensions.Zihintpause),
        new(Op.FenceI, "fence.i", 0x0000707F, 0x0000100F, Format.None, Extensions.Zifencei),
        new(Op.Ecall, "ecall", 0xFFFFFFFF, 0x00000073, Format.None, Extensions.I),
        new(Op.Ebreak, "ebreak", 0xFFFFFFFF, 0x00100073, Format.None, Extensions.I),
    ];
}
