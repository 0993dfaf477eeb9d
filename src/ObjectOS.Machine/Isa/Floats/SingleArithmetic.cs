using System.Runtime.CompilerServices;

namespace ObjectOS.Machine.Isa.Floats;

/// <summary>The rounding computations of the F extension: the host's arithmetic where it is provably the guest's, else the soft one.</summary>
/// <remarks>Operands and results are binary32 bits, not boxed; flags are added to, never cleared.</remarks>
internal static class SingleArithmetic
{
    private const uint SignBit = 1U << 31;

    /// <summary>fadd.s: a + b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Add32(uint a, uint b, RoundingMode rm, ref FloatFlags flags)
    {
        float x = BitConverter.UInt32BitsToSingle(a), y = BitConverter.UInt32BitsToSingle(b), sum = x + y;
        return HostFloats.IsOrdinary(sum) && (HostFloats.RoundsAlike(rm, flags) || HostFloats.IsExactSum(x, y, sum))
            ? BitConverter.SingleToUInt32Bits(sum)
            : (uint)SoftFloat<Binary32>.Add(a, b, rm, ref flags);
    }

    /// <summary>fsub.s: a − b, which is a + (−b) in signs, zeros and flags as well; the sign of a NaN does not matter.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Subtract32(uint a, uint b, RoundingMode rm, ref FloatFlags flags) => Add32(a, b ^ SignBit, rm, ref flags);

    /// <summary>fmul.s: a·b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Multiply32(uint a, uint b, RoundingMode rm, ref FloatFlags flags)
    {
        float x = BitConverter.UInt32BitsToSingle(a), y = BitConverter.UInt32BitsToSingle(b), product = x * y;
        return HostFloats.IsOrdinary(product) && (HostFloats.RoundsAlike(rm, flags) || HostFloats.IsExactProduct(x, y, product))
            ? BitConverter.SingleToUInt32Bits(product)
            : (uint)SoftFloat<Binary32>.Multiply(a, b, rm, ref flags);
    }

    /// <summary>fdiv.s: a ÷ b, which is exact when quotient·b is a.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Divide32(uint a, uint b, RoundingMode rm, ref FloatFlags flags)
    {
        float x = BitConverter.UInt32BitsToSingle(a), y = BitConverter.UInt32BitsToSingle(b), quotient = x / y;
        return HostFloats.IsOrdinary(quotient) && (HostFloats.RoundsAlike(rm, flags) || HostFloats.IsExactProduct(quotient, y, x))
            ? BitConverter.SingleToUInt32Bits(quotient)
            : (uint)SoftFloat<Binary32>.Divide(a, b, rm, ref flags);
    }

    /// <summary>fsqrt.s: √a, which is exact when root·root is a.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint SquareRoot32(uint a, RoundingMode rm, ref FloatFlags flags)
    {
        float x = BitConverter.UInt32BitsToSingle(a), root = MathF.Sqrt(x);
        return HostFloats.IsOrdinary(root) && (HostFloats.RoundsAlike(rm, flags) || HostFloats.IsExactProduct(root, root, x))
            ? BitConverter.SingleToUInt32Bits(root)
            : (uint)SoftFloat<Binary32>.SquareRoot(a, rm, ref flags);
    }

    /// <summary>fmadd.s, fmsub.s, fnmsub.s, fnmadd.s: ±(a·b) ± c, rounded once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint FusedMultiplyAdd32(uint a, uint b, uint c, FusedVariant variant, RoundingMode rm, ref FloatFlags flags)
    {
        a ^= (uint)variant >> 1 << 31;
        c ^= (uint)variant << 31;
        if (HostFloats.HasFusedMultiplyAdd)
        {
            float x = BitConverter.UInt32BitsToSingle(a), y = BitConverter.UInt32BitsToSingle(b), z = BitConverter.UInt32BitsToSingle(c), result = MathF.FusedMultiplyAdd(x, y, z);
            if (HostFloats.IsOrdinary(result) && (HostFloats.RoundsAlike(rm, flags) || HostFloats.IsExactFused(x, y, z, result)))
            {
                return BitConverter.SingleToUInt32Bits(result);
            }
        }

        return (uint)SoftFloat<Binary32>.FusedMultiplyAdd(a, b, c, rm, ref flags);
    }
}
