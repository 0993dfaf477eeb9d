using System.Globalization;
using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Tests;

namespace ObjectOS.Machine.Tests.Differential;

/// <summary>
/// Random programs run alike interpreted and translated: every trap, register, flag, count and byte, wherever the budget ends.
/// </summary>
public sealed class EngineComparisonTests
{
    private const ulong LoopBudget = 20_000;

    private static int FirstSeed =>
        int.Parse(Environment.GetEnvironmentVariable("OBJECTOS_TEST_SEED") ?? "1", CultureInfo.InvariantCulture);

    [Theory]
    [InlineData(0, false), InlineData(0, true), InlineData(1, true), InlineData(3, true)]
    public void RandomPrograms_RunToTheirEnd_AreAlike(int threshold, bool roundsToNearest)
    {
        using var engines = new EngineComparison(threshold);
        for (int i = 0; i < TestScale.Of(1_500); i++)
        {
            var program = new RandomProgram(FirstSeed + i, roundsToNearest ? ProgramTraits.RoundsToNearest : ProgramTraits.None);
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
            var program = new RandomProgram(FirstSeed + i, i % 4 != 0 ? ProgramTraits.RoundsToNearest : ProgramTraits.None);
            RunInSlices(engines, program, RandomProgram.Budget, between: null);
            Check(program, engines.CompareMemory());
        }
    }

    [Fact]
    public void RandomPrograms_StoppedAfterEveryInstruction_AreAlike()
    {
        using var engines = new EngineComparison(threshold: 0);
        for (int i = 0; i < TestScale.Of(25); i++)
        {
            var program = new RandomProgram(FirstSeed + i, ProgramTraits.RoundsToNearest);
            for (ulong end = 1; end < 300; end++)
            {
                // From the start each time: the whole program is translated before it is cut at an instruction.
                engines.Load(program);
                Check(program, engines.Run(end).Difference, engines.CompareMemory());
            }
        }
    }

    [Theory]
    [InlineData(0), InlineData(1), InlineData(2)]
    public void RandomPrograms_ThatStoreToTheirCode_AreAlike(int threshold)
    {
        using var engines = new EngineComparison(threshold);
        for (int i = 0; i < TestScale.Of(1_500); i++)
        {
            var program = new RandomProgram(FirstSeed + i, ProgramTraits.RoundsToNearest | ProgramTraits.StoresToCode);
            engines.Load(program);
            Check(program, engines.Run(LoopBudget).Difference, engines.CompareMemory());
        }
    }

    [Theory]
    [InlineData(0, 512), InlineData(2, 512), InlineData(0, 3)]
    public void RandomPrograms_WhileMapsAndMemoryChange_AreAlike(int threshold, int chunks)
    {
        using var engines = new EngineComparison(threshold, chunks);
        for (int i = 0; i < TestScale.Of(300); i++)
        {
            ProgramTraits stores = i % 2 == 0 ? ProgramTraits.StoresToCode : ProgramTraits.None;
            var program = new RandomProgram(FirstSeed + i, ProgramTraits.RoundsToNearest | stores);
            var random = new Random(program.Seed + 1);
            RunInSlices(engines, program, LoopBudget, trap =>
            {
                if (trap.Cause != TrapCause.BudgetEnd || random.Next(3) == 0)
                    ChangeSomething(engines, random);
            });
            engines.Change((_, space) => Mend(space));
            Check(program, engines.CompareMemory());
        }
    }

    [Theory]
    [InlineData(0), InlineData(2)]
    public void RandomPrograms_OverPagesThatShareTlbEntries_AreAlike(int threshold)
    {
        using var engines = new EngineComparison(threshold);
        engines.FillSecondTable();
        for (int i = 0; i < TestScale.Of(400); i++)
        {
            ProgramTraits traits = ProgramTraits.RoundsToNearest | ProgramTraits.SpreadsItsData;
            var program = new RandomProgram(FirstSeed + i, i % 3 == 0 ? traits | ProgramTraits.StoresToCode : traits);
            var random = new Random(program.Seed + 1);
            RunInSlices(engines, program, LoopBudget, trap =>
            {
                if (trap.Cause != TrapCause.BudgetEnd || random.Next(6) == 0)
                    ChangeSomething(engines, random);
            });
            engines.Change((_, space) => Mend(space));
            Check(program, engines.CompareMemory());
        }
    }

