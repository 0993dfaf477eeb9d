using System.Diagnostics;
using ObjectOS.Abi;
using static ObjectOS.Tests.Asm;

namespace ObjectOS.Tests.Kernels;

/// <summary>Work is paid for: a virtual instruction of a storm of invocations takes the host about as long as a computed one.</summary>
/// <remarks>The benchmark "costs" measures every row. Here a busy machine must not fail the test.</remarks>
[Collection(nameof(StormTests))]
[CollectionDefinition(nameof(StormTests), DisableParallelization = true)]
public sealed class StormTests
{
    [Theory]
    [InlineData(Call.CapabilityIdentify)]
    [InlineData(Call.ClockNow)]
    [InlineData(Call.CellStatus)]
    [InlineData(Call.ThreadYield)]
    public void Storm_BesideAComputation_SharesTheHostsTime(Call call)
    {
        // Equal virtual time each; the shares of host time are those of the times that the same virtual time takes alone. In turns, and the best
        // of many: what else the machine does then meets both.
        using var computing = Warm(Compute());
        using var storming = Warm(new Asm(KernelFixture.Code).Addi(A0, Zero, 1).Addi(A7, Zero, (int)call).Ecall().Jal(Zero, KernelFixture.Code));
        double compute = double.MaxValue;
        double storm = double.MaxValue;
        for (int run = 0; run < 40; run++)
        {
            compute = Math.Min(compute, Seconds(computing));
            storm = Math.Min(storm, Seconds(storming));
        }

        (storm / (storm + compute)).Should().BeInRange(0.2, 0.8);
    }

    private static Asm Compute()
    {
        var code = new Asm(KernelFixture.Code);
        for (int i = 0; i < 100; i++)
        {
            code.Addi(T0 + (i % 3), T0, 1);
        }

        return code.Jal(Zero, KernelFixture.Code);
    }

    private static KernelFixture Warm(Asm code)
    {
        var fixture = new KernelFixture();
        fixture.Add(code).Thread.Resume();
        fixture.Run(budget: 30_000_000);
        return fixture;
    }

    private static double Seconds(KernelFixture fixture)
    {
        long start = Stopwatch.GetTimestamp();
        fixture.Run(budget: 2_000_000);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
