using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ObjectOS.Abi;
using ObjectOS.Client;
using ObjectOS.Cpu;
using ObjectOS.Objects;
using Thread = ObjectOS.Objects.Thread;

namespace ObjectOS.Tests.Kernels;

/// <summary>Where slices end, and where the CPU is suspended, is nothing that anything in a kernel depends on.</summary>
public sealed class DeterminismTests
{
    [Theory]
    [InlineData(1000)]
    [InlineData(2000)]
    public void RandomPrograms_InSlicesAndBehindSuspensions_EndTheSame(int firstSeed)
    {
        int ends = 0;
        for (int seed = firstSeed; seed < firstSeed + TestScale.Of(40); seed++)
        {
            string whole = Run(seed, suspending: false, slices: null, out bool idle);
            ends += idle ? 1 : 0;
            Run(seed, suspending: false, slices: new Random(seed), out _).Should().Be(whole, $"seed {seed} in slices");
            Run(seed, suspending: true, slices: null, out _).Should().Be(whole, $"seed {seed} with suspensions");
            Run(seed, suspending: true, slices: new Random(-seed), out _).Should().Be(whole, $"seed {seed} with suspensions, in slices");
        }

        ends.Should().BeGreaterThan(0);
    }

    [Fact]
    public void KernelsUnderKernels_InSlicesAndInterrupted_KeepTheSameTime()
    {
        string whole = RunNested(null);
        for (int seed = 1; seed <= TestScale.Of(20); seed++)
        {
            RunNested(new Random(seed)).Should().Be(whole, $"seed {seed}");
        }
    }

    /// <summary>Two levels with a child that shares its parent with a cell; what each kernel tells, the lowest too.</summary>
    private static string RunNested(Random? slices)
    {
        using var nested = new Nested(new TowerOptions
        {
            Depth = 2,
            Kernel = new KernelOptions { Quantum = 700 },
            Furnish = (_, invoker, _) => Nested.AddTo(new CellCapability(invoker, 1), Programs.CountAndTime(9000)).Thread.Resume(),
        });
        nested.Add(Programs.CountAndTime(6000)).Thread.Resume();
        nested.Add(Programs.Invocations(900)).Thread.Resume();
        for (int step = 0; ; step++)
        {
            step.Should().BeLessThan(200_000);
            if (slices?.Next(4) == 0)
            {
                nested.Tower.Virtual[slices.Next(2)].Cpu.Interrupt();
            }

            if (nested.Bottom.RunSlice(new SliceLimits((ulong)(slices?.Next(1, 300) ?? int.MaxValue))).End == SliceEnd.Idle)
            {
                break;
            }
        }

        return string.Concat(nested.Tower.Kernels.Append(nested.Kernel).Select(kernel => Programs.Describe(kernel)));
    }

    [Fact]
    public void Interrupts_HundredsInARow_CostNothing()
    {
        string Run(int interrupts)
        {
            using var fixture = new KernelFixture(options: new KernelOptions { Quantum = 700 });
            fixture.Kernel.CreateVirtualCpu(1, 500, new VirtualCpuOptions(), out var cpu).Should().Be(Abi.KernelStatus.Ok);
            var kernel = new Kernel(new InterruptedCpu(cpu!.Cpu, interrupts));
            Nested.AddTo(new CellCapability(new Invoker(kernel.Root, 16), 1), Programs.CountAndTime(1000)).Thread.Resume();
            var beside = fixture.Add(Programs.CountAndTime(1000));
            beside.Thread.Resume();
            fixture.Run().Should().Be(SliceEnd.Idle);
            return Programs.Describe(fixture.Kernel, beside);
        }

        Run(1000).Should().Be(Run(0));
    }

    [Fact]
    public void PagesFoundForAChild_InSlicesAndInterrupted_CostTheSameAtTheSameTime()
    {
        string whole = RunFaulting(null);
        for (int seed = 1; seed <= TestScale.Of(20); seed++)
        {
            RunFaulting(new Random(seed)).Should().Be(whole, $"seed {seed}");
        }
    }

    [Fact]
    public void TimersAtEveryLevel_InSlicesAndInterrupted_WakeAtTheSameTime()
    {
        string whole = RunTimed(null);
        for (int seed = 1; seed <= TestScale.Of(20); seed++)
        {
            RunTimed(new Random(seed)).Should().Be(whole, $"seed {seed}");
        }
    }

