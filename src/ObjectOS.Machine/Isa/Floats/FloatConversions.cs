using System.Runtime.CompilerServices;

namespace ObjectOS.Machine.Isa.Floats;

/// <summary>The fcvt instructions: between the formats, and to and from 32- and 64-bit integers.</summary>
/// <remarks>
/// Integers are whole registers: 32-bit results are sign-extended, fcvt.wu included, and of a 32-bit source only the lower half is
/// read (RISC-V unprivileged, chapter "F", conversion and move instructions).
/// </remarks>
internal static class FloatConversions
{
    /// <summary>fcvt.d.s: always exact.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Widen(uint a, ref FloatFlags flags)
    {
        float value = BitConverter.UInt32BitsToSingle(a);
        return HostFloats.IsOrdinary(value)
            ? BitConverter.DoubleToUInt64Bits(value)
            : Reformat<Binary32, Binary64>(a, RoundingMode.NearestEven, ref flags);
    }

    /// <summary>fcvt.s.d.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Narrow(ulong a, RoundingMode rm, ref FloatFlags flags)
    {
        double value = BitConverter.UInt64BitsToDouble(a);
        float narrowed = (float)value;
        return HostFloats.IsOrdinary(narrowed) && (HostFloats.RoundsAlike(rm, flags) || narrowed == value)
            ? BitConverter.SingleToUInt32Bits(narrowed)
            : (uint)Reformat<Binary64, Binary32>(a, rm, ref flags);
    }

    /// <summary>fcvt.{w,wu,l,lu}.d: the register after the conversion; out of range saturates and is invalid, NaN counts as +∞.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong ToInteger64(ulong a, IntegerKind kind, RoundingMode rm, ref FloatFlags flags)
    {
        double value = BitConverter.UInt64BitsToDouble(a);
        return TryTruncate(value, kind, rm, ref flags, out long integer)
            ? (ulong)integer
            : ToInteger<Binary64>(a, kind, rm, ref flags);
    }

    /// <summary>fcvt.{w,wu,l,lu}.s: the register after the conversion; out of range saturates and is invalid, NaN counts as +∞.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong ToInteger32(uint a, IntegerKind kind, RoundingMode rm, ref FloatFlags flags)
    {
        double value = BitConverter.UInt32BitsToSingle(a);
        return TryTruncate(value, kind, rm, ref flags, out long integer)
            ? (ulong)integer
            : ToInteger<Binary32>(a, kind, rm, ref flags);
    }

    /// <summary>fcvt.d.{w,wu,l,lu}.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong FromInteger64(ulong register, IntegerKind kind, RoundingMode rm, ref FloatFlags flags)
    {
        long integer = (long)Operand(register, kind);

        // Up to 53 bits the host's conversion is exact in every mode; 64 bits unsigned are not in that range when negative here.
        return integer is >= -(1L << 53) and <= 1L << 53 && (integer >= 0 || kind != IntegerKind.UnsignedLong)
            ? BitConverter.DoubleToUInt64Bits(integer)
            : FromInteger<Binary64>((ulong)integer, kind, rm, ref flags);
    }

    /// <summary>fcvt.s.{w,wu,l,lu}.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint FromInteger32(ulong register, IntegerKind kind, RoundingMode rm, ref FloatFlags flags)
    {
        long integer = (long)Operand(register, kind);
        return integer is >= -(1L << 24) and <= 1L << 24 && (integer >= 0 || kind != IntegerKind.UnsignedLong)
            ? BitConverter.SingleToUInt32Bits(integer)
            : (uint)FromInteger<Binary32>((ulong)integer, kind, rm, ref flags);
    }

    /// <summary>Converts on the host what truncates to a value in range, if truncation is the mode or nothing is cut off.</summary>
    /// <remarks>Below 2^63 in magnitude the host's truncation is exact, and so is comparing its result with the source.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryTruncate(double value, IntegerKind kind, RoundingMode rm, ref FloatFlags flags, out long integer)
    {
        integer = 0;
        if (!(Math.Abs(value) < 9223372036854775808.0))
        {
            return false;
        }

        long truncated = (long)value;
        bool exact = truncated == value;
        bool inRange = kind switch
        {
            IntegerKind.Word => truncated == (int)truncated,
            IntegerKind.UnsignedWord => truncated == (uint)truncated,
            IntegerKind.Long => true,
            _ => truncated >= 0,
        };
        if (!inRange || !(exact || rm == RoundingMode.TowardZero))
        {
            return false;
        }

        if (!exact)
        {
            flags |= FloatFlags.Inexact;
        }

        integer = kind == IntegerKind.UnsignedWord ? (int)truncated : truncated;
        return true;
    }

