namespace ObjectOS.Machine.Isa.Tests;

/// <summary>The bit-manipulation operations against their definitions, byte by byte or bit by bit.</summary>
public sealed class BitsTests
{
    [Fact]
    public void OrcB_RandomBytes_BecomeAllOnesUnlessZero()
    {
        const int seed = 5;
        var random = new Random(seed);
        for (int i = 0; i < 10_000; i++)
        {
            ulong value = 0, expected = 0;
            for (int shift = 0; shift < 64; shift += 8)
            {
                ulong part = (ulong)(random.Next(3) == 0 ? 0 : random.Next(256));
                value |= part << shift;
                expected |= (part == 0 ? 0UL : 0xFF) << shift;
            }

            Bits.OrcB(value).Should().Be(expected, $"of {value:x}, seed {seed}");
        }
    }

    [Fact]
    public void Counts_OfZero_AreTheWidth()
    {
        Bits.Clz(0).Should().Be(64);
        Bits.Ctz(0).Should().Be(64);
        Bits.Clzw(0xFFFF_FFFF_0000_0000).Should().Be(32);
        Bits.Ctzw(0xFFFF_FFFF_0000_0000).Should().Be(32);
        Bits.Cpopw(ulong.MaxValue).Should().Be(32);
    }

    [Fact]
    public void WordRotations_AmountAndResult_AreOfAWord()
    {
        Bits.Rolw(0x4000_0000, 33).Should().Be(0xFFFF_FFFF_8000_0000);
        Bits.Rorw(0xAAAA_AAAA_0000_0001, 1).Should().Be(0xFFFF_FFFF_8000_0000);
        Bits.Rolw(0x1234_5678, 32).Should().Be(0x1234_5678);
        Bits.Ror(1, 65).Should().Be(1UL << 63);
    }

    [Fact]
    public void SingleBits_Index_IsModulo64()
    {
        Bits.Bset(0, 64 + 63).Should().Be(1UL << 63);
        Bits.Bclr(ulong.MaxValue, 64).Should().Be(ulong.MaxValue - 1);
        Bits.Binv(1, 64).Should().Be(0);
        Bits.Bext(1UL << 40, 104).Should().Be(1);
    }

    [Fact]
    public void SignedMinimumAndMaximum_OfMixedSigns_CompareSigned()
    {
        Bits.Min(ulong.MaxValue, 1).Should().Be(ulong.MaxValue);
        Bits.Max(ulong.MaxValue, 1).Should().Be(1);
        Bits.Rev8(0x0102030405060708).Should().Be(0x0807060504030201);
        Bits.CzeroEqz(5, 0).Should().Be(0);
        Bits.CzeroNez(5, 0).Should().Be(5);
    }
}
