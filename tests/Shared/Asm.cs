using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Diagnostics;
using ObjectOS.Machine.Isa;

namespace ObjectOS.Tests;

/// <summary>Assembles guest code for tests out of the instruction table; operands in the order of the assembly language.</summary>
internal sealed class Asm(ulong origin)
{
    public const int Zero = 0, Ra = 1, Sp = 2, T0 = 5, T1 = 6, T2 = 7, S0 = 8, S1 = 9, A0 = 10, A1 = 11, A2 = 12, A3 = 13, A4 = 14, A5 = 15, A7 = 17;

    private static readonly FrozenDictionary<string, uint> Matches = InstructionTable.Rows
        .Where(row => row.Op != Op.Illegal).DistinctBy(row => row.Mnemonic).ToFrozenDictionary(row => row.Mnemonic, row => row.Match);

    private readonly List<byte> _code = [];

    /// <summary>The address of what is emitted next.</summary>
    public ulong Here => origin + (ulong)_code.Count;

    public byte[] ToArray() => [.. _code];

    public Asm Word(uint bits) => Bytes(bits, 4);

    public Asm Half(ushort bits) => Bytes(bits, 2);

    public Asm R(string mnemonic, int rd, int rs1, int rs2) => Word(Match(mnemonic) | Rd(rd) | Rs1(rs1) | Rs2(rs2));

    public Asm I(string mnemonic, int rd, int rs1, int imm) => Word(Match(mnemonic) | Rd(rd) | Rs1(rs1) | (uint)imm << 20);

    /// <summary><c>ld rd,imm(rs1)</c> and the like.</summary>
    public Asm Load(string mnemonic, int rd, int imm, int rs1) => I(mnemonic, rd, rs1, imm);

    /// <summary><c>sd rs2,imm(rs1)</c> and the like.</summary>
    public Asm Store(string mnemonic, int rs2, int imm, int rs1) =>
        Word(Match(mnemonic) | Rs1(rs1) | Rs2(rs2) | ((uint)imm & 31) << 7 | (uint)(imm >> 5) << 25);

    /// <summary><c>amoadd.w rd,rs2,(rs1)</c>, <c>sc.d rd,rs2,(rs1)</c>, and <c>lr.w rd,(rs1)</c> with rs2 0.</summary>
    public Asm Atomic(string mnemonic, int rd, int rs2, int rs1) => R(mnemonic, rd, rs1, rs2);

    public Asm Branch(string mnemonic, int rs1, int rs2, ulong target) =>
        Word(Match(mnemonic) | Rs1(rs1) | Rs2(rs2) | BranchOffset((int)(target - Here)));

    public Asm Jal(int rd, ulong target) => Word(Match("jal") | Rd(rd) | JumpOffset((int)(target - Here)));

    public Asm Csr(string mnemonic, int rd, int csr, int rs1) => I(mnemonic, rd, rs1, csr);

    public Asm Bare(string mnemonic) => Word(Match(mnemonic));

    public Asm Ecall() => Bare("ecall");

    public Asm Addi(int rd, int rs1, int imm) => I("addi", rd, rs1, imm);

    public Asm Li(int rd, int imm)
    {
        int low = imm << 20 >> 20;
        Word(Match("lui") | Rd(rd) | (uint)(imm - low));
        return I("addiw", rd, rd, low);
    }

    /// <summary>Loads any number, by one to eight instructions.</summary>
    public Asm Li64(int rd, ulong value)
    {
        long low = (long)(value << 52) >> 52;
        if (low == (long)value)
            return Addi(rd, Zero, (int)low);
        if ((long)value == (int)value)
            return Li(rd, (int)value);
        Li64(rd, (ulong)((long)(value - (ulong)low) >> 12)).I("slli", rd, rd, 12);
        return low == 0 ? this : Addi(rd, rd, (int)low);
    }

    /// <summary>The fixed bits of an instruction.</summary>
    public static uint Match(string mnemonic) =>
        Matches.TryGetValue(mnemonic, out uint match) ? match : throw new UnreachableException($"no instruction {mnemonic}");

    public static uint BranchOffset(int offset) =>
        ((uint)offset >> 12 & 1) << 31 | ((uint)offset >> 5 & 63) << 25 | ((uint)offset >> 1 & 15) << 8 | ((uint)offset >> 11 & 1) << 7;

    public static uint JumpOffset(int offset) =>
        ((uint)offset >> 20 & 1) << 31 | ((uint)offset >> 1 & 1023) << 21 | ((uint)offset >> 11 & 1) << 20 | ((uint)offset >> 12 & 255) << 12;

    private static uint Rd(int register) => (uint)register << 7;

    private static uint Rs1(int register) => (uint)register << 15;

    private static uint Rs2(int register) => (uint)register << 20;

    private Asm Bytes(uint bits, int count)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, bits);
        _code.AddRange(bytes[..count]);
        return this;
    }
}