    /// <summary>The integer a conversion reads, extended to 64 bits by its own signedness.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static ulong Operand(ulong register, IntegerKind kind) => kind switch
    {
        IntegerKind.Word => (ulong)(int)register,
        IntegerKind.UnsignedWord => (uint)register,
        _ => register,
    };

    /// <summary>From one format to another.</summary>
    public static ulong Reformat<TSource, TTarget>(ulong a, RoundingMode rm, ref FloatFlags flags)
        where TSource : struct, IFloatFormat
        where TTarget : struct, IFloatFormat
    {
        bool negative = FloatFormat<TSource>.IsNegative(a);
        if (FloatFormat<TSource>.IsNaN(a))
        {
            return SoftFloat<TTarget>.NaN(FloatFormat<TSource>.IsSignalingNaN(a), ref flags);
        }

        if (FloatFormat<TSource>.IsInfinity(a))
        {
            return FloatFormat<TTarget>.Signed(negative, FloatFormat<TTarget>.Infinity);
        }

        if (FloatFormat<TSource>.IsZero(a))
        {
            return FloatFormat<TTarget>.Signed(negative, 0);
        }

        var parts = FloatParts.Of<TSource>(a);
        return Rounding.PackNormalized<TTarget>(negative, parts.Exponent, parts.Significand, rm, ref flags);
    }

    /// <summary>An integer, extended to 64 bits, in a format.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static ulong FromInteger<TFormat>(ulong integer, IntegerKind kind, RoundingMode rm, ref FloatFlags flags)
        where TFormat : struct, IFloatFormat
    {
        if (integer == 0)
        {
            return 0;
        }

        bool negative = kind != IntegerKind.UnsignedLong && (long)integer < 0;
        ulong magnitude = negative ? 0 - integer : integer;
        return Rounding.Pack<TFormat>(negative, exponent: 127, (UInt128)magnitude, rm, ref flags);
    }

    /// <summary>The register after the conversion to an integer; out of range saturates and is invalid.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static ulong ToInteger<TFormat>(ulong a, IntegerKind kind, RoundingMode rm, ref FloatFlags flags)
        where TFormat : struct, IFloatFormat
    {
        if (FloatFormat<TFormat>.IsZero(a))
        {
            return 0;
        }

        bool negative = FloatFormat<TFormat>.IsNegative(a);
        if (FloatFormat<TFormat>.IsNaN(a) || FloatFormat<TFormat>.IsInfinity(a))
        {
            return Saturate(negative && !FloatFormat<TFormat>.IsNaN(a), kind, ref flags);
        }

        var parts = FloatParts.Of<TFormat>(a);
        if (parts.Exponent >= 64)
        {
            return Saturate(negative, kind, ref flags);
        }

        // With 64 places below the point, the leading one of 2^e belongs at bit 64 + e.
        int shift = parts.Exponent + 1;
        UInt128 fixedPoint = shift >= 0
            ? (UInt128)parts.Significand << shift
            : Rounding.ShiftRightSticky(parts.Significand, -shift);
        ulong magnitude = Rounding.ToInteger(fixedPoint, negative, rm, out bool inexact);
        if (magnitude > Limit(negative, kind))
        {
            return Saturate(negative, kind, ref flags);
        }

        if (inexact)
        {
            flags |= FloatFlags.Inexact;
        }

        return Register(negative, magnitude, kind);
    }

    /// <summary>The nearest integer to a number out of range. Invalid is raised, and inexact is not.</summary>
    private static ulong Saturate(bool negative, IntegerKind kind, ref FloatFlags flags)
    {
        flags |= FloatFlags.Invalid;
        return Register(negative, Limit(negative, kind), kind);
    }

    /// <summary>The largest magnitude of a sign.</summary>
    private static ulong Limit(bool negative, IntegerKind kind) => kind switch
    {
        IntegerKind.Word => negative ? 1UL << 31 : int.MaxValue,
        IntegerKind.Long => negative ? 1UL << 63 : long.MaxValue,
        IntegerKind.UnsignedWord => negative ? 0 : uint.MaxValue,
        _ => negative ? 0 : ulong.MaxValue,
    };

    private static ulong Register(bool negative, ulong magnitude, IntegerKind kind)
    {
        ulong integer = negative ? 0 - magnitude : magnitude;
        return kind is IntegerKind.Word or IntegerKind.UnsignedWord ? (ulong)(int)integer : integer;
    }
}