    /// <summary>At each of three levels a cell that computes and one that stores when a timer that repeats has woken it.</summary>
    private static string RunTimed(Random? slices)
    {
        var cells = new List<TestCell>();
        void Furnish(Invoker invoker, int level)
        {
            var root = new CellCapability(invoker, 1);
            cells.Add(Nested.AddTo(root, Programs.CountAndTime(4000)));
            var code = new Asm(KernelFixture.Code).Addi(Asm.S0, Asm.A0, 0).Addi(Asm.S1, Asm.Zero, 9);
            ulong loop = code.Here;
            code.Addi(Asm.A0, Asm.Zero, 2);
            Programs.Ecall(code, Abi.Call.NotificationWait);
            Programs.Ecall(code, Abi.Call.ClockNow).Store("sd", Asm.A1, 0, Asm.S0).Addi(Asm.S0, Asm.S0, 8).Addi(Asm.S1, Asm.S1, -1).Branch("bne", Asm.S1, Asm.Zero, loop);
            var waiter = Nested.AddTo(root, Programs.Exit(code, 2));
            root.CreateNotification(out var notification);
            root.CreateTimer(notification, 1, out var timer);
            timer.Set(20_000, 10_000 + (ulong)(level * 77)).Should().Be(Abi.KernelStatus.Ok);
            waiter.Cell.Grant(2, notification.Slot, Abi.CapabilityRights.All).Should().Be(Abi.KernelStatus.Ok);
            cells.Add(waiter);
            cells.TakeLast(2).ToList().ForEach(cell => cell.Thread.Resume());
        }

        using var nested = new Nested(new TowerOptions { Depth = 2, Kernel = new KernelOptions { Quantum = 700 }, Furnish = (_, invoker, level) => Furnish(invoker, level) });
        Furnish(nested.Invoker, 2);
        nested.Add(Programs.Invocations(300)).Thread.Resume();
        ulong left = 400_000;
        while (left > 0)
        {
            if (slices?.Next(4) == 0)
            {
                nested.Tower.Virtual[slices.Next(2)].Cpu.Interrupt();
            }

            ulong slice = Math.Min(left, (ulong)(slices?.Next(1, 300) ?? int.MaxValue));
            left -= Math.Min(left, nested.Bottom.RunSlice(new SliceLimits(slice)).Used);
        }

        return Programs.Memory([.. cells]) + string.Join(' ', cells.Select(cell => string.Join(',', Enumerable.Range(0, 9).Select(cell.Word))));
    }

    /// <summary>A CPU that somebody interrupts before each of its first runs.</summary>
    private sealed class InterruptedCpu(ICpu inner, int interrupts) : CpuDecorator(inner)
    {
        private int _left = interrupts;

        public override void Run(HartContext context, IAddressSpace space, in RunLimits limits, out Trap trap)
        {
            if (_left-- > 0)
            {
                Inner.Interrupt();
            }

            Inner.Run(context, space, limits, out trap);
        }
    }

    /// <summary>A child that touches pages that its parent has scattered, beside a cell of the parent that tells when it was done.</summary>
    private static string RunFaulting(Random? slices)
    {
        const ulong Pages = 1500, Page = Abi.Pages.Size, Place = 0x100000;
        TestCell? beside = null;
        using var nested = new Nested(new TowerOptions
        {
            Depth = 1,
            Kernel = new KernelOptions { Quantum = 700 },
            Furnish = (_, invoker, _) => beside = Nested.AddTo(new CellCapability(invoker, 1), Programs.CountAndTime(3000)),
        });
        var code = new Asm(KernelFixture.Code).Li(Asm.S0, (int)Place).Li(Asm.S1, (int)Page).Li(Asm.T1, (int)Pages);
        ulong next = code.Here;
        code.Store("sd", Asm.T1, 0, Asm.S0).Addi(Asm.T0, Asm.Zero, 10);
        ulong delay = code.Here;
        code.Addi(Asm.T0, Asm.T0, -1).Branch("bne", Asm.T0, Asm.Zero, delay).R("add", Asm.S0, Asm.S0, Asm.S1).Addi(Asm.T1, Asm.T1, -1).Branch("bne", Asm.T1, Asm.Zero, next);
        var cell = nested.Add(Programs.Exit(code, 1), memory: 16UL << 20);
        cell.Cell.CreateMemory(Pages * Page, out var memory);
        cell.Space.Map(new Abi.VirtualAddress(Place), memory, 0, Pages * Page, Abi.PageRights.Read | Abi.PageRights.Write).Should().Be(Abi.KernelStatus.Ok);
        ulong start = ((MemoryObject)nested.Kernel.RootCell.Capabilities[memory.Slot]!.Object).Start.Value;
        var parent = new CellCapability(nested.Tower.Invokers[0], 1);
        parent.CreateMemory(Pages * Page, out var backing);
        for (ulong i = 0; i < Pages; i++)
        {
            parent.Invoker.Call1(Abi.Call.VCpuMap, nested.Tower.Slots[0], start + (i * Page), backing.Slot, (Pages - 1 - i) * Page, Page, 7).Should().Be(Abi.KernelStatus.Ok);
        }

        beside!.Thread.Resume();
        cell.Thread.Resume();
        for (int step = 0; ; step++)
        {
            step.Should().BeLessThan(200_000);
            if (slices?.Next(4) == 0)
            {
                nested.Tower.Virtual[0].Cpu.Interrupt();
            }

            if (nested.Bottom.RunSlice(new SliceLimits((ulong)(slices?.Next(1, 300) ?? int.MaxValue))).End == SliceEnd.Idle)
            {
                break;
            }
        }

        nested.Tower.Virtual[0].Statistics.StageTwoFaults.Should().BeGreaterThanOrEqualTo(Pages);
        return Programs.Describe(nested.Bottom, beside) + Programs.Describe(nested.Kernel, cell);
    }