    // The epochs of the second table start again in between.
    [Fact]
    public void PageThatWasUnmapped_AfterThousandsOfFlushes_Faults()
    {
        const ulong First = RandomProgram.Data, Other = First + RandomProgram.DataDistance, Flushed = 0x60000000, FlushedBytes = 64 << 12;
        using var engines = new EngineComparison(threshold: 0);
        engines.FillSecondTable();
        engines.LoadFrom(Other, 1).Cause.Should().Be(TrapCause.Breakpoint);
        for (int i = 0; i < 2_100; i++)
        {
            engines.Change((_, space) =>
            {
                space.Unmap(new(i == 0 ? Other : Flushed), i == 0 ? RandomProgram.DataSize : FlushedBytes);
                space.Map(new(Flushed), default, FlushedBytes, PageRights.Read);
                space.Unmap(new(Flushed), FlushedBytes);
                space.Map(new(Flushed), default, FlushedBytes, PageRights.Read);
            });
            engines.LoadFrom(First, 1).Cause.Should().Be(TrapCause.Breakpoint);
            engines.LoadFrom(Other, 1).Cause.Should().Be(TrapCause.LoadPageFault);
        }
    }

    private static void RunInSlices(EngineComparison engines, RandomProgram program, ulong left, Action<Trap>? between)
    {
        var random = new Random(program.Seed);
        engines.Load(program);
        int ends = 0;
        while (left > 0)
        {
            ulong budget = Math.Min(left, (ulong)random.Next(1, random.Next(2) == 0 ? 12 : 200));
            (Trap trap, string difference) = engines.Run(budget, time: RandomProgram.Budget - left);
            Check(program, difference);
            left -= trap.Retired;
            if (trap.Cause != TrapCause.BudgetEnd && (between is null || ++ends == 20))
                return;
            between?.Invoke(trap);
        }
    }

    // Of the code and the data: rights, mappings, contents, clones, holes. Now and then the last change stays.
    private static void ChangeSomething(EngineComparison engines, Random random)
    {
        int choice = random.Next(7);
        bool mends = choice is 0 or 2 || random.Next(4) != 0;
        ulong page = (ulong)random.Next(4) << 12;
        ulong place = (ulong)random.Next(RandomProgram.CodeSize / 4) * 4;
        ulong copy = (ulong)random.Next(RandomProgram.DataCopies) * RandomProgram.DataDistance;
        byte[] bytes = new byte[4];
        random.NextBytes(bytes);
        engines.Change((cpu, space) =>
        {
            if (mends)
                Mend(space);
            var data = new VirtualAddress(RandomProgram.Data + page + copy);
            var code = new VirtualAddress(RandomProgram.Code + (page & 0x1000));
            switch (choice)
            {
                case 0: space.Protect(data, 4096, PageRights.Read); break;
                case 1: space.Unmap(data, 4096); break;
                case 2: space.Protect(code, 4096, PageRights.Read | PageRights.Write); break;
                case 3: space.Unmap(code, 4096); break;
                case 4: cpu.Memory.Write(new(place), bytes, cpu.Account).Should().Be(MemoryStatus.Ok); break;
                case 5: cpu.Memory.Clone(new(page & 0x1000), new((2 << 20) + page), 4096).Should().Be(MemoryStatus.Ok); break;
                default: cpu.Memory.Discard(new(EngineComparison.DataPage + page), 4096).Should().Be(MemoryStatus.Ok); break;
            }
        });
    }

    private static void Mend(IAddressSpace space)
    {
        space.Unmap(new(RandomProgram.Code), RandomProgram.CodeSize);
        for (ulong i = 0; i < RandomProgram.DataCopies; i++)
            space.Unmap(new(RandomProgram.Data + (i * RandomProgram.DataDistance)), RandomProgram.DataSize);
        EngineComparison.Map(space);
    }

    private static void Check(RandomProgram program, params string[] differences)
    {
        if (differences.FirstOrDefault(difference => difference.Length > 0) is { } first)
            Assert.Fail($"Seed {program.Seed}, interpreted and translated: {first}\n{program.Listing()}");
    }
}
