using ObjectOS.Machine.Isa.Floats;

namespace ObjectOS.Machine.Tests.Floats;

/// <summary>Results the specification states outright (RISC-V unprivileged, chapters "F" and "D").</summary>
public sealed class FloatTableTests
{
    private const ulong Infinity = 0x7FF0_0000_0000_0000;
    private const ulong QuietNaN = 0x7FF8_0000_0000_0000;
    private const ulong SignalingNaN = 0x7FF0_0000_0000_0001;
    private const ulong One = 0x3FF0_0000_0000_0000;
    private const ulong MinusZero = 0x8000_0000_0000_0000;
    private const ulong SmallestNormal = 0x0010_0000_0000_0000;

    [Theory]
    [InlineData(double.NaN, 0, 0x0000_0000_7FFF_FFFF)]
    [InlineData(double.NaN, 1, 0xFFFF_FFFF_FFFF_FFFF)]
    [InlineData(double.NaN, 2, 0x7FFF_FFFF_FFFF_FFFF)]
    [InlineData(double.NaN, 3, 0xFFFF_FFFF_FFFF_FFFF)]
    [InlineData(double.PositiveInfinity, 0, 0x0000_0000_7FFF_FFFF)]
    [InlineData(double.NegativeInfinity, 0, 0xFFFF_FFFF_8000_0000)]
    [InlineData(double.NegativeInfinity, 1, 0)]
    [InlineData(double.NegativeInfinity, 2, 0x8000_0000_0000_0000)]
    [InlineData(double.NegativeInfinity, 3, 0)]
    [InlineData(2147483648.0, 0, 0x0000_0000_7FFF_FFFF)]
    [InlineData(4294967296.0, 1, 0xFFFF_FFFF_FFFF_FFFF)]
    [InlineData(9223372036854775808.0, 2, 0x7FFF_FFFF_FFFF_FFFF)]
    [InlineData(18446744073709551616.0, 3, 0xFFFF_FFFF_FFFF_FFFF)]
    [InlineData(-1.0, 1, 0)]
    [InlineData(-1.0, 3, 0)]
    public void ToInteger_OutOfRange_SaturatesAndIsInvalid(double value, int kind, ulong expected)
    {
        FloatFlags flags = FloatFlags.None;
        FloatConversions.ToInteger64(BitConverter.DoubleToUInt64Bits(value), (IntegerKind)kind, RoundingMode.TowardZero, ref flags)
            .Should().Be(expected);
        flags.Should().Be(FloatFlags.Invalid);
    }

    [Theory]
    [InlineData(-0.9, 1, (int)RoundingMode.TowardZero, 0)]
    [InlineData(2.5, 0, (int)RoundingMode.NearestEven, 2)]
    [InlineData(2.5, 0, (int)RoundingMode.NearestMaxMagnitude, 3)]
    [InlineData(-2.5, 0, (int)RoundingMode.Down, 0xFFFF_FFFF_FFFF_FFFD)]
    [InlineData(-2.5, 2, (int)RoundingMode.Up, 0xFFFF_FFFF_FFFF_FFFE)]
    [InlineData(4294967294.5, 1, (int)RoundingMode.Down, 0xFFFF_FFFF_FFFF_FFFE)]
    public void ToInteger_Fraction_RoundsByModeAndIsInexact(double value, int kind, int rm, ulong expected)
    {
        FloatFlags flags = FloatFlags.None;
        FloatConversions.ToInteger64(BitConverter.DoubleToUInt64Bits(value), (IntegerKind)kind, (RoundingMode)rm, ref flags).Should().Be(expected);
        flags.Should().Be(FloatFlags.Inexact);
    }

    [Theory]
    [InlineData(0xFFF0_0000_0000_0000, 1 << 0)]
    [InlineData(0xBFF0_0000_0000_0000, 1 << 1)]
    [InlineData(0x8000_0000_0000_0001, 1 << 2)]
    [InlineData(0x8000_0000_0000_0000, 1 << 3)]
    [InlineData(0x0000_0000_0000_0000, 1 << 4)]
    [InlineData(0x000F_FFFF_FFFF_FFFF, 1 << 5)]
    [InlineData(0x0010_0000_0000_0000, 1 << 6)]
    [InlineData(0x7FF0_0000_0000_0000, 1 << 7)]
    [InlineData(0xFFF7_FFFF_FFFF_FFFF, 1 << 8)]
    [InlineData(0xFFF8_0000_0000_0000, 1 << 9)]
    public void Classify_EachClass_SetsItsBit(ulong bits, int mask) => ((int)FloatClassification.Classify64(bits)).Should().Be(mask);

