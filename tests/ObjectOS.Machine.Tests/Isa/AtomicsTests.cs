namespace ObjectOS.Machine.Isa.Tests;

/// <summary>What atomic memory operations store.</summary>
public sealed class AtomicsTests
{
    [Theory]
    [InlineData("AmoswapW", 9u)]
    [InlineData("AmoaddW", 8u)]
    [InlineData("AmoxorW", 0xFFFF_FFF6u)]
    [InlineData("AmoandW", 9u)]
    [InlineData("AmoorW", 0xFFFF_FFFFu)]
    [InlineData("AmominW", 0xFFFF_FFFFu)]
    [InlineData("AmomaxW", 9u)]
    [InlineData("AmominuW", 9u)]
    [InlineData("AmomaxuW", 0xFFFF_FFFFu)]
    public void Apply_Words_IgnoresUpperHalves(string op, uint expected)
    {
        Op operation = Enum.Parse<Op>(op);
        ((uint)Atomics.Apply(operation, 0xFFFF_FFFF, 9)).Should().Be(expected);
        ((uint)Atomics.Apply(operation, ulong.MaxValue, 0x8000_0000_0000_0009)).Should().Be(expected);
    }

    [Theory]
    [InlineData("AmoswapD", 9ul)]
    [InlineData("AmoaddD", 8ul)]
    [InlineData("AmoxorD", ulong.MaxValue - 9)]
    [InlineData("AmoandD", 9ul)]
    [InlineData("AmoorD", ulong.MaxValue)]
    [InlineData("AmominD", ulong.MaxValue)]
    [InlineData("AmomaxD", 9ul)]
    [InlineData("AmominuD", 9ul)]
    [InlineData("AmomaxuD", ulong.MaxValue)]
    public void Apply_Doublewords_OfMinusOneAndNine(string op, ulong expected) =>
        Atomics.Apply(Enum.Parse<Op>(op), ulong.MaxValue, 9).Should().Be(expected);
}
