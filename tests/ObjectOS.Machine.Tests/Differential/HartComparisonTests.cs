using System.Globalization;
using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Tests;
using static ObjectOS.Machine.Tests.Differential.RandomHartLayout;

namespace ObjectOS.Machine.Tests.Differential;

/// <summary>
/// Supervisor- and machine-mode harts run alike interpreted and translated: every trap, interrupt, register and byte, wherever budgets end,
/// whether or not they fence what they change.
/// </summary>
public sealed class HartComparisonTests
{
    private const ulong Length = 40_000;

    private static int FirstSeed =>
        int.Parse(Environment.GetEnvironmentVariable("OBJECTOS_TEST_SEED") ?? "1", CultureInfo.InvariantCulture);

    [Theory]
    [InlineData(HartMode.Machine, 0, 512), InlineData(HartMode.Machine, 2, 512), InlineData(HartMode.Machine, 0, 3)]
    [InlineData(HartMode.Supervisor, 0, 512), InlineData(HartMode.Supervisor, 2, 512)]
    public void RandomHarts_AreAlike(HartMode mode, int threshold, int chunks)
    {
        var modes = new HashSet<PrivilegeMode>();
        long regions = 0;
        for (int i = 0; i < TestScale.Of(40); i++)
            regions += Compare(new RandomHart(FirstSeed + i, mode), threshold, chunks, Length, most: 3000, modes);
        regions.Should().BePositive();
        modes.Should().HaveCount(mode == HartMode.Machine ? 3 : 2, "all modes are seen");
    }

    [Theory]
    [InlineData(HartMode.Machine), InlineData(HartMode.Supervisor)]
    public void RandomHarts_InShortSlices_AreAlike(HartMode mode)
    {
        for (int i = 0; i < TestScale.Of(12); i++)
            Compare(new RandomHart(FirstSeed + i, mode), threshold: 0, chunks: 512, Length / 4, most: 20, []);
    }

    private static long Compare(RandomHart program, int threshold, int chunks, ulong length, int most, HashSet<PrivilegeMode> modes)
    {
        using var engines = new HartComparison(program, threshold, chunks);
        var random = new Random(program.Seed);
        ulong time = 0;
        while (time < length)
        {
            (Trap trap, string difference) = engines.Run((ulong)random.Next(1, random.Next(8) == 0 ? 8 * most : most), time);
            Check(program, time, difference);
            if (trap.Retired >= (ulong)most / 2)
                Check(program, time, engines.CompareMemory());
            time += trap.Retired + 1;
            modes.Add(engines.Privilege);
            engines.Change((_, _, hart) => Answer(hart, trap));
            if (random.Next(8) == 0)
                ChangeSomething(engines, random, time);
        }

        Check(program, time, engines.CompareMemory());
        return engines.Regions;
    }

    // What comes to the holder of the hart: it passes the instruction, or starts it anew.
    private static void Answer(HartContext hart, in Trap trap)
    {
        if (trap.Cause is TrapCause.BudgetEnd or TrapCause.WaitForInterrupt or TrapCause.Pause)
            return;
        hart.Pc += 4;
        if (trap.Access != AccessKind.Fetch && trap.Cause != TrapCause.Breakpoint)
            return;
        hart.System!.Privilege = PrivilegeMode.Supervisor;
        hart.Pc = ProgramPages + 2;
    }

    // Of the hart's lines and timer, of its second stage and its memory; tables are mended in the end.
    private static void ChangeSomething(HartComparison engines, Random random, ulong time)
    {
        int choice = random.Next(7);
        ulong page = (ulong)random.Next(4, 12) << 12;
        byte[] bytes = new byte[4];
        random.NextBytes(bytes);
        ulong[] someLines = [0, 0, 0, 0, InterruptBits.Seip, InterruptBits.Msip, InterruptBits.Meip, InterruptBits.Stip];
        ulong lines = random.GetItems(someLines, 1)[0];
        engines.Change((cpu, space, hart) =>
        {
            space.Protect(default, MemorySize, PageRights.Read | PageRights.Write | PageRights.Execute);
            switch (choice)
            {
                case 0: hart.System!.Lines = lines; break;
                case 1: hart.System!.TimerCompare = (time / 100) + (uint)bytes[0] % 8; break;
                case 2: hart.System!.FenceGeneration++; break;
                case 3: space.Protect(new(page), 4096, PageRights.Read | PageRights.Execute); break;
                case 4: cpu.Memory.Write(new(page + ((ulong)bytes[0] * 4)), bytes, cpu.Account).Should().Be(MemoryStatus.Ok); break;
                case 5: cpu.Memory.Clone(new(page), new(1 << 20), 4096).Should().Be(MemoryStatus.Ok); break;
                default: cpu.Memory.Discard(new(DataPages + ((page >> 1) & 0x3000)), 4096).Should().Be(MemoryStatus.Ok); break;
            }
        });
    }

    private static void Check(RandomHart program, ulong time, string difference)
    {
        if (difference.Length > 0)
            Assert.Fail($"Seed {program.Seed}, interpreted and translated, after {time}: {difference}\n{program.Listing()}");
    }
}
