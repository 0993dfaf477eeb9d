using System.Diagnostics;
using System.Globalization;

namespace ObjectOS.Machine.Isa;

/// <summary>Writes an instruction as GNU objdump does with <c>-M no-aliases</c>; a compressed one as what it expands to.</summary>
public static class Disassembler
{
    /// <summary>The text of the instruction <paramref name="bits"/> at <paramref name="pc"/>, of all extensions.</summary>
    /// <returns>Mnemonic, a space and the operands, such as <c>sd a0,8(sp)</c>; <c>.4byte</c> or <c>.2byte</c> if it is illegal.</returns>
    public static string Format(uint bits, ulong pc)
    {
        if (!Decoder.TryExpand(bits, IsaConfiguration.Rv64Gc, out DecodedInstruction d, out InstructionRow row))
            return Text($"{(d.Length == 4 ? ".4byte" : ".2byte")} 0x{d.Bits:x}");
        if (row.IsCompressed)
            row = InstructionTable.BaseRow(row.Op);
        string operands = row.Format < Isa.Format.FloatLoad ? FormatInteger(row.Format, d, pc) : FormatFloat(row.Format, d);
        string mnemonic = row.Format is Isa.Format.Amo or Isa.Format.LoadReserved ? row.Mnemonic + Ordering(d.Imm) : row.Mnemonic;
        return operands.Length == 0 ? mnemonic : $"{mnemonic} {operands}";
    }

    private static string FormatInteger(Format format, in DecodedInstruction d, ulong pc) => format switch
    {
        Isa.Format.None => "",
        Isa.Format.R => $"{X(d.Rd)},{X(d.Rs1)},{X(d.Rs2)}",
        Isa.Format.Unary => $"{X(d.Rd)},{X(d.Rs1)}",
        Isa.Format.I => Text($"{X(d.Rd)},{X(d.Rs1)},{d.Imm}"),
        Isa.Format.Shift or Isa.Format.ShiftWord => Text($"{X(d.Rd)},{X(d.Rs1)},0x{d.Imm:x}"),
        Isa.Format.U => Text($"{X(d.Rd)},0x{(uint)d.Imm >> 12:x}"),
        Isa.Format.J => Text($"{X(d.Rd)},0x{Target(d, pc):x}"),
        Isa.Format.Branch => Text($"{X(d.Rs1)},{X(d.Rs2)},0x{Target(d, pc):x}"),
        Isa.Format.Jalr or Isa.Format.Load => Text($"{X(d.Rd)},{d.Imm}({X(d.Rs1)})"),
        Isa.Format.Store => Text($"{X(d.Rs2)},{d.Imm}({X(d.Rs1)})"),
        Isa.Format.LoadReserved => $"{X(d.Rd)},({X(d.Rs1)})",
        Isa.Format.Amo => $"{X(d.Rd)},{X(d.Rs2)},({X(d.Rs1)})",
        Isa.Format.Fence => $"{Accesses(d.Imm >> 4)},{Accesses(d.Imm)}",
        Isa.Format.CacheBlock => $"({X(d.Rs1)})",
        Isa.Format.FenceAddress => $"{X(d.Rs1)},{X(d.Rs2)}",
        Isa.Format.Csr => $"{X(d.Rd)},{Csr(d.Imm)},{X(d.Rs1)}",
        Isa.Format.CsrImmediate => Text($"{X(d.Rd)},{Csr(d.Imm)},{d.Rs1}"),
        _ => throw new UnreachableException($"format {format}"),
    };

    private static string FormatFloat(Format format, in DecodedInstruction d) => format switch
    {
        Isa.Format.FloatLoad => Text($"{F(d.Rd)},{d.Imm}({X(d.Rs1)})"),
        Isa.Format.FloatStore => Text($"{F(d.Rs2)},{d.Imm}({X(d.Rs1)})"),
        Isa.Format.FloatFused => $"{F(d.Rd)},{F(d.Rs1)},{F(d.Rs2)},{F(d.Rs3)},{Rounding(d.Imm)}",
        Isa.Format.FloatRounded => $"{F(d.Rd)},{F(d.Rs1)},{F(d.Rs2)},{Rounding(d.Imm)}",
        Isa.Format.FloatUnaryExact when d.Imm == 0 => $"{F(d.Rd)},{F(d.Rs1)}",
        Isa.Format.FloatUnary or Isa.Format.FloatUnaryExact => $"{F(d.Rd)},{F(d.Rs1)},{Rounding(d.Imm)}",
        Isa.Format.FloatR => $"{F(d.Rd)},{F(d.Rs1)},{F(d.Rs2)}",
        Isa.Format.FloatCompare => $"{X(d.Rd)},{F(d.Rs1)},{F(d.Rs2)}",
        Isa.Format.FloatToInteger => $"{X(d.Rd)},{F(d.Rs1)},{Rounding(d.Imm)}",
        Isa.Format.FloatToIntegerBits => $"{X(d.Rd)},{F(d.Rs1)}",
        Isa.Format.IntegerToFloatExact when d.Imm == 0 => $"{F(d.Rd)},{X(d.Rs1)}",
        Isa.Format.IntegerToFloat or Isa.Format.IntegerToFloatExact => $"{F(d.Rd)},{X(d.Rs1)},{Rounding(d.Imm)}",
        Isa.Format.IntegerBitsToFloat => $"{F(d.Rd)},{X(d.Rs1)}",
        _ => throw new UnreachableException($"format {format}"),
    };

    private static string X(byte register) => Registers.IntegerName(register);

    private static string F(byte register) => Registers.FloatName(register);

    private static ulong Target(in DecodedInstruction d, ulong pc) => pc + (ulong)(long)d.Imm;

    private static string Rounding(int mode) => mode switch
    {
        0 => "rne",
        1 => "rtz",
        2 => "rdn",
        3 => "rup",
        4 => "rmm",
        7 => "dyn",
        _ => throw new UnreachableException($"rounding mode {mode}"),
    };

    private static string Ordering(int aqrl) => aqrl switch
    {
        0 => "",
        1 => ".rl",
        2 => ".aq",
        _ => ".aqrl",
    };

    private static string Accesses(int set)
    {
        string text = string.Concat("iorw".Where((_, i) => (set << i & 8) != 0));
        return text.Length == 0 ? "unknown" : text;
    }

    // The unprivileged registers by name; the others by number.
    private static string Csr(int number) => number switch
    {
        0x001 => "fflags",
        0x002 => "frm",
        0x003 => "fcsr",
        0xC00 => "cycle",
        0xC01 => "time",
        0xC02 => "instret",
        _ => Text($"0x{number:x}"),
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
