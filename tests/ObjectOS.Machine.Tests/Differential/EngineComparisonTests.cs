using System.Globalization;
using ObjectOS.Cpu;
using ObjectOS.Tests;

namespace ObjectOS.Machine.Tests.Differential;

/// <summary>Random programs run alike interpreted and translated: every trap, register, flag, count and byte, wherever the budget ends.</summary>
public sealed class EngineComparisonTests
{
    private static int FirstSeed => int.Parse(Environment.GetEnvironmentVariable("OBJECTOS_TEST_SEED") ?? "1", CultureInfo.InvariantCulture);

    [Theory]
    [InlineData(0, false), InlineData(0, true), InlineData(1, true), InlineData(3, true)]
    public void RandomPrograms_RunToTheirEnd_AreAlike(int threshold, bool roundsToNearest)
    {
        using var engines = new EngineComparison(threshold);
        for (int i = 0; i < TestScale.Of(1_500); i++)
        {
            var program = new RandomProgram(FirstSeed + i, roundsToNearest);
            engines.Load(program);
            Check(program, engines.Run(RandomProgram.Budget).Difference, engines.CompareMemory());
        }

        engines.Regions.Should().BePositive();
    }

    [Theory]
    [InlineData(0), InlineData(3)]
    public void RandomPrograms_StoppedByTheBudgetAnywhere_AreAlike(int threshold)
    {
        using var engines = new EngineComparison(threshold);
        for (int i = 0; i < TestScale.Of(200); i++)
        {
            var program = new RandomProgram(FirstSeed + i, roundsToNearest: i % 4 != 0);
            var random = new Random(program.Seed);
            engines.Load(program);
            ulong left = RandomProgram.Budget;
            Trap trap;
            do
            {
                ulong budget = (ulong)random.Next(1, random.Next(2) == 0 ? 12 : 200);
                (trap, string difference) = engines.Run(budget, time: RandomProgram.Budget - left);
                Check(program, difference);
                left -= trap.Retired;
            }
            while (trap.Cause == TrapCause.BudgetEnd);
            Check(program, engines.CompareMemory());
        }
    }

    private static void Check(RandomProgram program, params string[] differences)
    {
        if (differences.FirstOrDefault(difference => difference.Length > 0) is { } first)
            Assert.Fail($"Seed {program.Seed}, interpreted and translated: {first}\n{program.Listing()}");
    }
}
