namespace ObjectOS.Host.Symbols;

/// <summary>The header of a unit's line number program (DWARF 4 and 5, section 6.2.4).</summary>
/// <param name="Version">The version, 2 to 5.</param>
/// <param name="IsWide">True in the 64-bit format.</param>
/// <param name="Step">The least length of an instruction, in bytes.</param>
/// <param name="LineBase">What a special opcode adds to the line at least.</param>
/// <param name="LineRange">How many different additions there are; not 0.</param>
/// <param name="OpcodeBase">The first special opcode.</param>
/// <param name="Arguments">The offset in the unit of the argument counts of the standard opcodes.</param>
/// <param name="Tables">The offset in the unit of the tables of directories and files.</param>
/// <param name="Program">The offset in the unit of the first opcode.</param>
internal readonly record struct LineUnit(
    int Version, bool IsWide, byte Step, sbyte LineBase, byte LineRange, byte OpcodeBase, int Arguments, int Tables, int Program)
{
    /// <summary>Reads the header of a unit, whose length field is already taken. False if it is damaged, or of another version.</summary>
    public static bool TryRead(ReadOnlySpan<byte> unit, bool isWide, out LineUnit header)
    {
        var cursor = new ByteCursor(unit);
        int version = cursor.U16();
        if (version >= 5)
        {
            cursor.U16(); // The sizes of an address and of a segment selector.
        }

        ulong length = cursor.Offset(isWide);
        ulong program = (ulong)cursor.At + length;
        byte step = cursor.U8();
        if (version >= 4)
        {
            cursor.U8(); // Operations of an instruction: RISC-V has no long instruction words.
        }

        cursor.U8(); // Whether rows begin statements: a fault may be at any row.
        sbyte lineBase = (sbyte)cursor.U8();
        byte lineRange = cursor.U8();
        byte opcodeBase = cursor.U8();
        int arguments = cursor.At;
        cursor.Take((ulong)Math.Max(0, opcodeBase - 1));
        bool isGood = cursor.IsValid && version is >= 2 and <= 5 && lineRange != 0 && opcodeBase != 0 && length <= (ulong)unit.Length && program <= (ulong)unit.Length;
        header = isGood ? new LineUnit(version, isWide, step, lineBase, lineRange, opcodeBase, arguments, cursor.At, (int)program) : default;
        return isGood;
    }
}
