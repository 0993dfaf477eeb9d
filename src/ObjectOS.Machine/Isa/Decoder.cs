using System.Numerics;

namespace ObjectOS.Machine.Isa;

/// <summary>Turns bits into <see cref="DecodedInstruction"/>s by way of <see cref="InstructionTable"/>.</summary>
/// <remarks>Stateless, safe from any thread.</remarks>
internal static class Decoder
{
    // First level: where an encoding's candidates are. Second level: the candidates, those with the most fixed bits first.
    private const int FloatBuckets = 256;         // after 32 opcodes of 8 funct3 each: OP-FP by funct7, for its funct3 may be rm
    private const int CompressedBuckets = 384;    // then 4 quadrants of 8 funct3 each (the last quadrant is empty)
    private const int BucketCount = 416;
    private const uint FloatOpcode = 0x53;

    private static readonly InstructionRow[][] Buckets = BuildBuckets();

    /// <summary>Decodes the instruction that starts in the low bits of <paramref name="bits"/>.</summary>
    /// <param name="bits">32 bits of code; of a 16-bit instruction only the lower half is looked at.</param>
    /// <param name="isa">The extensions there are.</param>
    /// <param name="d">The instruction, with <see cref="DecodedInstruction.Offset"/> 0.</param>
    /// <returns>false if the encoding is illegal; then only <c>d.Bits</c> and <c>d.Length</c> mean something.</returns>
    public static bool TryDecode(uint bits, in IsaConfiguration isa, out DecodedInstruction d)
    {
        if (!TryExpand(bits, isa, out d, out _))
            return false;
        Specialisation.Apply(ref d);
        return true;
    }

    /// <summary>As <see cref="TryDecode"/>, but keeps the architectural operation and tells the row that matched.</summary>
    public static bool TryExpand(uint bits, in IsaConfiguration isa, out DecodedInstruction d, out InstructionRow row)
    {
        if ((bits & 3) != 3)
            bits &= 0xFFFF;
        d = default;
        d.Bits = bits;
        foreach (ref readonly InstructionRow candidate in Buckets[BucketOf(bits)].AsSpan())
        {
            if (!candidate.Matches(bits) || !isa.Has(candidate.Extension))
                continue;
            row = candidate;
            if (row.Op == Op.Illegal || Operands.HasReservedRounding(row.Format, bits))
                return false;
            d.Op = row.Op;
            Operands.Read(row.Format, bits, ref d);
            return true;
        }

        row = default;
        return false;
    }

    private static int BucketOf(uint bits)
    {
        if ((bits & 3) != 3)
            return CompressedBuckets + (int)((bits & 3) << 3 | bits >> 13 & 7);
        if ((bits & 0x7F) == FloatOpcode)
            return FloatBuckets + (int)(bits >> 25);
        return (int)((bits >> 2 & 31) << 3 | bits >> 12 & 7);
    }

    // The bits that every encoding in a bucket shares: the inverse of BucketOf.
    private static (uint Mask, uint Match) KeyOf(int bucket) => (uint)bucket switch
    {
        < FloatBuckets => (0x707F, ((uint)bucket >> 3) << 2 | ((uint)bucket & 7) << 12 | 3),
        < CompressedBuckets => (0xFE00007F, (uint)(bucket - FloatBuckets) << 25 | FloatOpcode),
        _ => (0xE003, (uint)(bucket - CompressedBuckets) >> 3 | ((uint)bucket & 7) << 13),
    };

    // The buckets that a row may be in. Those of the keys that no encoding has stay empty.
    private static (int First, int End) BucketsOf(in InstructionRow row)
    {
        if (row.IsCompressed)
            return (CompressedBuckets, BucketCount);
        if ((row.Mask & 0x7F) != 0x7F)
            return (0, CompressedBuckets);
        if ((row.Match & 0x7F) == FloatOpcode)
            return (FloatBuckets, CompressedBuckets);
        int first = (int)(row.Match >> 2 & 31) << 3;
        return (first, first + 8);
    }

    // Without queries and comparers: a process that runs one small program spends a tenth of its time on them.
    private static InstructionRow[][] BuildBuckets()
    {
        var rows = InstructionTable.Rows.AsSpan();
        var counts = new int[BucketCount];
        foreach (ref readonly InstructionRow row in rows)
        {
            var (first, end) = BucketsOf(row);
            for (int i = first; i < end; i++)
                counts[i] += IsIn(row, i) ? 1 : 0;
        }

        var buckets = new InstructionRow[BucketCount][];
        for (int i = 0; i < BucketCount; i++)
            buckets[i] = counts[i] == 0 ? [] : new InstructionRow[counts[i]];
        foreach (ref readonly InstructionRow row in rows)
        {
            var (first, end) = BucketsOf(row);
            for (int i = first; i < end; i++)
            {
                if (IsIn(row, i))
                    Insert(buckets[i], buckets[i].Length - counts[i]--, row);
            }
        }

        return buckets;
    }

    private static bool IsIn(in InstructionRow row, int bucket)
    {
        var (mask, match) = KeyOf(bucket);
        return ((row.Match ^ match) & row.Mask & mask) == 0;
    }

    // After the rows with as many fixed bits.
    private static void Insert(InstructionRow[] bucket, int count, in InstructionRow row)
    {
        int fixedBits = BitOperations.PopCount(row.Mask);
        for (; count > 0 && BitOperations.PopCount(bucket[count - 1].Mask) < fixedBits; count--)
            bucket[count] = bucket[count - 1];
        bucket[count] = row;
    }
}
