using ObjectOS.Abi;
using ObjectOS.Client;
using ObjectOS.Cpu;

namespace ObjectOS.Tests.Kernels;

/// <summary>Depth where every level is busy: a neighbour that competes, a pager that answers late, clones, revocations, small slices.</summary>
public sealed class BusyDepthTests
{
    private static readonly uint[] Quanta = [1009, 2003, 503, 4001, 769, 1511, 3001, 613];

    private static readonly KernelOptions Inner = new() { Quantum = 907 };

    /// <summary>A level with its pager and the snapshots that it keeps of its child's memory.</summary>
    private sealed record Level(Kernel Kernel, IVirtualCpu Cpu, LatePager Pager, TestCell Neighbour)
    {
        public Queue<MemoryCapability> Snapshots { get; } = new();
    }

    private static (TestCell[] Cells, Func<bool> Done) Fill(Kernel kernel, CellCapability root)
    {
        var cells = new[] { Programs.CountAndTime(40000), Programs.CountAndTime(90000), Programs.WildStore(), Programs.Invocations(5000) }
            .Select(code => Nested.AddTo(root, code)).ToArray();
        foreach (var cell in cells)
        {
            cell.Thread.Resume().Should().Be(KernelStatus.Ok);
        }

        return (cells, () => cells.All(c => kernel.TryGetEnd(kernel.CellNumber(c.Cell.Slot), out _)));
    }

