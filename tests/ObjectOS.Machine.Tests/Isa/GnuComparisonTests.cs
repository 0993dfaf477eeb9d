using ObjectOS.Tests;

namespace ObjectOS.Machine.Isa.Tests;

/// <summary>The table against an independent one: that of the GNU binutils.</summary>
public sealed class GnuComparisonTests
{
    private const int Seed = 20240607;
    private static readonly int WordCount = TestScale.Of(200_000);

    private static readonly IsaConfiguration Isa = IsaConfiguration.Rv64Gc;

    [NeedsFact(GnuTools.Assembler, GnuTools.Objdump)]
    public void EveryCompressedPattern_LegalityAndMnemonic_AgreeWithObjdump()
    {
        var lines = GnuTools.DisassembleHalves(CompressedPatterns());

        lines.Should().HaveCount(0xC000);
        var differences = lines.Where(line => NameOf(line.Bits) != SpecifiedName(line))
            .Select(line => $"{line.Bits:x4}: ours {NameOf(line.Bits)}, objdump {line.Mnemonic} {line.Operands}");
        differences.Should().BeEmpty();
    }

    [NeedsFact(GnuTools.Assembler, GnuTools.Objdump)]
    public void EveryCompressedPattern_Expansion_MeansTheSameToObjdump()
    {
        // With its aliases objdump writes a compressed instruction as its expansion. Hints have no such form.
        var legal = GnuTools.DisassembleHalves(CompressedPatterns(), "-Mnumeric")
            .Where(line => NameOf(line.Bits) is not null && !IsHint(line.Bits) && !IsJump(line.Bits)).ToList();
        var expanded = GnuTools.Assemble(legal.Select(line => Disassembler.Format(line.Bits, 0)), "-Mnumeric");

        expanded.Should().HaveCount(legal.Count);
        legal.Zip(expanded)
            .Where(pair => Alias(pair.First) != Alias(pair.Second))
            .Select(pair => $"{pair.First.Bits:x4}: {Alias(pair.First)}, ours assembled {Alias(pair.Second)}")
            .Should().BeEmpty();
    }

    [NeedsFact(GnuTools.Assembler, GnuTools.Objdump)]
    public void EveryCompressedJump_RegisterAndTarget_AgreeWithObjdump()
    {
        var jumps = GnuTools.DisassembleHalves(CompressedPatterns()).Where(line => IsJump(line.Bits)).ToList();

        jumps.Should().HaveCount(3 * 0x800);
        jumps.Select(line => WithoutPrefixes(Disassembler.Format(line.Bits, line.Address)))
            .Should().Equal(jumps.Select(line => line.Mnemonic switch
            {
                "c.j" => $"jal zero,{line.Operands}",
                "c.beqz" => $"beq {line.Operands.Replace(",", ",zero,", StringComparison.Ordinal)}",
                _ => $"bne {line.Operands.Replace(",", ",zero,", StringComparison.Ordinal)}",
            }));
    }

    [NeedsFact(GnuTools.Assembler, GnuTools.Objdump)]
    public void RandomWords_LegalityAndText_AgreeWithObjdump()
    {
        var lines = GnuTools.Disassemble(RandomWords());

        lines.Should().HaveCount(WordCount);
        var differences = lines.Where(line => !IsKnownDifference(line) && Ours(line) != Theirs(line))
            .Select(line => $"{line.Bits:x8}: ours {Ours(line)}, objdump {Theirs(line)}").Take(50);
        differences.Should().BeEmpty($"the seed is {Seed}");
        lines.Where(line => !line.IsIllegal).Select(line => NameOf(line.Bits)).Distinct().Count()
            .Should().BeGreaterThan(200, "the sample must reach the whole table");
    }

    // The name in chapter "C" of what objdump names in its own way; null where it is illegal.
    private static string? SpecifiedName(ObjdumpLine line) => (line.Mnemonic, line.Operands) switch
    {
        ("c.unimp", _) => null,                 // "a 16-bit instruction with all bits zero is ... illegal".
        ("c.addi16sp", "sp,0") => null,         // "the code point with nzimm=0 is reserved".
        ("c.slli64", _) => "c.slli",            // RV128's names of shifts by 0, which are hints on RV64.
        ("c.srli64", _) => "c.srli",
        ("c.srai64", _) => "c.srai",
        ("c.addi", var operands) when operands.StartsWith("zero,", StringComparison.Ordinal) => "c.nop",
        _ => line.IsIllegal ? null : line.Mnemonic,
    };