    [Theory]
    [InlineData(0xFFFF_FFFF_3F80_0000, 0x3F80_0000)]
    [InlineData(0xFFFF_FFFE_3F80_0000, 0x7FC0_0000)]
    [InlineData(0x0000_0000_3F80_0000, 0x7FC0_0000)]
    [InlineData(0xFFFF_FFFF_0000_0000, 0)]
    public void Unbox_Register_NeedsAllUpperBits(ulong register, uint expected) => NanBoxing.Unbox(register).Should().Be(expected);

    [Fact]
    public void Box_Value_SetsUpperBits() => NanBoxing.Box(0x3F80_0000).Should().Be(0xFFFF_FFFF_3F80_0000);

    [Fact]
    public void Multiply_JustBelowSmallestNormal_IsTinyOnlyIfFullPrecisionSaysSo()
    {
        // (1 − 2^-53)·2^-1022 has 53 bits below the normal range: the stored result rounds up to the smallest normal, but at full
        // precision the value is representable, so it is tiny.
        FloatFlags flags = FloatFlags.None;
        DoubleArithmetic.Multiply64(SmallestNormal, One - 1, RoundingMode.NearestEven, ref flags).Should().Be(SmallestNormal);
        flags.Should().Be(FloatFlags.Inexact | FloatFlags.Underflow);

        // (1 − 2^-54)·2^-1022 rounds to the smallest normal even at full precision: inexact, not tiny.
        flags = FloatFlags.None;
        ulong nearlyOne = 0xBC90_0000_0000_0000;
        DoubleArithmetic.FusedMultiplyAdd64(
            SmallestNormal, nearlyOne, SmallestNormal, FusedVariant.MultiplyAdd, RoundingMode.NearestEven, ref flags)
            .Should().Be(SmallestNormal);
        flags.Should().Be(FloatFlags.Inexact);
    }

    [Fact]
    public void Fused_InfinityTimesZeroPlusQuietNaN_IsInvalid()
    {
        FloatFlags flags = FloatFlags.None;
        DoubleArithmetic.FusedMultiplyAdd64(Infinity, 0, QuietNaN, FusedVariant.MultiplyAdd, RoundingMode.NearestEven, ref flags)
            .Should().Be(QuietNaN);
        flags.Should().Be(FloatFlags.Invalid);
    }

    [Fact]
    public void Minimum_ZerosAndNaNs_FollowMinimumNumber()
    {
        FloatFlags flags = FloatFlags.None;
        FloatComparisons.Minimum64(0, MinusZero, ref flags).Should().Be(MinusZero);
        FloatComparisons.Maximum64(MinusZero, 0, ref flags).Should().Be(0);
        FloatComparisons.Minimum64(QuietNaN | 7, One, ref flags).Should().Be(One);
        FloatComparisons.Maximum64(QuietNaN | 7, QuietNaN | 9, ref flags).Should().Be(QuietNaN);
        flags.Should().Be(FloatFlags.None);
        FloatComparisons.Minimum64(One, SignalingNaN, ref flags).Should().Be(One);
        flags.Should().Be(FloatFlags.Invalid);
    }

    [Fact]
    public void Compare_QuietNaN_IsInvalidOnlyForOrder()
    {
        FloatFlags flags = FloatFlags.None;
        FloatComparisons.Equal64(QuietNaN, One, ref flags).Should().BeFalse();
        flags.Should().Be(FloatFlags.None);
        FloatComparisons.LessOrEqual64(QuietNaN, One, ref flags).Should().BeFalse();
        flags.Should().Be(FloatFlags.Invalid);
    }

    [Fact]
    public void Divide_ByZero_RaisesDivideByZeroUnlessInvalid()
    {
        FloatFlags flags = FloatFlags.None;
        DoubleArithmetic.Divide64(One, MinusZero, RoundingMode.NearestEven, ref flags).Should().Be(Infinity | MinusZero);
        flags.Should().Be(FloatFlags.DivideByZero);
        flags = FloatFlags.None;
        DoubleArithmetic.Divide64(0, 0, RoundingMode.NearestEven, ref flags).Should().Be(QuietNaN);
        flags.Should().Be(FloatFlags.Invalid);
    }
}
