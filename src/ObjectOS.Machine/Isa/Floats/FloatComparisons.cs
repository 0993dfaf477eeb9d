using System.Runtime.CompilerServices;

namespace ObjectOS.Machine.Isa.Floats;

/// <summary>feq, flt, fle, fmin and fmax (RISC-V unprivileged, chapter "F", compare instructions and minimum/maximum).</summary>
/// <remarks>The host's ordered comparisons are exact; only what NaNs raise is added.</remarks>
internal static class FloatComparisons
{
    /// <summary>feq.d: a quiet comparison; only a signaling NaN is invalid.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Equal64(ulong a, ulong b, ref FloatFlags flags) =>
        BitConverter.UInt64BitsToDouble(a) == BitConverter.UInt64BitsToDouble(b) || FalseQuiet<Binary64>(a, b, ref flags);

    /// <summary>flt.d: any NaN is invalid.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Less64(ulong a, ulong b, ref FloatFlags flags) =>
        BitConverter.UInt64BitsToDouble(a) < BitConverter.UInt64BitsToDouble(b) || FalseSignaling<Binary64>(a, b, ref flags);

    /// <summary>fle.d: any NaN is invalid.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool LessOrEqual64(ulong a, ulong b, ref FloatFlags flags) =>
        BitConverter.UInt64BitsToDouble(a) <= BitConverter.UInt64BitsToDouble(b) || FalseSignaling<Binary64>(a, b, ref flags);

    /// <summary>fmin.d: minimumNumber, with −0 below +0.</summary>
    public static ulong Minimum64(ulong a, ulong b, ref FloatFlags flags) => Select<Binary64>(a, b, maximum: false, ref flags);

    /// <summary>fmax.d: maximumNumber, with −0 below +0.</summary>
    public static ulong Maximum64(ulong a, ulong b, ref FloatFlags flags) => Select<Binary64>(a, b, maximum: true, ref flags);

    /// <summary>feq.s: a quiet comparison; only a signaling NaN is invalid.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Equal32(uint a, uint b, ref FloatFlags flags) =>
        BitConverter.UInt32BitsToSingle(a) == BitConverter.UInt32BitsToSingle(b) || FalseQuiet<Binary32>(a, b, ref flags);

    /// <summary>flt.s: any NaN is invalid.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Less32(uint a, uint b, ref FloatFlags flags) =>
        BitConverter.UInt32BitsToSingle(a) < BitConverter.UInt32BitsToSingle(b) || FalseSignaling<Binary32>(a, b, ref flags);

    /// <summary>fle.s: any NaN is invalid.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool LessOrEqual32(uint a, uint b, ref FloatFlags flags) =>
        BitConverter.UInt32BitsToSingle(a) <= BitConverter.UInt32BitsToSingle(b) || FalseSignaling<Binary32>(a, b, ref flags);

    /// <summary>fmin.s: minimumNumber, with −0 below +0.</summary>
    public static uint Minimum32(uint a, uint b, ref FloatFlags flags) => (uint)Select<Binary32>(a, b, maximum: false, ref flags);

    /// <summary>fmax.s: maximumNumber, with −0 below +0.</summary>
    public static uint Maximum32(uint a, uint b, ref FloatFlags flags) => (uint)Select<Binary32>(a, b, maximum: true, ref flags);

    private static bool FalseQuiet<TFormat>(ulong a, ulong b, ref FloatFlags flags)
        where TFormat : struct, IFloatFormat
    {
        if (FloatFormat<TFormat>.IsSignalingNaN(a) || FloatFormat<TFormat>.IsSignalingNaN(b))
        {
            flags |= FloatFlags.Invalid;
        }

        return false;
    }

    private static bool FalseSignaling<TFormat>(ulong a, ulong b, ref FloatFlags flags)
        where TFormat : struct, IFloatFormat
    {
        if (FloatFormat<TFormat>.IsNaN(a) || FloatFormat<TFormat>.IsNaN(b))
        {
            flags |= FloatFlags.Invalid;
        }

        return false;
    }

    /// <summary>The smaller or larger operand; a number wins over a NaN, and a signaling NaN is invalid all the same.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static ulong Select<TFormat>(ulong a, ulong b, bool maximum, ref FloatFlags flags)
        where TFormat : struct, IFloatFormat
    {
        bool aNaN = FloatFormat<TFormat>.IsNaN(a);
        bool bNaN = FloatFormat<TFormat>.IsNaN(b);
        if (aNaN || bNaN)
        {
            FalseQuiet<TFormat>(a, b, ref flags);
            ulong number = aNaN ? b : a;
            return aNaN && bNaN ? FloatFormat<TFormat>.CanonicalNaN : number;
        }

        return Order<TFormat>(a) < Order<TFormat>(b) == maximum ? b : a;
    }

    /// <summary>A number that orders as the floats do: magnitudes grow upwards from +0 and downwards from −0.</summary>
    private static long Order<TFormat>(ulong bits)
        where TFormat : struct, IFloatFormat
    {
        long magnitude = (long)(bits & ~FloatFormat<TFormat>.SignBit);
        return FloatFormat<TFormat>.IsNegative(bits) ? ~magnitude : magnitude;
    }
}
