using System.Numerics;

namespace ObjectOS.Machine.Isa.Tests;

/// <summary>Laws that the table itself obeys.</summary>
public sealed class InstructionTableTests
{
    private const int Seed = 4711;

    // A narrower row inside a wider one, on purpose.
    private static readonly HashSet<(string Wide, string Narrow)> Specialised =
    [
        ("fence", "fence.tso"), ("fence", "pause"), ("packw", "zext.h"), ("c.addi", "c.nop"), ("c.lui", "c.addi16sp"), ("c.mv", "c.jr"), ("c.add", "c.jalr"),
        ("c.add", "c.ebreak"), ("c.jalr", "c.ebreak"),
    ];

    [Fact]
    public void Rows_FixedBits_LieInsideTheMaskAndTheLength()
    {
        foreach (InstructionRow row in InstructionTable.Rows)
        {
            (row.Match & ~row.Mask).Should().Be(0, row.Mnemonic);
            (row.Mask & 3).Should().Be(3, row.Mnemonic);
            if (row.IsCompressed)
                row.Mask.Should().BeLessThan(0x10000, row.Mnemonic);
            else
                (row.Match & 0x1F).Should().NotBe(0x1F, row.Mnemonic);
        }
    }

    [Fact]
    public void Rows_Overlap_OnlyWhereOneSpecialisesTheOther()
    {
        var rows = InstructionTable.Rows;
        for (int i = 0; i < rows.Length; i++)
        {
            for (int j = i + 1; j < rows.Length; j++)
            {
                if (((rows[i].Match ^ rows[j].Match) & rows[i].Mask & rows[j].Mask) != 0)
                    continue;
                bool inOrder = BitOperations.PopCount(rows[i].Mask) < BitOperations.PopCount(rows[j].Mask);
                var (wide, narrow) = inOrder ? (rows[i], rows[j]) : (rows[j], rows[i]);
                BitOperations.PopCount(narrow.Mask).Should().BeGreaterThan(BitOperations.PopCount(wide.Mask), wide.Mnemonic);
                if (narrow.Op == Op.Illegal)
                    continue;
                (wide.Mask & ~narrow.Mask).Should().Be(0, $"{narrow.Mnemonic} lies inside {wide.Mnemonic}");
                Specialised.Should().Contain((wide.Mnemonic, narrow.Mnemonic));
            }
        }
    }

    [Fact]
    public void Rows_Op_IsTheMnemonicWithoutDots()
    {
        foreach (InstructionRow row in InstructionTable.Rows.Where(row => !row.IsCompressed && row.Mnemonic != "fence.tso"))
        {
            string name = string.Concat(row.Mnemonic.Split('.').Select(part => char.ToUpperInvariant(part[0]) + part[1..]));
            row.Op.ToString().Should().Be(name);
        }
    }

    [Fact]
    public void Ops_EachArchitecturalOne_HasABaseRow()
    {
        foreach (Op op in Enum.GetValues<Op>().Where(op => op is > Op.Illegal and < Op.Custom))
            InstructionTable.BaseRow(op).Op.Should().Be(op);
    }

    [Fact]
    public void Rows_WithRandomOperands_DecodeToThemselves()
    {
        var random = new Random(Seed);
        foreach (InstructionRow row in InstructionTable.Rows)
        {
            for (int i = 0; i < 200; i++)
            {
                uint free = ~row.Mask & (row.IsCompressed ? 0xFFFF : uint.MaxValue);
                uint bits = row.Match | ((uint)random.NextInt64(1L << 32) & free);
                if (Operands.HasReservedRounding(row.Format, bits) || IsNarrower(row, bits))
                    continue;
                bool legal = Decoder.TryExpand(bits, IsaConfiguration.Rv64Gc, out DecodedInstruction d, out InstructionRow found);
                found.Should().Be(row, $"of {bits:x} (seed {Seed})");
                legal.Should().Be(row.Op != Op.Illegal);
                d.Op.Should().Be(row.Op);
                d.Bits.Should().Be(bits);
                d.Length.Should().Be(row.IsCompressed ? 2 : 4);
            }
        }
    }

    private static bool IsNarrower(InstructionRow row, uint bits) =>
        InstructionTable.Rows.Any(other => other.Matches(bits) && BitOperations.PopCount(other.Mask) > BitOperations.PopCount(row.Mask));
}