    /// <summary>What the guest sees; pages it may hold more of, where an ancestor keeps snapshots of it.</summary>
    private static string WithoutPages(string text) => System.Text.RegularExpressions.Regex.Replace(text, @" pages \d+ peak \d+", "");

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 3)]
    [InlineData(8, 4)]
    public void Programs_UnderBusyLevels_GiveTheSameResults(int depth, int seed)
    {
        using var quiet = new Nested(new TowerOptions { Depth = 0 }, Inner);
        var (cells, done) = Fill(quiet.Kernel, quiet.Root);
        quiet.Run().Should().Be(SliceEnd.Idle);
        done().Should().BeTrue();
        string expected = WithoutPages(Programs.Describe(quiet.Kernel) + Programs.Memory(cells));

        using var machine = new Machine.Machine(new Machine.MachineOptions(512UL << 20));
        using var real = new Machine.RealCpu(machine);
        var random = new Random(seed);
        var levels = new List<Level>();
        ICpu cpu = real;
        for (int level = 0; level < depth; level++)
        {
            levels.Add(Build(cpu, level));
            cpu = levels[level].Cpu.Cpu;
        }

        var kernel = new Kernel(cpu, Inner);
        var root = new CellCapability(new Invoker(kernel.Root, 16), 1);
        (cells, done) = FillSuspended(kernel, root, levels);
        int slices = 0;
        while (!done() && slices++ < 200_000)
        {
            RunSlice(levels, random);
        }

        done().Should().BeTrue("seed {0}", seed);
        for (int i = 0; i < 10; i++)
        {
            // What is left to do behind the end of the cells.
            RunSlice(levels, null);
        }

        string figures = WithoutPages(Programs.Describe(kernel));
        string memory = "";
        Retry(levels, () => { memory = Programs.Memory(cells); return true; });
        (figures + memory).Should().Be(expected, "seed {0}", seed);
        levels.Should().OnlyContain(l => l.Cpu.Statistics.Exits > 0 && l.Pager.Filled > 0 && l.Neighbour.Word(2) > 0);
        levels.Sum(l => l.Pager.Refused).Should().BePositive();
        levels[0].Kernel.Shutdown();
        machine.LiveFrames.Should().Be(0);
    }

    private static Level Build(ICpu cpu, int level)
    {
        var kernel = new Kernel(cpu, new KernelOptions { Quantum = Quanta[level % Quanta.Length] });
        var invoker = new Invoker(kernel.Root, 16);
        var root = new CellCapability(invoker, 1);
        uint vcpuSlot = invoker.TakeSlot();
        kernel.CreateVirtualCpu(1, vcpuSlot, new VirtualCpuOptions(), out var vcpu).Should().Be(KernelStatus.Ok);
        uint cellSlot = invoker.TakeSlot();
        uint endpointSlot = invoker.TakeSlot();
        var pager = new LatePager(4);
        kernel.CreateManagedCell(1, cellSlot, endpointSlot, pager, 32UL << 20, 4096).Should().Be(KernelStatus.Ok);
        new CellCapability(invoker, cellSlot).Grant(4, vcpuSlot, CapabilityRights.All).Should().Be(KernelStatus.Ok);
        invoker.Call1(Call.VCpuSetEndpoint, vcpuSlot, endpointSlot).Should().Be(KernelStatus.Ok);
        vcpu!.Intercepts = new InterceptSet { MissingPages = true };

        // A neighbour that writes its own copies of pages as it goes; its furniture needs memory of this level, present by default only at the bottom.
        return new Level(kernel, vcpu, pager, null!);
    }

    /// <summary>Sets up levels from the bottom, then the innermost kernel, running the levels below whenever their pagers are asked.</summary>
    private static (TestCell[] Cells, Func<bool> Done) FillSuspended(Kernel kernel, CellCapability root, List<Level> levels)
    {
        for (int i = 0; i < levels.Count; i++)
        {
            int index = i;
            var below = levels.Take(i).ToList();
            var invoker = new Invoker(levels[i].Kernel.Root, 200);
            Retry(below, () => Prefault(levels[index].Kernel));
            var neighbour = Nested.AddTo(new CellCapability(invoker, 1), Neighbour());
            neighbour.Thread.Resume().Should().Be(KernelStatus.Ok);
            levels[i] = levels[i] with { Neighbour = neighbour };
        }

        Retry(levels, () => Prefault(kernel));
        return Fill(kernel, root);
    }

    /// <summary>Touches the lowest megabytes of a kernel's memory. False: its pager has to answer first.</summary>
    private static bool Prefault(Kernel kernel)
    {
        byte[] one = new byte[1];
        for (ulong at = 0; at < 4UL << 20; at += 0x10000)
        {
            if (kernel.Cpu.Memory.Read(new PhysicalAddress(at), one) == MemoryStatus.Suspended)
            {
                return false;
            }
        }

        return true;
    }

    private static void Retry(List<Level> levels, Func<bool> action)
    {
        string last = "";
        for (int i = 0; i < 10_000; i++)
        {
            try
            {
                if (action())
                {
                    return;
                }
            }
            catch (Xunit.Sdk.XunitException e) when (levels.Count > 0)
            {
                last = e.ToString();
                // An invocation from outside was suspended; the pagers get a turn.
            }

            RunSlice(levels, null);
        }

        throw new InvalidOperationException("the pagers do not answer: " + string.Join("; ", levels.Select(l => $"{l.Cpu.Exit} {l.Cpu.Statistics with { Guest = null }} filled {l.Pager.Filled} {l.Pager.Pending}")) + last);
    }

    private static void RunSlice(List<Level> levels, Random? random)
    {
        var result = levels[0].Kernel.RunSlice(new SliceLimits((ulong)(random?.Next(1, 2000 << levels.Count) ?? 1_000_000)));
        result.End.Should().NotBe(SliceEnd.Halted, levels[0].Kernel.HaltReport);
        foreach (var level in levels)
        {
            level.Cpu.HaltReport.Should().BeNull();
            while (level.Kernel.TryTakeRequest(out var request))
            {
                level.Kernel.Post(new Completion(request.Id, 0, default));
            }
        }

        for (int i = 0; random is not null && i < 3; i++)
        {
            Disturb(levels[random.Next(levels.Count)], random);
        }
    }

    private static void Disturb(Level level, Random random)
    {
        var blocks = level.Pager.Blocks.ToArray();
        if (blocks.Length == 0)
        {
            return;
        }

        ulong block = blocks[random.Next(blocks.Length)];
        switch (random.Next(4))
        {
            case 0:
                level.Pager.TakeAway(block);
                break;
            case 1:
                level.Pager.Remap(block, (ulong)PageRights.Read);
                break;
            case 2:
                level.Pager.Remap(block, (ulong)(PageRights.Read | PageRights.Execute));
                break;
            default:
                if (level.Pager.Replace(block) is { } old)
                {
                    level.Snapshots.Enqueue(old);
                }

                if (level.Snapshots.Count > 3)
                {
                    level.Snapshots.Dequeue().Delete();
                }

                break;
        }
    }

    private static Asm Neighbour() => new Asm(KernelFixture.Code).Addi(Asm.T0, Asm.T0, 1).Store("sd", Asm.T0, 16, Asm.A0).Jal(Asm.Zero, KernelFixture.Code);
}
