using System.Diagnostics;
using static ObjectOS.Machine.Isa.Immediates;

namespace ObjectOS.Machine.Isa;

/// <summary>Reads the operands of an encoding into a <see cref="DecodedInstruction"/>, one arm per <see cref="Format"/>.</summary>
internal static class Operands
{
    /// <summary>Rounding modes 5 and 6 are reserved ("Floating-Point Control and Status Register", chapter "F").</summary>
    public static bool HasReservedRounding(Format format, uint bits) =>
        IsRounded(format) && Field(bits, 12, 3) is 5 or 6;

    /// <summary>Whether <paramref name="format"/> has a rounding mode.</summary>
    public static bool IsRounded(Format format) => format
        is Format.FloatFused or Format.FloatRounded or Format.FloatUnary or Format.FloatUnaryExact
        or Format.FloatToInteger or Format.IntegerToFloat or Format.IntegerToFloatExact;

    /// <summary>Whether an instruction of this (32-bit) format does nothing but compute an integer register.</summary>
    public static bool IsPure(Format format) => format is >= Format.R and <= Format.U;

    /// <summary>Fills in <paramref name="d"/>'s registers and immediate from <paramref name="b"/>.</summary>
    public static void Read(Format format, uint b, ref DecodedInstruction d)
    {
        if (format >= Format.CAddi4spn)
            ReadCompressed(format, b, ref d);
        else if (format >= Format.FloatLoad)
            ReadFloat(format, b, ref d);
        else
            ReadInteger(format, b, ref d);
    }

    private static void ReadInteger(Format format, uint b, ref DecodedInstruction d)
    {
        switch (format)
        {
            case Format.None: break;
            case Format.R: Set(ref d, rd: Dest(b), rs1: F15(b), rs2: F20(b)); break;
            case Format.Unary: Set(ref d, rd: Dest(b), rs1: F15(b)); break;
            case Format.I or Format.Jalr or Format.Load: Set(ref d, rd: Dest(b), rs1: F15(b), imm: I(b)); break;
            case Format.Shift: Set(ref d, rd: Dest(b), rs1: F15(b), imm: (int)Field(b, 20, 6)); break;
            case Format.ShiftWord: Set(ref d, rd: Dest(b), rs1: F15(b), imm: (int)Field(b, 20, 5)); break;
            case Format.U: Set(ref d, rd: Dest(b), imm: U(b)); break;
            case Format.J: Set(ref d, rd: Dest(b), imm: J(b)); break;
            case Format.Branch: Set(ref d, rs1: F15(b), rs2: F20(b), imm: B(b)); break;
            case Format.Store: Set(ref d, rs1: F15(b), rs2: F20(b), imm: S(b)); break;
            case Format.LoadReserved: Set(ref d, rd: Dest(b), rs1: F15(b), imm: (int)Field(b, 25, 2)); break;
            case Format.Amo: Set(ref d, rd: Dest(b), rs1: F15(b), rs2: F20(b), imm: (int)Field(b, 25, 2)); break;
            case Format.Fence: Set(ref d, imm: (int)Field(b, 20, 12)); break;
            case Format.CacheBlock: Set(ref d, rs1: F15(b)); break;
            case Format.FenceAddress: Set(ref d, rs1: F15(b), rs2: F20(b)); break;
            case Format.Csr or Format.CsrImmediate: Set(ref d, rd: Dest(b), rs1: F15(b), imm: (int)Field(b, 20, 12)); break;
            default: throw new UnreachableException($"format {format}");
        }
    }

    private static void ReadFloat(Format format, uint b, ref DecodedInstruction d)
    {
        int rm = (int)Field(b, 12, 3);
        switch (format)
        {
            case Format.FloatLoad: Set(ref d, rd: F7(b), rs1: F15(b), imm: I(b)); break;
            case Format.FloatStore: Set(ref d, rs1: F15(b), rs2: F20(b), imm: S(b)); break;
            case Format.FloatFused: Set(ref d, rd: F7(b), rs1: F15(b), rs2: F20(b), imm: rm); d.Rs3 = (byte)Field(b, 27, 5); break;
            case Format.FloatRounded: Set(ref d, rd: F7(b), rs1: F15(b), rs2: F20(b), imm: rm); break;
            case Format.FloatUnary or Format.FloatUnaryExact: Set(ref d, rd: F7(b), rs1: F15(b), imm: rm); break;
            case Format.FloatR: Set(ref d, rd: F7(b), rs1: F15(b), rs2: F20(b)); break;
            case Format.FloatCompare: Set(ref d, rd: Dest(b), rs1: F15(b), rs2: F20(b)); break;
            case Format.FloatToInteger: Set(ref d, rd: Dest(b), rs1: F15(b), imm: rm); break;
            case Format.FloatToIntegerBits: Set(ref d, rd: Dest(b), rs1: F15(b)); break;
            case Format.IntegerToFloat or Format.IntegerToFloatExact: Set(ref d, rd: F7(b), rs1: F15(b), imm: rm); break;
            case Format.IntegerBitsToFloat: Set(ref d, rd: F7(b), rs1: F15(b)); break;
            default: throw new UnreachableException($"format {format}");
        }
    }

