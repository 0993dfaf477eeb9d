using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Tests.Kernels;

/// <summary>A kernel and its cells cannot tell how deep they are.</summary>
public sealed class DepthTests
{
    private static readonly KernelOptions Short = new() { Quantum = 1009 };

    /// <summary>The programs of the kernel's own tests, side by side in one kernel.</summary>
    private static string RunAll(TowerOptions tower, ulong slice = ulong.MaxValue)
    {
        using var nested = new Nested(tower, Short);
        var a = nested.Add(Programs.CountAndTime());
        var b = nested.Add(Programs.CountAndTime(5000));
        var wild = nested.Add(Programs.WildStore());
        var storm = nested.Add(Programs.Invocations(2000));
        var hog = nested.Add(Programs.Hog(), memory: 5 * 4096);
        hog.Cell.CreateMemory(64 * 4096, out var more).Should().Be(KernelStatus.Ok);
        hog.Space.Map(new VirtualAddress(Nested.Data + 0x2000), more, 0, 64 * 4096, PageRights.Read | PageRights.Write).Should().Be(KernelStatus.Ok);
        TestCell[] cells = [a, b, wild, storm, hog];
        foreach (var cell in cells)
        {
            cell.Thread.Resume().Should().Be(KernelStatus.Ok);
        }

        nested.Run(slice: slice).Should().Be(SliceEnd.Idle);
        cells.Should().OnlyContain(c => nested.EndOf(c) != null);
        return Programs.Describe(nested.Kernel, cells);
    }

    [Theory]
    [InlineData(1, ulong.MaxValue, null)]
    [InlineData(2, 997UL, null)]
    [InlineData(8, 10007UL, null)]
    [InlineData(1, 1UL, null)]
    [InlineData(2, ulong.MaxValue, 0)]
    [InlineData(3, 101UL, 2)]
    [InlineData(8, ulong.MaxValue, 5)]
    public void Programs_AtAnyDepth_GiveTheSameResultsAndFigures(int depth, ulong slice, int? suspendingLevel)
    {
        string expected = RunAll(new TowerOptions { Depth = 0, Scattered = false });
        RunAll(new TowerOptions { Depth = depth, SuspendingLevel = suspendingLevel, Kernel = Short }, slice).Should().Be(expected);
    }

    [Fact]
    public void Chain_Of64Kernels_ComputesAsOneDoes()
    {
        string expected = RunAll(new TowerOptions { Depth = 0, Scattered = false });
        RunAll(new TowerOptions { Depth = 64, Scattered = false }).Should().Be(expected);
    }

    [Theory]
    [InlineData(1250)]
    [InlineData(1350)]
    [InlineData(1450)]
    [InlineData(1536)]
    [InlineData(1650)]
    public void Chain_OnASmallHostStack_EndsWithAReport_OrComputes(int kilobytes)
    {
        // Before, the innermost kernel's mappings, which go down through all the others by plain calls, took the test host along.
        using var nested = new Nested(new TowerOptions { Depth = 600, Scattered = false });
        var cell = nested.Add(Script.Player);
        cell.Cell.Grant(3, cell.Space.Slot, CapabilityRights.All).Should().Be(KernelStatus.Ok);
        cell.Cell.Grant(4, cell.Data.Slot, CapabilityRights.All).Should().Be(KernelStatus.Ok);
        cell.Data.Write(0, new Script().Add(Call.SpaceMap, 3, 0x900000, 4, 0, Pages.Size, 3).ToArray());
        cell.Thread.Resume();
        var thread = new System.Threading.Thread(() => nested.Run(), kilobytes << 10);
        thread.Start();
        thread.Join();
        bool halted = nested.Tower.Virtual.Any(cpu => cpu.HaltReport?.Contains("host's stack", StringComparison.Ordinal) == true);
        halted.Should().Be(nested.EndOf(cell) is null);
    }

    [Fact]
    public void Statistics_OfAParent_CountItsSubtree()
    {
        using var nested = new Nested(new TowerOptions { Depth = 3 });
        var cell = nested.Add(Programs.CountAndTime());
        cell.Thread.Resume();
        nested.Run().Should().Be(SliceEnd.Idle);
        ulong retired = nested.Kernel.Statistics.Instructions;
        retired.Should().BeGreaterThan(80_000);
        var statistics = nested.Bottom.Statistics;
        for (int level = 0; level < 3; level++)
        {
            statistics.Instructions.Should().Be(retired);
            var cpu = statistics.VirtualCpus.Should().ContainSingle().Subject;
            cpu.Depth.Should().Be(level + 1);
            cpu.Retired.Should().Be(retired);
            cpu.Exits.Should().Be(0, "nothing was intercepted");
            statistics = cpu.Guest!;
        }

        statistics.Instructions.Should().Be(retired);
    }
}