    [Theory]
    [InlineData(20_000_000UL)]
    [InlineData(3_000_000_000UL)]
    public void ItemOfWork_OfAGuest_CostsTheSameInAnySlice(ulong length)
    {
        ulong Run(ulong slice)
        {
            using var fixture = new KernelFixture();
            fixture.Kernel.CreateVirtualCpu(1, 500, new VirtualCpuOptions(), out var cpu).Should().Be(KernelStatus.Ok);
            bool done = false;
            cpu!.Cpu.Attach(new Guest(_ =>
            {
                var result = done ? new SliceResult(SliceEnd.Idle, 0) : new SliceResult(SliceEnd.Budget, length);
                done = true;
                return result;
            }));
            fixture.Run(budget: length * 2, slice: slice);
            return fixture.Kernel.Statistics.Charged;
        }

        Run(1000).Should().Be(Run(length * 2)).And.BeGreaterThanOrEqualTo(length);
    }

    /// <summary>Runs three cells of random programs until all is still, and tells all that can be told of what came of it.</summary>
    private static string Run(int seed, bool suspending, Random? slices, out bool idle)
    {
        var random = new Random(seed);
        using var fixture = new KernelFixture(suspending, new KernelOptions { Quantum = 700, Trace = true });
        var calls = new RandomInvocations(random, repeatingTimers: false);
        for (int i = 0; i < 3; i++)
        {
            RandomKernelTests.AddScripted(fixture, random, calls);
        }

        idle = false;
        for (int step = 0; step < 200_000 && !idle; step++)
        {
            idle = fixture.Kernel.RunSlice(new SliceLimits((ulong)(slices?.Next(1, 3000) ?? int.MaxValue))).End is SliceEnd.Idle or SliceEnd.Halted;
        }

        idle.Should().BeTrue($"seed {seed} comes to rest");
        return Describe(fixture.Kernel);
    }

    private static string Describe(Kernel kernel)
    {
        var text = new StringBuilder();
        var figures = kernel.Statistics;
        text.AppendLine(CultureInfo.InvariantCulture, $"{kernel.HaltReport} {figures.Instructions} {figures.Charged} {figures.Nanoseconds} {figures.Invocations}");
        foreach (var (cause, count) in figures.Traps.OrderBy(trap => trap.Key))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{cause} {count}");
        }

        foreach (var cell in figures.Cells)
        {
            text.AppendLine(cell.ToString());
        }

        while (kernel.TryTakeTrace(out var record))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{record.Retired} {record.Cell} {record.Thread} {record.Kind} {record.Number} {record.Result}");
        }

        var open = new Stack<Cell>([kernel.RootCell]);
        while (open.TryPop(out var cell))
        {
            cell.Children.ForEach(open.Push);
            foreach (var item in cell.Owned)
            {
                text.AppendLine(item switch
                {
                    Thread { Context: { } context } thread =>
                        string.Create(CultureInfo.InvariantCulture, $"{thread.State} {thread.QuantumLeft} {context.Pc:x} {string.Join(' ', Enumerable.Range(0, 32).Select(i => context.X[i].ToString("x", CultureInfo.InvariantCulture)))}"),
                    MemoryObject memory => Hash(kernel, memory),
                    _ => item.Kind.ToString(),
                });
            }
        }

        return text.ToString();
    }

    private static string Hash(Kernel kernel, MemoryObject memory)
    {
        var bytes = new byte[Math.Min(memory.Length, 1 << 17)];
        kernel.Cpu.Memory.Read(memory.Start, bytes);
        return Convert.ToHexString(SHA256.HashData(bytes));
    }
}
