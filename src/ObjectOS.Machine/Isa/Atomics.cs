using System.Diagnostics;

namespace ObjectOS.Machine.Isa;

/// <summary>The arithmetic of the atomic memory operations; the memory access is the executor's.</summary>
internal static class Atomics
{
    /// <summary>The value that an AMO stores, given what it loaded and its rs2.</summary>
    /// <param name="op">An AMO, from <see cref="Op.AmoswapW"/> to <see cref="Op.AmomaxuD"/>, but no LR or SC.</param>
    /// <param name="old">The loaded value; of a word the upper half is ignored.</param>
    /// <param name="operand">rs2; of a word the upper half is ignored.</param>
    /// <returns>What to store; of a word only the low 32 bits mean something.</returns>
    /// <remarks>Source: the unprivileged specification, "Atomic Memory Operations" in chapter "A".</remarks>
    public static ulong Apply(Op op, ulong old, ulong operand) => op switch
    {
        Op.AmoswapW or Op.AmoswapD => operand,
        Op.AmoaddW or Op.AmoaddD => old + operand,
        Op.AmoxorW or Op.AmoxorD => old ^ operand,
        Op.AmoandW or Op.AmoandD => old & operand,
        Op.AmoorW or Op.AmoorD => old | operand,
        Op.AmominW => (int)old < (int)operand ? old : operand,
        Op.AmomaxW => (int)old > (int)operand ? old : operand,
        Op.AmominuW => (uint)old < (uint)operand ? old : operand,
        Op.AmomaxuW => (uint)old > (uint)operand ? old : operand,
        Op.AmominD => (ulong)Math.Min((long)old, (long)operand),
        Op.AmomaxD => (ulong)Math.Max((long)old, (long)operand),
        Op.AmominuD => Math.Min(old, operand),
        Op.AmomaxuD => Math.Max(old, operand),
        _ => throw new UnreachableException($"{op} is no atomic memory operation"),
    };
}