    // Tables "RVC opcode map" and the instruction listings of chapter "C"; x2 is the stack pointer, primes are x8 to x15.
    private static void ReadCompressed(Format format, uint b, ref DecodedInstruction d)
    {
        switch (format)
        {
            case Format.CAddi4spn: Set(ref d, rd: P2(b), rs1: Registers.Sp, imm: CAddi4spn(b)); break;
            case Format.CLoadWord: Set(ref d, rd: P2(b), rs1: P7(b), imm: CWord(b)); break;
            case Format.CLoadDouble or Format.CFloatLoadDouble: Set(ref d, rd: P2(b), rs1: P7(b), imm: CDouble(b)); break;
            case Format.CStoreWord: Set(ref d, rs1: P7(b), rs2: P2(b), imm: CWord(b)); break;
            case Format.CStoreDouble or Format.CFloatStoreDouble: Set(ref d, rs1: P7(b), rs2: P2(b), imm: CDouble(b)); break;

            case Format.CI: Set(ref d, rd: Dest(b), rs1: F7(b), imm: C6(b)); break;
            case Format.CLi: Set(ref d, rd: Dest(b), imm: C6(b)); break;
            case Format.CAddi16sp: Set(ref d, rd: Registers.Sp, rs1: Registers.Sp, imm: CAddi16sp(b)); break;
            case Format.CLui: Set(ref d, rd: Dest(b), imm: C6(b) << 12); break;
            case Format.CShift: Set(ref d, rd: P7(b), rs1: P7(b), imm: (int)C6Unsigned(b)); break;
            case Format.CAndi: Set(ref d, rd: P7(b), rs1: P7(b), imm: C6(b)); break;
            case Format.CA: Set(ref d, rd: P7(b), rs1: P7(b), rs2: P2(b)); break;
            case Format.CJ: Set(ref d, rd: Registers.Sink, imm: CJ(b)); break;
            case Format.CBranch: Set(ref d, rs1: P7(b), imm: CB(b)); break;

            case Format.CSlli: Set(ref d, rd: Dest(b), rs1: F7(b), imm: (int)C6Unsigned(b)); break;
            case Format.CLoadWordSp: Set(ref d, rd: Dest(b), rs1: Registers.Sp, imm: CLoadWordSp(b)); break;
            case Format.CLoadDoubleSp: Set(ref d, rd: Dest(b), rs1: Registers.Sp, imm: CLoadDoubleSp(b)); break;
            case Format.CFloatLoadDoubleSp: Set(ref d, rd: F7(b), rs1: Registers.Sp, imm: CLoadDoubleSp(b)); break;
            case Format.CJr: Set(ref d, rd: Registers.Sink, rs1: F7(b)); break;
            case Format.CJalr: Set(ref d, rd: Registers.Ra, rs1: F7(b)); break;
            case Format.CMv: Set(ref d, rd: Dest(b), rs2: F2(b)); break;
            case Format.CAdd: Set(ref d, rd: Dest(b), rs1: F7(b), rs2: F2(b)); break;
            case Format.CStoreWordSp: Set(ref d, rs1: Registers.Sp, rs2: F2(b), imm: CStoreWordSp(b)); break;
            case Format.CStoreDoubleSp or Format.CFloatStoreDoubleSp:
                Set(ref d, rs1: Registers.Sp, rs2: F2(b), imm: CStoreDoubleSp(b));
                break;
            default: throw new UnreachableException($"format {format}");
        }
    }

    private static void Set(ref DecodedInstruction d, byte rd = 0, byte rs1 = 0, byte rs2 = 0, int imm = 0)
    {
        d.Rd = rd;
        d.Rs1 = rs1;
        d.Rs2 = rs2;
        d.Imm = imm;
    }

    // An integer destination: x0 becomes the sink.
    private static byte Dest(uint b) => F7(b) is var rd and not 0 ? rd : Registers.Sink;

    // Five-bit registers, named after their lowest bit.
    private static byte F2(uint b) => (byte)Field(b, 2, 5);

    private static byte F7(uint b) => (byte)Field(b, 7, 5);

    private static byte F15(uint b) => (byte)Field(b, 15, 5);

    private static byte F20(uint b) => (byte)Field(b, 20, 5);

    // Three-bit registers x8 to x15.
    private static byte P2(uint b) => (byte)(8 + Field(b, 2, 3));

    private static byte P7(uint b) => (byte)(8 + Field(b, 7, 3));
}
