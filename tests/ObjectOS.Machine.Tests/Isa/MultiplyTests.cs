namespace ObjectOS.Machine.Isa.Tests;

/// <summary>The M extension against the specification's table of edge cases and against 128-bit arithmetic.</summary>
public sealed class MultiplyTests
{
    private const ulong MinusOne = ulong.MaxValue;
    private const ulong MinLong = 1UL << 63;
    private const ulong MinWord = 0xFFFF_FFFF_8000_0000;

    [Fact]
    public void Division_ByZero_GivesAllOnesAndTheDividend()
    {
        Multiply.Div(7, 0).Should().Be(MinusOne);
        Multiply.Divu(7, 0).Should().Be(MinusOne);
        Multiply.Rem(MinLong, 0).Should().Be(MinLong);
        Multiply.Remu(7, 0).Should().Be(7);
        Multiply.Divw(7, 0xFFFF_FFFF_0000_0000).Should().Be(MinusOne);
        Multiply.Divuw(7, 0xFFFF_FFFF_0000_0000).Should().Be(MinusOne);
        Multiply.Remw(0x8000_0000, 0).Should().Be(MinWord);
        Multiply.Remuw(0x8000_0000, 0).Should().Be(MinWord, "results of 32 bits are sign-extended");
    }

    [Fact]
    public void Division_Overflow_GivesTheDividendAndZero()
    {
        Multiply.Div(MinLong, MinusOne).Should().Be(MinLong);
        Multiply.Rem(MinLong, MinusOne).Should().Be(0);
        Multiply.Divw(0x8000_0000, 0xFFFF_FFFF).Should().Be(MinWord);
        Multiply.Remw(0x8000_0000, 0xFFFF_FFFF).Should().Be(0);
    }

    [Fact]
    public void Division_Signed_RoundsTowardsZero()
    {
        Multiply.Div(unchecked((ulong)-7), 2).Should().Be(unchecked((ulong)-3));
        Multiply.Rem(unchecked((ulong)-7), 2).Should().Be(MinusOne);
        Multiply.Divw(0xFFFF_FFF9, 2).Should().Be(unchecked((ulong)-3));
        Multiply.Remw(0xFFFF_FFF9, 2).Should().Be(MinusOne);
        Multiply.Div(7, MinusOne).Should().Be(unchecked((ulong)-7));
        Multiply.Divuw(0xFFFF_FFFF, 1).Should().Be(MinusOne);
    }

    [Fact]
    public void HighHalf_OfEdgesAndRandomPairs_IsThatOf128Bits()
    {
        const int seed = 99;
        var random = new Random(seed);
        ulong[] edges = [0, 1, 2, MinusOne, MinLong, MinLong - 1, MinLong + 1, 0x8000_0000, 0xFFFF_FFFF, MinWord];
        var values = edges.Concat(Enumerable.Range(0, 100).Select(_ => (ulong)random.NextInt64(long.MinValue, long.MaxValue))).ToArray();
        foreach (ulong a in values)
        {
            foreach (ulong b in values)
            {
                Multiply.Mulh(a, b).Should().Be((ulong)((Int128)(long)a * (long)b >> 64), $"{a:x} * {b:x}, seed {seed}");
                Multiply.Mulhu(a, b).Should().Be((ulong)((UInt128)a * b >> 64), $"{a:x} * {b:x}, seed {seed}");
                Multiply.Mulhsu(a, b).Should().Be((ulong)((Int128)(long)a * b >> 64), $"{a:x} * {b:x}, seed {seed}");
            }
        }
    }

    [Fact]
    public void Mulw_Overflow_KeepsTheLowWordAndExtends() => Multiply.Mulw(0x4000_0000, 2).Should().Be(MinWord);
}
