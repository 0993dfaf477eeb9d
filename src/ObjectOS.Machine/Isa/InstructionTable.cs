using System.Collections.Immutable;

namespace ObjectOS.Machine.Isa;

/// <summary>Every instruction there is, one row each: the source of the decoder, the disassembler and their tests.</summary>
/// <remarks>
/// Where two rows match the same bits, the one with more fixed bits is meant: pause is a fence, c.nop is c.addi, and the rows of
/// <see cref="Op.Illegal"/> cut reserved encodings out of wider rows. An extension is added by adding its rows.
/// </remarks>
internal static class InstructionTable
{
    /// <summary>All rows, by extension.</summary>
    public static ImmutableArray<InstructionRow> Rows { get; } =
    [
        .. IntegerRows.Rows, .. SystemRows.Rows, .. MultiplyRows.Rows, .. AtomicRows.Rows,
        .. FloatRows.Rows, .. DoubleRows.Rows, .. HalfRows.Rows, .. BitRows.Rows, .. CompressedRows.Rows,
    ];

    // After Rows: static fields are initialised in the order of the text.
    private static readonly ImmutableArray<InstructionRow> BaseRows = IndexByOp();

    /// <summary>The row of an operation's 32-bit form; a default row for <see cref="Op.Illegal"/> and for the specialised forms.</summary>
    public static InstructionRow BaseRow(Op op) => BaseRows[(int)op];

    private static ImmutableArray<InstructionRow> IndexByOp()
    {
        var rows = new InstructionRow[Enum.GetValues<Op>().Length];
        foreach (InstructionRow row in Rows)
        {
            if (!row.IsCompressed && rows[(int)row.Op].Mnemonic is null)
                rows[(int)row.Op] = row;
        }

        return [.. rows];
    }
}
