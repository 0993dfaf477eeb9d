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

    private static InstructionRow[][] BuildBuckets()
    {
        var buckets = new InstructionRow[BucketCount][];
        for (int i = 0; i < BucketCount; i++)
        {
            var (mask, match) = KeyOf(i);
            buckets[i] =
            [
                .. InstructionTable.Rows
                    .Where(row => ((row.Match ^ match) & row.Mask & mask) == 0)
                    .OrderByDescending(row => BitOperations.PopCount(row.Mask)),
            ];
        }

        return buckets;
    }
}
