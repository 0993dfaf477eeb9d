using System.Collections.Immutable;

namespace ObjectOS.Machine.Isa;

/// <summary>The rows of the M extension.</summary>
/// <remarks>Source: the unprivileged specification, chapter "M".</remarks>
internal static class MultiplyRows
{
    /// <summary>One row per instruction.</summary>
    public static ImmutableArray<InstructionRow> Rows { get; } =
    [
        new(Op.Mul, "mul", 0xFE00707F, 0x02000033, Format.R, Extensions.M),
        new(Op.Mulh, "mulh", 0xFE00707F, 0x02001033, Format.R, Extensions.M),
        new(Op.Mulhsu, "mulhsu", 0xFE00707F, 0x02002033, Format.R, Extensions.M),
        new(Op.Mulhu, "mulhu", 0xFE00707F, 0x02003033, Format.R, Extensions.M),
        new(Op.Div, "div", 0xFE00707F, 0x02004033, Format.R, Extensions.M),
        new(Op.Divu, "divu", 0xFE00707F, 0x02005033, Format.R, Extensions.M),
        new(Op.Rem, "rem", 0xFE00707F, 0x02006033, Format.R, Extensions.M),
        new(Op.Remu, "remu", 0xFE00707F, 0x02007033, Format.R, Extensions.M),
        new(Op.Mulw, "mulw", 0xFE00707F, 0x0200003B, Format.R, Extensions.M),
        new(Op.Divw, "divw", 0xFE00707F, 0x0200403B, Format.R, Extensions.M),
        new(Op.Divuw, "divuw", 0xFE00707F, 0x0200503B, Format.R, Extensions.M),
        new(Op.Remw, "remw", 0xFE00707F, 0x0200603B, Format.R, Extensions.M),
        new(Op.Remuw, "remuw", 0xFE00707F, 0x0200703B, Format.R, Extensions.M),
    ];
}
