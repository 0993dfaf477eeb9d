using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace ObjectOS.Machine.Isa.Floats;

/// <summary>When the host's own arithmetic may answer for the guest.</summary>
/// <remarks>
/// <para>The host rounds correctly to nearest even; what it cannot tell is which flags an operation raised. A result counts only if
/// it is ordinary: finite and larger in magnitude than the smallest normal number. An ordinary result had no NaN or infinite
/// operand that mattered, did not overflow, and is not tiny after rounding. (A value below the smallest normal rounds at most to
/// it.) The one flag left is inexact, and there are two ways to know it:</para>
/// <para>it is raised already and the mode is to nearest even, so raising it again changes nothing; or the result is proven exact,
/// and then it is the result in every mode. Where neither holds, <see cref="SoftFloat{TFormat}"/> computes.</para>
/// <para>The proofs are one-sided: "false" means unknown. They rest on round-to-nearest with gradual underflow and without excess
/// precision, which .NET guarantees on the 64-bit hosts.</para>
/// </remarks>
internal static class HostFloats
{
    private const ulong Magnitude64 = ~(1UL << 63);
    private const ulong SmallestOrdinary64 = 0x0010_0000_0000_0001;
    private const ulong Infinity64 = 0x7FF0_0000_0000_0000;
    private const uint Magnitude32 = ~(1U << 31);
    private const uint SmallestOrdinary32 = 0x0080_0001;
    private const uint Infinity32 = 0x7F80_0000;

    // 2^-900: far enough above 2^-1074 for a product's last place; see IsExactProduct.
    private const double SafeProduct = 1.1830521861667747e-271;

    /// <summary>Whether fused multiply-add is one instruction here; otherwise it is a library call of unknown quality.</summary>
    public static bool HasFusedMultiplyAdd => Fma.IsSupported || AdvSimd.IsSupported;

    /// <summary>Whether rounding like the host, with an inexact flag that shows nothing new, is what the guest asks for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool RoundsAlike(RoundingMode rm, FloatFlags flags) =>
        rm == RoundingMode.NearestEven && (flags & FloatFlags.Inexact) != 0;

    /// <summary>Whether a result is finite and above the smallest normal magnitude.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsOrdinary(double result) =>
        (BitConverter.DoubleToUInt64Bits(result) & Magnitude64) - SmallestOrdinary64 < Infinity64 - SmallestOrdinary64;

    /// <inheritdoc cref="IsOrdinary(double)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsOrdinary(float result) =>
        (BitConverter.SingleToUInt32Bits(result) & Magnitude32) - SmallestOrdinary32 < Infinity32 - SmallestOrdinary32;

    /// <summary>Whether x + y is <paramref name="sum"/> exactly, given that it is x + y rounded.</summary>
    /// <remarks>
    /// Knuth's TwoSum: barring overflow the computed error is exactly x + y − sum, so zero means exact. An intermediate overflow
    /// leaves an infinity or a NaN, which is not zero.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsExactSum(double x, double y, double sum)
    {
        double second = sum - x;
        return (x - (sum - second)) + (y - second) == 0;
    }

    /// <inheritdoc cref="IsExactSum(double, double, double)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsExactSum(float x, float y, float sum)
    {
        float second = sum - x;
        return (x - (sum - second)) + (y - second) == 0;
    }

    /// <summary>Whether x·y is <paramref name="product"/> exactly, for any product near x·y.</summary>
    /// <remarks>
    /// The fused residual is x·y − product, rounded once; it is zero exactly when the true residual is, unless that underflows. The
    /// last place of a number is at least 2^-53 of its magnitude, so that of x·y is at least 2^-106 of |x·y|. A computed zero means
    /// that x·y lies within 2^-1074 of a product of at least 2^-900, so both are multiples of 2^-1007, and so is their difference:
    /// were it not zero, it would not have rounded to zero.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsExactProduct(double x, double y, double product) =>
        HasFusedMultiplyAdd && Math.Abs(product) >= SafeProduct && Math.FusedMultiplyAdd(x, y, -product) == 0;

    /// <summary>Whether x·y is <paramref name="product"/> exactly.</summary>
    /// <remarks>Two 24-bit significands have a 48-bit product, and its exponent is far inside binary64.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsExactProduct(float x, float y, float product) => (double)x * y == product;

    /// <summary>Whether x·y + z is <paramref name="result"/> exactly.</summary>
    /// <remarks>If d is exactly result − z and exactly x·y, then result is x·y + z.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsExactFused(double x, double y, double z, double result)
    {
        double difference = result - z;
        return IsExactSum(result, -z, difference) && IsExactProduct(x, y, difference);
    }

    /// <summary>Whether x·y + z is <paramref name="result"/> exactly.</summary>
    /// <remarks>The product is exact in binary64, so the question is whether the sum is, and whether it is the result.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsExactFused(float x, float y, float z, float result)
    {
        double product = (double)x * y;
        double sum = product + z;
        return sum == result && IsExactSum(product, z, sum);
    }
}
