namespace ObjectOS.Machine.Isa;

/// <summary>One instruction: which bit patterns are it, what it executes, how its operands lie.</summary>
/// <param name="Op">The executed operation; <see cref="Op.Illegal"/> in the row of a reserved encoding.</param>
/// <param name="Mnemonic">The architectural name, such as <c>addi</c> or <c>c.addi</c>.</param>
/// <param name="Mask">The bits that are fixed.</param>
/// <param name="Match">Their values.</param>
/// <param name="Format">Where the operands lie and how they are written.</param>
/// <param name="Extension">Every extension the row needs.</param>
internal readonly record struct InstructionRow(Op Op, string Mnemonic, uint Mask, uint Match, Format Format, Extensions Extension)
{
    /// <summary>Whether this is a 16-bit encoding.</summary>
    public bool IsCompressed => (Match & 3) != 3;

    /// <summary>Whether <paramref name="bits"/> has this row's fixed bits.</summary>
    public bool Matches(uint bits) => (bits & Mask) == Match;
}
