using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using ObjectOS.Cpu;

namespace ObjectOS.Debugging;

/// <summary>A hart's registers by gdb's numbers for RISC-V: x0–x31, pc, f0–f31, the CSRs from 65 on, then the privilege mode.</summary>
internal static class GdbRegisters
{
    /// <summary>Registers of a <c>g</c> packet: x, pc, f.</summary>
    public const int General = 65;

    private const int Pc = 32;
    private const int FirstFloat = 33;
    private const int FirstCsr = 65;
    private const int Privilege = FirstCsr + 4096;

    private static readonly string[] Integers =
    [
        "zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "fp", "s1", "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7",
        "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
    ];

    private static readonly string[] Floats =
    [
        "ft0", "ft1", "ft2", "ft3", "ft4", "ft5", "ft6", "ft7", "fs0", "fs1", "fa0", "fa1", "fa2", "fa3", "fa4", "fa5", "fa6", "fa7",
        "fs2", "fs3", "fs4", "fs5", "fs6", "fs7", "fs8", "fs9", "fs10", "fs11", "ft8", "ft9", "ft10", "ft11",
    ];

    private static readonly (string Name, int Number)[] Csrs =
    [
        ("cycle", 0xC00), ("instret", 0xC02), ("sstatus", 0x100), ("sie", 0x104), ("stvec", 0x105), ("scounteren", 0x106), ("senvcfg", 0x10A), ("sscratch", 0x140),
        ("sepc", 0x141), ("scause", 0x142), ("stval", 0x143), ("sip", 0x144), ("stimecmp", 0x14D), ("satp", 0x180), ("mhartid", 0xF14), ("mstatus", 0x300),
        ("medeleg", 0x302), ("mideleg", 0x303), ("mie", 0x304), ("mtvec", 0x305), ("mcounteren", 0x306), ("menvcfg", 0x30A), ("mcountinhibit", 0x320),
        ("mscratch", 0x340), ("mepc", 0x341), ("mcause", 0x342), ("mtval", 0x343), ("mip", 0x344), ("pmpcfg0", 0x3A0), ("pmpcfg2", 0x3A2),
    ];

    /// <summary>The target description, in which gdb looks up names, numbers and sizes.</summary>
    /// <param name="isHart">True: it has the registers of a supervisor- or machine-mode hart.</param>
    public static string Describe(bool isHart)
    {
        var xml = new StringBuilder("<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target version=\"1.0\"><architecture>riscv:rv64</architecture>");
        xml.Append("<feature name=\"org.gnu.gdb.riscv.cpu\">");
        for (int i = 0; i < Integers.Length; i++)
        {
            Register(xml, Integers[i], i, 64, i is 1 ? "code_ptr" : i is 2 or 3 or 4 or 8 ? "data_ptr" : "int");
        }

        Register(xml, "pc", Pc, 64, "code_ptr");
        xml.Append("</feature><feature name=\"org.gnu.gdb.riscv.fpu\">");
        xml.Append("<union id=\"riscv_double\"><field name=\"float\" type=\"ieee_single\"/><field name=\"double\" type=\"ieee_double\"/></union>");
        for (int i = 0; i < Floats.Length; i++)
        {
            Register(xml, Floats[i], FirstFloat + i, 64, "riscv_double");
        }

        Register(xml, "fflags", FirstCsr + 1, 32, "int");
        Register(xml, "frm", FirstCsr + 2, 32, "int");
        Register(xml, "fcsr", FirstCsr + 3, 32, "int");
        xml.Append("</feature>");
        if (isHart)
        {
            xml.Append("<feature name=\"org.gnu.gdb.riscv.csr\">");
            foreach (var (name, number) in Csrs.OrderBy(csr => csr.Number))
            {
                Register(xml, name, FirstCsr + number, 64, "int");
            }

            xml.Append("</feature><feature name=\"org.gnu.gdb.riscv.virtual\">");
            Register(xml, "priv", Privilege, 64, "int");
            xml.Append("</feature>");
        }

        return xml.Append("</target>").ToString();
    }

    /// <summary>A register's value in hexadecimal digits, lowest byte first; null: there is no such register.</summary>
    public static string? Read(HartContext context, int number)
    {
        ulong? value = number switch
        {
            0 => 0,
            < Pc => context.X[number],
            Pc => context.Pc,
            < FirstCsr => context.F[number - FirstFloat],
            FirstCsr + 1 => context.Fcsr & 31,
            FirstCsr + 2 => context.Fcsr >> 5,
            FirstCsr + 3 => context.Fcsr,
            Privilege => (ulong?)context.System?.Privilege,
            _ => context.System is { } system ? Csr(context, system, number - FirstCsr) : null,
        };
        return value is not { } word ? null : Hex(word, number is > FirstCsr and <= FirstCsr + 3 ? 4 : 8);
    }

    /// <summary>Sets a general register; false: it is another one, or the value is no number.</summary>
    public static bool TryWrite(HartContext context, int number, string hex)
    {
        if (hex.Length != 16 || number is < 0 or >= FirstCsr || !ulong.TryParse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong swapped))
        {
            return false;
        }

        ulong value = BinaryPrimitives.ReverseEndianness(swapped);
        if (number == Pc)
        {
            context.Pc = value;
        }
        else if (number >= FirstFloat)
        {
            context.F[number - FirstFloat] = value;
        }
        else if (number > 0)
        {
            context.X[number] = value;
        }

        return true;
    }

    private static ulong? Csr(HartContext context, PrivilegedState s, int number) => number switch
    {
        0xC00 => s.CycleBase + context.Retired,
        0xC02 => s.InstretBase + context.Retired,
        0x100 => s.Mstatus & 0x8000_0003_000D_E762,
        0x104 => s.Mie & s.Mideleg,
        0x105 => s.Stvec,
        0x106 => s.Scounteren,
        0x10A => s.Senvcfg,
        0x140 => s.Sscratch,
        0x141 => s.Sepc,
        0x142 => s.Scause,
        0x143 => s.Stval,
        0x144 => (s.Mip | s.Lines) & s.Mideleg,
        0x14D => s.Stimecmp,
        0x180 => s.Satp,
        0xF14 => s.Mhartid,
        0x300 => s.Mstatus,
        0x302 => s.Medeleg,
        0x303 => s.Mideleg,
        0x304 => s.Mie,
        0x305 => s.Mtvec,
        0x306 => s.Mcounteren,
        0x30A => s.Menvcfg,
        0x320 => s.Mcountinhibit,
        0x340 => s.Mscratch,
        0x341 => s.Mepc,
        0x342 => s.Mcause,
        0x343 => s.Mtval,
        0x344 => s.Mip | s.Lines,
        0x3A0 => s.Pmpcfg0,
        0x3A2 => s.Pmpcfg2,
        _ => null,
    };

    private static void Register(StringBuilder xml, string name, int number, int bits, string type) =>
        xml.Append(CultureInfo.InvariantCulture, $"<reg name=\"{name}\" bitsize=\"{bits}\" type=\"{type}\" regnum=\"{number}\"/>");

    private static string Hex(ulong value, int bytes)
    {
        Span<byte> text = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(text, value);
        return Convert.ToHexStringLower(text[..bytes]);
    }
}