    // Where the specification and binutils 2.40 part ways.
    private static bool IsKnownDifference(ObjdumpLine line)
    {
        bool legal = Decoder.TryExpand(line.Bits, Isa, out DecodedInstruction d, out InstructionRow row);
        // Reserved rounding modes, which objdump calls "unknown", are illegal ("Floating-Point Control and Status Register").
        // The four privileged instructions belong to withdrawn drafts and to the debug mode.
        if (!legal)
            return line.Operands.EndsWith(",unknown", StringComparison.Ordinal)
                || line.Mnemonic is "uret" or "hret" or "sfence.vm" or "dret";
        if (!line.IsIllegal)
            return false;
        return row.Format switch
        {
            // Unused fields of fences "shall be ignored" and reserved fm values taken as 0 ("Memory Ordering Instructions", "Zifencei").
            Format.Fence or Format.None when row.Mnemonic is "fence" or "fence.i" => true,
            // "FCVT.D.W[U] always produces an exact result and is unaffected by rounding mode", likewise FCVT.D.S: rm is free.
            Format.FloatUnaryExact or Format.IntegerToFloatExact => d.Imm != 0,
            // Zicond came after binutils 2.40.
            _ => row.Extension == Extensions.Zicond,
        };
    }

    private static string Ours(ObjdumpLine line) => WithoutCsr(WithoutPrefixes(Disassembler.Format(line.Bits, line.Address)));

    // binutils 2.40 does not write the dynamic rounding mode.
    private static string Theirs(ObjdumpLine line) => WithoutCsr(WithoutPrefixes($"{line.Mnemonic} {line.Operands}".TrimEnd()));

    private static string WithoutPrefixes(string text) =>
        text.Replace("0x", "", StringComparison.Ordinal).Replace(",dyn", "", StringComparison.Ordinal);

    // Names of CSRs are not compared.
    private static string WithoutCsr(string text)
    {
        if (!text.StartsWith("csr", StringComparison.Ordinal))
            return text;
        string[] operands = text.Split(',');
        return $"{operands[0]},{operands[2]}";
    }

    private static string? NameOf(uint bits) => Decoder.TryExpand(bits, Isa, out _, out InstructionRow row) ? row.Mnemonic : null;

    private static bool IsJump(uint bits) => NameOf(bits) is "c.j" or "c.beqz" or "c.bnez";

    private static bool IsHint(uint bits) =>
        Decoder.TryDecode(bits, Isa, out DecodedInstruction d)
        && (d.Op == Op.Nop || d is { Op: Op.Slli or Op.Srli or Op.Srai, Imm: 0 } || (d.Op == Op.Mv && NameOf(bits) == "c.addi"));

    // objdump writes c.mv as mv and the add it expands to as add.
    private static string Alias(ObjdumpLine line)
    {
        string[] operands = line.Operands.Split(',');
        return line.Mnemonic == "add" && operands[1] == "x0"
            ? $"mv {operands[0]},{operands[2]}"
            : $"{line.Mnemonic} {line.Operands}";
    }

    private static IEnumerable<uint> CompressedPatterns() => Enumerable.Range(0, 0x10000).Select(i => (uint)i).Where(i => (i & 3) != 3);

    // A third each: any words, instances of rows, instances of rows with one bit changed. Encodings longer than 32 bits are left out.
    private static IEnumerable<uint> RandomWords()
    {
        var random = new Random(Seed);
        var rows = InstructionTable.Rows.Where(row => !row.IsCompressed).ToArray();
        for (int i = 0; i < WordCount;)
        {
            uint word = (uint)random.NextInt64(1L << 32) | 3;
            InstructionRow row = rows[random.Next(rows.Length)];
            if (i % 3 != 0)
                word = (word & ~row.Mask) | row.Match;
            if (i % 3 == 2)
                word ^= 4u << random.Next(30);
            if ((word & 0x1F) == 0x1F)
                continue;
            i++;
            yield return word;
        }
    }
}
