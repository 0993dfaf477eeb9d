using System.Runtime.CompilerServices;

namespace ObjectOS.Machine.Isa.Floats;

/// <summary>The rounding computations of the D extension: the host's arithmetic where it is provably the guest's, else the soft one.</summary>
/// <remarks>Operands and results are binary64 bits; flags are added to, never cleared.</remarks>
internal static class DoubleArithmetic
{
    private const ulong SignBit = 1UL << 63;

    /// <summary>fadd.d: a + b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Add64(ulong a, ulong b, RoundingMode rm, ref FloatFlags flags)
    {
        double x = BitConverter.UInt64BitsToDouble(a), y = BitConverter.UInt64BitsToDouble(b), sum = x + y;
        return HostFloats.IsOrdinary(sum) && (HostFloats.RoundsAlike(rm, flags) || HostFloats.IsExactSum(x, y, sum))
            ? BitConverter.DoubleToUInt64Bits(sum)
            : SoftFloat<Binary64>.Add(a, b, rm, ref flags);
    }

    /// <summary>fsub.d: a − b, which is a + (−b) in signs, zeros and flags as well; the sign of a NaN does not matter.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Subtract64(ulong a, ulong b, RoundingMode rm, ref FloatFlags flags) => Add64(a, b ^ SignBit, rm, ref flags);

    /// <summary>fmul.d: a·b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Multiply64(ulong a, ulong b, RoundingMode rm, ref FloatFlags flags)
    {
        double x = BitConverter.UInt64BitsToDouble(a), y = BitConverter.UInt64BitsToDouble(b), product = x * y;
        return HostFloats.IsOrdinary(product) && (HostFloats.RoundsAlike(rm, flags) || HostFloats.IsExactProduct(x, y, product))
            ? BitConverter.DoubleToUInt64Bits(product)
            : SoftFloat<Binary64>.Multiply(a, b, rm, ref flags);
    }

    /// <summary>fdiv.d: a ÷ b, which is exact when quotient·b is a.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Divide64(ulong a, ulong b, RoundingMode rm, ref FloatFlags flags)
    {
        double x = BitConverter.UInt64BitsToDouble(a), y = BitConverter.UInt64BitsToDouble(b), quotient = x / y;
        return HostFloats.IsOrdinary(quotient) && (HostFloats.RoundsAlike(rm, flags) || HostFloats.IsExactProduct(quotient, y, x))
            ? BitConverter.DoubleToUInt64Bits(quotient)
            : SoftFloat<Binary64>.Divide(a, b, rm, ref flags);
    }

    /// <summary>fsqrt.d: √a, which is exact when root·root is a.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong SquareRoot64(ulong a, RoundingMode rm, ref FloatFlags flags)
    {
        double x = BitConverter.UInt64BitsToDouble(a), root = Math.Sqrt(x);
        return HostFloats.IsOrdinary(root) && (HostFloats.RoundsAlike(rm, flags) || HostFloats.IsExactProduct(root, root, x))
            ? BitConverter.DoubleToUInt64Bits(root)
            : SoftFloat<Binary64>.SquareRoot(a, rm, ref flags);
    }

    /// <summary>fmadd.d, fmsub.d, fnmsub.d, fnmadd.d: ±(a·b) ± c, rounded once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong FusedMultiplyAdd64(ulong a, ulong b, ulong c, FusedVariant variant, RoundingMode rm, ref FloatFlags flags)
    {
        a ^= (ulong)variant >> 1 << 63;
        c ^= (ulong)variant << 63;
        if (HostFloats.HasFusedMultiplyAdd)
        {
            double x = BitConverter.UInt64BitsToDouble(a), y = BitConverter.UInt64BitsToDouble(b), z = BitConverter.UInt64BitsToDouble(c), result = Math.FusedMultiplyAdd(x, y, z);
            if (HostFloats.IsOrdinary(result) && (HostFloats.RoundsAlike(rm, flags) || HostFloats.IsExactFused(x, y, z, result)))
            {
                return BitConverter.DoubleToUInt64Bits(result);
            }
        }

        return SoftFloat<Binary64>.FusedMultiplyAdd(a, b, c, rm, ref flags);
    }
}
