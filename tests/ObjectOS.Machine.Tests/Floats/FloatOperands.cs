using ObjectOS.Machine.Isa.Floats;

namespace ObjectOS.Machine.Tests.Floats;

/// <summary>Operands that reach the corners: notable values, their neighbours, related exponents, integer boundaries, noise.</summary>
internal sealed class FloatOperands(Random random)
{
    public ulong Next(OperandKind kind, ulong other) => kind switch
    {
        OperandKind.Single => NextSingle(NanBoxing.Unbox(other)),
        OperandKind.Double => NextFloat<Binary64>(other),
        _ => NextInteger(),
    };

    /// <summary>Numbers whose neighbourhood matters: zero, the ends of the subnormal and normal ranges, one, NaNs.</summary>
    public static ulong[] Notable<TFormat>()
        where TFormat : struct, IFloatFormat
    {
        ulong smallestNormal = 1UL << TFormat.FractionBits;
        ulong[] magnitudes =
        [
            0, 1, 2, smallestNormal >> 1, smallestNormal - 1, smallestNormal, smallestNormal + 1,
            FloatFormat<TFormat>.One - 1, FloatFormat<TFormat>.One, FloatFormat<TFormat>.One + 1,
            FloatFormat<TFormat>.One + smallestNormal, FloatFormat<TFormat>.One + (smallestNormal >> 1),
            FloatFormat<TFormat>.LargestFinite - 1, FloatFormat<TFormat>.LargestFinite, FloatFormat<TFormat>.Infinity,
            FloatFormat<TFormat>.Infinity + 1, FloatFormat<TFormat>.CanonicalNaN, FloatFormat<TFormat>.CanonicalNaN + 5,
            FloatFormat<TFormat>.CanonicalNaN - 1,
        ];
        return [.. magnitudes, .. magnitudes.Select(magnitude => magnitude | FloatFormat<TFormat>.SignBit)];
    }

    private ulong NextSingle(uint other)
    {
        ulong boxed = NanBoxing.Box((uint)NextFloat<Binary32>(other));
        return random.Next(64) == 0 ? boxed ^ (1UL << random.Next(32, 64)) : boxed;
    }

    private ulong NextFloat<TFormat>(ulong other)
        where TFormat : struct, IFloatFormat
    {
        ulong bits = (ulong)random.NextInt64(long.MinValue, long.MaxValue) & ((FloatFormat<TFormat>.SignBit << 1) - 1);
        ulong sign = bits & FloatFormat<TFormat>.SignBit;
        ulong fraction = bits & FloatFormat<TFormat>.FractionMask;
        switch (random.Next(10))
        {
            case 0:
                return bits;
            case 1:
                ulong[] notable = Notable<TFormat>();
                return notable[random.Next(notable.Length)];
            case 2:
                // Subnormals of every length.
                return sign | (fraction >> random.Next(TFormat.FractionBits));
            case 3:
                // Short significands near one: exact results and ties.
                return sign | Exponent<TFormat>(random.Next(-4, 5)) | (fraction & ~(FloatFormat<TFormat>.FractionMask >> random.Next(1, 14)));
            case 4:
                // Around one half of the precision, where products end in ties.
                return sign | Exponent<TFormat>(random.Next(-2, 3)) | (fraction & ~(FloatFormat<TFormat>.FractionMask >> (TFormat.FractionBits / 2)));
            case 5:
                // An exponent close to the other operand's: cancellation, and sums with every alignment.
                int near = (int)(other >> TFormat.FractionBits) & FloatFormat<TFormat>.MaxBiasedExponent;
                int moved = Math.Clamp(near + random.Next(-TFormat.FractionBits - 3, TFormat.FractionBits + 4), 0, FloatFormat<TFormat>.MaxBiasedExponent - 1);
                return sign | ((ulong)moved << TFormat.FractionBits) | fraction;
            case 6:
                // The other operand itself, a few units away.
                return (other ^ sign) + (ulong)random.Next(-3, 4) & ((FloatFormat<TFormat>.SignBit << 1) - 1);
            case 7:
                // Exponents whose product, quotient or result lands at the ends of the range.
                return sign | Edge<TFormat>(other) | (random.Next(2) == 0 ? fraction : fraction & ~(FloatFormat<TFormat>.FractionMask >> 5));
            case 8:
                // Around the integer boundaries, with fractions.
                return NearInteger<TFormat>(sign, fraction);
            default:
                return sign | Exponent<TFormat>(random.Next(-60, 61)) | fraction;
        }
    }

    private ulong NextInteger()
    {
        ulong bits = (ulong)random.NextInt64(long.MinValue, long.MaxValue);
        int[] boundaries = [0, 24, 25, 31, 32, 53, 54, 63];
        return random.Next(4) switch
        {
            0 => bits,
            1 => bits >> random.Next(64),
            2 => (1UL << boundaries[random.Next(boundaries.Length)]) + (ulong)random.Next(-4, 5),
            _ => 0 - ((1UL << boundaries[random.Next(boundaries.Length)]) + (ulong)random.Next(-4, 5)),
        };
    }

    private static ulong Exponent<TFormat>(int exponent)
        where TFormat : struct, IFloatFormat =>
        (ulong)(FloatFormat<TFormat>.Bias + exponent) << TFormat.FractionBits;

    private ulong Edge<TFormat>(ulong other)
        where TFormat : struct, IFloatFormat
    {
        int theirs = ((int)(other >> TFormat.FractionBits) & FloatFormat<TFormat>.MaxBiasedExponent) - FloatFormat<TFormat>.Bias;
        int target = random.Next(3) switch
        {
            0 => FloatFormat<TFormat>.Bias,
            1 => 1 - FloatFormat<TFormat>.Bias,
            _ => 1 - FloatFormat<TFormat>.Bias - random.Next(TFormat.FractionBits + 3),
        };
        int exponent = (random.Next(2) == 0 ? target - theirs : theirs - target) + random.Next(-2, 3);
        return (ulong)Math.Clamp(exponent + FloatFormat<TFormat>.Bias, 0, FloatFormat<TFormat>.MaxBiasedExponent - 1) << TFormat.FractionBits;
    }

    private ulong NearInteger<TFormat>(ulong sign, ulong fraction)
        where TFormat : struct, IFloatFormat
    {
        int[] exponents = [-2, -1, 0, 1, 23, 24, 30, 31, 32, 51, 52, 53, 62, 63, 64];
        int exponent = exponents[random.Next(exponents.Length)];
        return random.Next(3) switch
        {
            0 => sign | (Exponent<TFormat>(exponent) + (ulong)random.Next(-3, 4)),
            1 => sign | Exponent<TFormat>(exponent) | (fraction & ~(FloatFormat<TFormat>.FractionMask >> Math.Clamp(exponent + 1, 0, TFormat.FractionBits))),
            _ => sign | Exponent<TFormat>(exponent) | fraction,
        };
    }
}
