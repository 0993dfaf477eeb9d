using System.Collections.Immutable;

namespace ObjectOS.Machine.Isa;

/// <summary>The rows of the A extension.</summary>
/// <remarks>Source: the unprivileged specification, chapter "A". aq and rl are operands.</remarks>
internal static class AtomicRows
{
    /// <summary>One row per instruction.</summary>
    public static ImmutableArray<InstructionRow> Rows { get; } =
    [
        new(Op.LrW, "lr.w", 0xF9F0707F, 0x1000202F, Format.LoadReserved, Extensions.A),
        new(Op.ScW, "sc.w", 0xF800707F, 0x1800202F, Format.Amo, Extensions.A),
        new(Op.AmoswapW, "amoswap.w", 0xF800707F, 0x0800202F, Format.Amo, Extensions.A),
        new(Op.AmoaddW, "amoadd.w", 0xF800707F, 0x0000202F, Format.Amo, Extensions.A),
        new(Op.AmoxorW, "amoxor.w", 0xF800707F, 0x2000202F, Format.Amo, Extensions.A),
        new(Op.AmoandW, "amoand.w", 0xF800707F, 0x6000202F, Format.Amo, Extensions.A),
        new(Op.AmoorW, "amoor.w", 0xF800707F, 0x4000202F, Format.Amo, Extensions.A),
        new(Op.AmominW, "amomin.w", 0xF800707F, 0x8000202F, Format.Amo, Extensions.A),
        new(Op.AmomaxW, "amomax.w", 0xF800707F, 0xA000202F, Format.Amo, Extensions.A),
        new(Op.AmominuW, "amominu.w", 0xF800707F, 0xC000202F, Format.Amo, Extensions.A),
        new(Op.AmomaxuW, "amomaxu.w", 0xF800707F, 0xE000202F, Format.Amo, Extensions.A),
        new(Op.LrD, "lr.d", 0xF9F0707F, 0x1000302F, Format.LoadReserved, Extensions.A),
        new(Op.ScD, "sc.d", 0xF800707F, 0x1800302F, Format.Amo, Extensions.A),
        new(Op.AmoswapD, "amoswap.d", 0xF800707F, 0x0800302F, Format.Amo, Extensions.A),
        new(Op.AmoaddD, "amoadd.d", 0xF800707F, 0x0000302F, Format.Amo, Extensions.A),
        new(Op.AmoxorD, "amoxor.d", 0xF800707F, 0x2000302F, Format.Amo, Extensions.A),
        new(Op.AmoandD, "amoand.d", 0xF800707F, 0x6000302F, Format.Amo, Extensions.A),
        new(Op.AmoorD, "amoor.d", 0xF800707F, 0x4000302F, Format.Amo, Extensions.A),
        new(Op.AmominD, "amomin.d", 0xF800707F, 0x8000302F, Format.Amo, Extensions.A),
        new(Op.AmomaxD, "amomax.d", 0xF800707F, 0xA000302F, Format.Amo, Extensions.A),
        new(Op.AmominuD, "amominu.d", 0xF800707F, 0xC000302F, Format.Amo, Extensions.A),
        new(Op.AmomaxuD, "amomaxu.d", 0xF800707F, 0xE000302F, Format.Amo, Extensions.A),
    ];
}
