using System.Runtime.CompilerServices;
using System.Diagnostics;

namespace ObjectOS.Machine.Isa.Floats;

/// <summary>The one place where an exact value becomes a number of a format.</summary>
/// <remarks>
/// Discarded low bits are kept as a sticky bit: a shift that loses a one leaves a one in the lowest place. That is enough for
/// every mode, because rounding asks only whether what is cut off is zero, below, at or above one half of the last place.
/// </remarks>
internal static class Rounding
{
    /// <summary>Rounds ± <paramref name="value"/> · 2^(<paramref name="exponent"/> − 127) and packs it, raising what that raises.</summary>
    /// <remarks>The value is not zero; its lowest bit may be sticky if its leading one is at least 64 places above.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static ulong Pack<TFormat>(bool negative, int exponent, UInt128 value, RoundingMode rm, ref FloatFlags flags)
        where TFormat : struct, IFloatFormat
    {
        int zeros = (int)UInt128.LeadingZeroCount(value);
        value <<= zeros;
        ulong significand = (ulong)(value >> 64) | ((ulong)value != 0 ? 1UL : 0);
        return PackNormalized<TFormat>(negative, exponent - zeros, significand, rm, ref flags);
    }

    /// <summary>Rounds ± <paramref name="significand"/> · 2^(<paramref name="exponent"/> − 63) and packs it.</summary>
    /// <remarks>Bit 63 of the significand is set; bit 0 may be sticky.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static ulong PackNormalized<TFormat>(bool negative, int exponent, ulong significand, RoundingMode rm, ref FloatFlags flags)
        where TFormat : struct, IFloatFormat
    {
        int dropped = 63 - TFormat.FractionBits;
        int biased = exponent + FloatFormat<TFormat>.Bias;
        if (biased <= 0)
        {
            return PackTiny<TFormat>(negative, biased, significand, rm, ref flags);
        }

        ulong rounded = Round(significand, dropped, negative, rm, out bool inexact);

        // The leading one adds to the exponent field, and so does a carry out of the fraction.
        ulong magnitude = ((ulong)(biased - 1) << TFormat.FractionBits) + rounded;
        if (biased >= FloatFormat<TFormat>.MaxBiasedExponent || magnitude >= FloatFormat<TFormat>.Infinity)
        {
            flags |= FloatFlags.Overflow | FloatFlags.Inexact;
            magnitude = RoundsUp(negative, odd: true, rest: 3, rm) ? FloatFormat<TFormat>.Infinity : FloatFormat<TFormat>.LargestFinite;
        }
        else if (inexact)
        {
            flags |= FloatFlags.Inexact;
        }

        return FloatFormat<TFormat>.Signed(negative, magnitude);
    }

    /// <summary>Rounds a fixed-point number: bits 127..64 are the integer, bits 63..0 the fraction, bit 0 may be sticky.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static ulong ToInteger(UInt128 fixedPoint, bool negative, RoundingMode rm, out bool inexact)
    {
        ulong integer = (ulong)(fixedPoint >> 64);
        ulong fraction = (ulong)fixedPoint;
        inexact = fraction != 0;
        int rest = (int)(fraction >> 63 << 1) | (fraction << 1 != 0 ? 1 : 0);
        return RoundsUp(negative, (integer & 1) != 0, rest, rm) ? integer + 1 : integer;
    }

    /// <summary>Shifts right by any count; a one that falls out leaves the lowest bit set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static UInt128 ShiftRightSticky(UInt128 value, int count)
    {
        if (count >= 128)
        {
            return value != 0 ? 1u : 0u;
        }

        UInt128 shifted = value >> count;
        return shifted << count == value ? shifted : shifted | 1u;
    }

    /// <summary>Packs a value below the smallest normal number before rounding.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static ulong PackTiny<TFormat>(bool negative, int biased, ulong significand, RoundingMode rm, ref FloatFlags flags)
        where TFormat : struct, IFloatFormat
    {
        int dropped = 63 - TFormat.FractionBits;
        ulong shifted = (ulong)ShiftRightSticky(significand, 1 - biased);
        ulong magnitude = Round(shifted, dropped, negative, rm, out bool inexact);
        if (inexact)
        {
            // Tininess is detected after rounding (chapter "F", "underflow"): the value is tiny unless, rounded to full precision
            // as if the exponent had no lower bound, it would reach the smallest normal number.
            bool tiny = biased < 0 || Round(significand, dropped, negative, rm, out _) >> (TFormat.FractionBits + 1) == 0;
            flags |= tiny ? FloatFlags.Inexact | FloatFlags.Underflow : FloatFlags.Inexact;
        }

        return FloatFormat<TFormat>.Signed(negative, magnitude);
    }

    /// <summary>Drops the lowest bits, at least two of them and fewer than 64.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static ulong Round(ulong value, int dropped, bool negative, RoundingMode rm, out bool inexact)
    {
        ulong kept = value >> dropped;
        ulong cut = value << (64 - dropped);
        inexact = cut != 0;
        int rest = (int)(cut >> 63 << 1) | (cut << 1 != 0 ? 1 : 0);
        return RoundsUp(negative, (kept & 1) != 0, rest, rm) ? kept + 1 : kept;
    }

    /// <summary>Whether the magnitude grows by one in the last place.</summary>
    /// <param name="negative">The sign of the number.</param>
    /// <param name="odd">The last place kept.</param>
    /// <param name="rest">What is cut off: 0 nothing, 1 less than half of the last place, 2 half, 3 more.</param>
    /// <param name="rm">The mode.</param>
    private static bool RoundsUp(bool negative, bool odd, int rest, RoundingMode rm) => rm switch
    {
        RoundingMode.NearestEven => rest == 3 || (rest == 2 && odd),
        RoundingMode.TowardZero => false,
        RoundingMode.Down => negative && rest != 0,
        RoundingMode.Up => !negative && rest != 0,
        RoundingMode.NearestMaxMagnitude => rest >= 2,
        _ => throw new UnreachableException($"rounding mode {rm}"),
    };
}
