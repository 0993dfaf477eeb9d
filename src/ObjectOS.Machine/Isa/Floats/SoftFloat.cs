using System.Runtime.CompilerServices;

namespace ObjectOS.Machine.Isa.Floats;

/// <summary>IEEE 754 arithmetic on the bits, for every operand and every rounding mode.</summary>
/// <remarks>
/// Each operation settles zeros, infinities and NaNs first, then forms the exact result of two or three finite non-zero numbers,
/// and lets <see cref="Rounding"/> round it once.
/// </remarks>
internal static class SoftFloat<TFormat>
    where TFormat : struct, IFloatFormat
{
    /// <summary>a + b, which is a·1 + b: the product is exact, and zeros, infinities and NaNs pass through a multiplication by one.</summary>
    public static ulong Add(ulong a, ulong b, RoundingMode rm, ref FloatFlags flags) =>
        FusedMultiplyAdd(a, FloatFormat<TFormat>.One, b, rm, ref flags);

    /// <summary>a·b, which is a·b + z where z is the zero with the sign of the product: it changes neither a zero nor anything else.</summary>
    public static ulong Multiply(ulong a, ulong b, RoundingMode rm, ref FloatFlags flags) =>
        FusedMultiplyAdd(a, b, (a ^ b) & FloatFormat<TFormat>.SignBit, rm, ref flags);

    /// <summary>a·b + c, rounded once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static ulong FusedMultiplyAdd(ulong a, ulong b, ulong c, RoundingMode rm, ref FloatFlags flags)
    {
        bool productNegative = FloatFormat<TFormat>.IsNegative(a ^ b);
        bool productInfinite = FloatFormat<TFormat>.IsInfinity(a) || FloatFormat<TFormat>.IsInfinity(b);
        bool productZero = FloatFormat<TFormat>.IsZero(a) || FloatFormat<TFormat>.IsZero(b);
        bool anyNaN = FloatFormat<TFormat>.IsNaN(a) || FloatFormat<TFormat>.IsNaN(b) || FloatFormat<TFormat>.IsNaN(c);

        // ∞·0 is invalid even when the addend is a quiet NaN (chapter "F", fused multiply-add).
        bool invalid = productInfinite && productZero;
        if (anyNaN || invalid)
        {
            bool signaling = FloatFormat<TFormat>.IsSignalingNaN(a) || FloatFormat<TFormat>.IsSignalingNaN(b)
                || FloatFormat<TFormat>.IsSignalingNaN(c);
            return NaN(invalid || signaling, ref flags);
        }

        if (FloatFormat<TFormat>.IsInfinity(c))
        {
            bool opposed = productInfinite && productNegative != FloatFormat<TFormat>.IsNegative(c);
            return opposed ? NaN(invalid: true, ref flags) : c;
        }

        if (productInfinite)
        {
            return FloatFormat<TFormat>.Signed(productNegative, FloatFormat<TFormat>.Infinity);
        }

        if (productZero)
        {
            bool sameZero = FloatFormat<TFormat>.IsNegative(c) == productNegative;
            return !FloatFormat<TFormat>.IsZero(c) || sameZero ? c : CancelledZero(rm);
        }

        var x = FloatParts.Of<TFormat>(a);
        var y = FloatParts.Of<TFormat>(b);
        UInt128 product = (UInt128)x.Significand * y.Significand;
        int exponent = x.Exponent + y.Exponent + 1;
        return FloatFormat<TFormat>.IsZero(c)
            ? Rounding.Pack<TFormat>(productNegative, exponent, product, rm, ref flags)
            : AddToProduct(productNegative, exponent, product, FloatParts.Of<TFormat>(c), rm, ref flags);
    }

    /// <summary>a ÷ b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static ulong Divide(ulong a, ulong b, RoundingMode rm, ref FloatFlags flags)
    {
        bool negative = FloatFormat<TFormat>.IsNegative(a ^ b);
        if (FloatFormat<TFormat>.IsNaN(a) || FloatFormat<TFormat>.IsNaN(b))
        {
            return NaN(FloatFormat<TFormat>.IsSignalingNaN(a) || FloatFormat<TFormat>.IsSignalingNaN(b), ref flags);
        }

        if (FloatFormat<TFormat>.IsInfinity(a))
        {
            return FloatFormat<TFormat>.IsInfinity(b)
                ? NaN(invalid: true, ref flags)
                : FloatFormat<TFormat>.Signed(negative, FloatFormat<TFormat>.Infinity);
        }

        if (FloatFormat<TFormat>.IsZero(b))
        {
            if (FloatFormat<TFormat>.IsZero(a))
            {
                return NaN(invalid: true, ref flags);
            }

            flags |= FloatFlags.DivideByZero;
            return FloatFormat<TFormat>.Signed(negative, FloatFormat<TFormat>.Infinity);
        }

        if (FloatFormat<TFormat>.IsZero(a) || FloatFormat<TFormat>.IsInfinity(b))
        {
            return FloatFormat<TFormat>.Signed(negative, 0);
        }

        // Both significands lie in [2^63, 2^64), so the quotient of 2^63 times one by the other lies in (2^62, 2^64): two bits
        // more than any precision needs, and the remainder is only ever sticky.
        var x = FloatParts.Of<TFormat>(a);
        var y = FloatParts.Of<TFormat>(b);
        (UInt128 quotient, UInt128 remainder) = UInt128.DivRem((UInt128)x.Significand << 63, y.Significand);
        return PackRoot(negative, x.Exponent - y.Exponent, (ulong)quotient, remainder != 0, rm, ref flags);
    }

    /// <summary>The square root of a.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static ulong SquareRoot(ulong a, RoundingMode rm, ref FloatFlags flags)
    {
        if (FloatFormat<TFormat>.IsNaN(a))
        {
            return NaN(FloatFormat<TFormat>.IsSignalingNaN(a), ref flags);
        }

        if (FloatFormat<TFormat>.IsZero(a))
        {
            return a;
        }

        if (FloatFormat<TFormat>.IsNegative(a))
        {
            return NaN(invalid: true, ref flags);
        }

        if (FloatFormat<TFormat>.IsInfinity(a))
        {
            return a;
        }

        // a = S·2^(e−63). With e = 2h + o, o in {0, 1}: √a = √(S·2^(63+o))·2^(h−63), and the radicand lies in [2^126, 2^128).
        var x = FloatParts.Of<TFormat>(a);
        UInt128 radicand = (UInt128)x.Significand << (63 + (x.Exponent & 1));
        ulong root = IntegerSquareRoot(radicand);
        return PackRoot(negative: false, x.Exponent >> 1, root, (UInt128)root * root != radicand, rm, ref flags);
    }

    /// <summary>The canonical NaN, raising invalid if asked.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static ulong NaN(bool invalid, ref FloatFlags flags)
    {
        if (invalid)
        {
            flags |= FloatFlags.Invalid;
        }

        return FloatFormat<TFormat>.CanonicalNaN;
    }

    /// <summary>Adds a product of two significands and a number, both not zero.</summary>
    /// <remarks>
    /// The product is a multiple of 2^22 with its leading one at bit 126 or 127; the addend, in the upper half, is a multiple of
    /// 2^75. One place of headroom is therefore free. A shift can lose ones only when the exponents differ by more than 20; the
    /// larger term then cancels by at most one place, so its leading one stays above bit 120 and a sticky bit 0 is exact enough.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static ulong AddToProduct(
        bool negative, int exponent, UInt128 product, FloatParts c, RoundingMode rm, ref FloatFlags flags)
    {
        UInt128 x = product >> 1;
        UInt128 y = (UInt128)c.Significand << 63;
        int gap = exponent - c.Exponent;
        if (gap >= 0)
        {
            y = Rounding.ShiftRightSticky(y, gap);
        }
        else
        {
            x = Rounding.ShiftRightSticky(x, -gap);
        }

        int common = Math.Max(exponent, c.Exponent) + 1;
        if (negative == c.Negative)
        {
            return Rounding.Pack<TFormat>(negative, common, x + y, rm, ref flags);
        }

        if (x == y)
        {
            return CancelledZero(rm);
        }

        return x > y
            ? Rounding.Pack<TFormat>(negative, common, x - y, rm, ref flags)
            : Rounding.Pack<TFormat>(c.Negative, common, y - x, rm, ref flags);
    }

    /// <summary>The sum of equal magnitudes with opposite signs: +0, but −0 when rounding down (IEEE 754, 6.3).</summary>
    private static ulong CancelledZero(RoundingMode rm) => FloatFormat<TFormat>.Signed(rm == RoundingMode.Down, 0);

    /// <summary>Packs <paramref name="value"/> · 2^(<paramref name="exponent"/> − 63) plus a sticky remainder.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static ulong PackRoot(
        bool negative, int exponent, ulong value, bool remainder, RoundingMode rm, ref FloatFlags flags)
    {
        UInt128 extended = ((UInt128)value << 64) | (remainder ? 1u : 0u);
        return Rounding.Pack<TFormat>(negative, exponent, extended, rm, ref flags);
    }

    /// <summary>⌊√radicand⌋ for a radicand of at least 2^126.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static ulong IntegerSquareRoot(UInt128 radicand)
    {
        // The host's root is good to about 2^-52, one Newton step makes that 2^-104, and the loops settle the last unit: they are
        // what the result rests on, whatever the estimate was. The estimate may round up to 2^64, hence the clamp.
        double estimate = Math.Sqrt((double)radicand);
        UInt128 guess = estimate >= 18446744073709551615.0 ? ulong.MaxValue : (ulong)estimate;
        guess = (guess + (radicand / guess)) >> 1;
        while (guess * guess > radicand || guess > ulong.MaxValue)
        {
            guess--;
        }

        while (guess < ulong.MaxValue && (guess + 1) * (guess + 1) <= radicand)
        {
            guess++;
        }

        return (ulong)guess;
    }
}
