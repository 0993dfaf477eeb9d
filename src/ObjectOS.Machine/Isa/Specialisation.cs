namespace ObjectOS.Machine.Isa;

/// <summary>Gives forms that can be told statically, and that are common, an operation of their own.</summary>
internal static class Specialisation
{
    /// <summary>Replaces an architectural operation by a special one with the same effect, where there is one.</summary>
    public static void Apply(ref DecodedInstruction d)
    {
        if (d.Rd == Registers.Sink)
            ApplyWithoutDestination(ref d);
        else
            ApplyWithDestination(ref d);
    }

    // Hints ("HINT Instructions", chapters "RV32I" and "C") are arithmetic into x0 and end up here as well.
    private static void ApplyWithoutDestination(ref DecodedInstruction d)
    {
        if (d.Op == Op.Jal)
            d.Op = Op.J;
        else if (d.Op == Op.Jalr)
            d.Op = Op.Jr;
        else if (Operands.IsPure(InstructionTable.BaseRow(d.Op).Format))
            d.Op = Op.Nop;
    }

    private static void ApplyWithDestination(ref DecodedInstruction d)
    {
        switch (d.Op)
        {
            case Op.Lui:
            case Op.Addi when d.Rs1 == Registers.Zero:
                d.Op = Op.Li;
                break;
            case Op.Addi when d.Imm == 0:
            case Op.Add when d.Rs2 == Registers.Zero:
                d.Op = Op.Mv;
                break;
            case Op.Add when d.Rs1 == Registers.Zero:
                (d.Op, d.Rs1, d.Rs2) = (Op.Mv, d.Rs2, Registers.Zero);
                break;
            case Op.Beq or Op.Bne when d.Rs2 == Registers.Zero:
                d.Op = WithZero(d.Op);
                break;
            case Op.Beq or Op.Bne when d.Rs1 == Registers.Zero:
                (d.Op, d.Rs1, d.Rs2) = (WithZero(d.Op), d.Rs2, Registers.Zero);
                break;
        }
    }

    private static Op WithZero(Op branch) => branch == Op.Beq ? Op.Beqz : Op.Bnez;
}
