using System.Numerics;

namespace ObjectOS.Machine.Isa.Floats;

/// <summary>A finite non-zero number taken apart: ± <paramref name="Significand"/> · 2^(<paramref name="Exponent"/> − 63).</summary>
/// <param name="Negative">The sign.</param>
/// <param name="Exponent">The unbiased exponent of the leading bit, also for numbers that were subnormal.</param>
/// <param name="Significand">Bit 63 is the leading one; everything below the format's precision is zero.</param>
internal readonly record struct FloatParts(bool Negative, int Exponent, ulong Significand)
{
    /// <summary>Takes a finite non-zero number apart.</summary>
    public static FloatParts Of<TFormat>(ulong bits)
        where TFormat : struct, IFloatFormat
    {
        bool negative = FloatFormat<TFormat>.IsNegative(bits);
        int biased = (int)(bits >> TFormat.FractionBits) & FloatFormat<TFormat>.MaxBiasedExponent;
        ulong fraction = bits & FloatFormat<TFormat>.FractionMask;
        if (biased != 0)
        {
            ulong significand = (fraction << (63 - TFormat.FractionBits)) | (1UL << 63);
            return new FloatParts(negative, biased - FloatFormat<TFormat>.Bias, significand);
        }

        // A subnormal has the exponent of the smallest normal, and its leading one is wherever it is.
        int zeros = BitOperations.LeadingZeroCount(fraction);
        int exponent = 1 - FloatFormat<TFormat>.Bias + (63 - zeros - TFormat.FractionBits);
        return new FloatParts(negative, exponent, fraction << zeros);
    }
}
