using ObjectOS.Abi;
using ObjectOS.Client;
using ObjectOS.Cpu;
using static ObjectOS.Tests.Asm;

namespace ObjectOS.Tests.Kernels;

/// <summary>Who runs when, and for how long.</summary>
public sealed class SchedulingTests
{
    [Fact]
    public void SchedulingContext_GivesItsShare_OfEveryPeriod()
    {
        using var fixture = new KernelFixture(options: new KernelOptions { Quantum = 1000 });
        var bounded = fixture.Add(Loop());
        var free = fixture.Add(Loop());
        fixture.Invoker.Create(Call.SchedulingContextCreate, fixture.Root.Slot, out uint context, 10_000, 100_000).Should().Be(KernelStatus.Ok);
        fixture.Invoker.Call1(Call.ThreadSetScheduling, bounded.Thread.Slot, 20, context).Should().Be(KernelStatus.Ok);
        bounded.Thread.Resume();
        free.Thread.Resume();
        fixture.Run(budget: 10_000_000);
        (Instructions(fixture, bounded) / 10_000_000.0).Should().BeInRange(0.099, 0.101);
        (Instructions(fixture, free) / 10_000_000.0).Should().BeInRange(0.899, 0.901);
    }

    [Fact]
    public void SchedulingContext_BoundsAllThreadsThatAThreadMakes()
    {
        using var fixture = new KernelFixture(options: new KernelOptions { Quantum = 1000 });
        var bomb = fixture.Add(Script.Player);
        bomb.Cell.Grant(3, bomb.Space.Slot, CapabilityRights.All);
        bomb.Cell.CreateMemory(4096, out var text);
        text.Write(0, Loop(0x700000).ToArray());
        bomb.Space.Map(new VirtualAddress(0x700000), text, 0, 4096, PageRights.Read | PageRights.Execute);
        var entries = new Script();
        for (uint i = 0; i < 10; i++)
        {
            entries.Add(Call.ThreadCreate, 1, 20 + i, 3, 0x700000).Add(Call.ThreadResume, 20 + i);
        }

        bomb.Data.Write(0, entries.ToArray());
        var free = fixture.Add(Loop());
        fixture.Invoker.Create(Call.SchedulingContextCreate, fixture.Root.Slot, out uint context, 10_000, 100_000);
        fixture.Invoker.Call1(Call.ThreadSetScheduling, bomb.Thread.Slot, 16, context);
        bomb.Thread.Resume();
        free.Thread.Resume();
        fixture.Run(budget: 10_000_000);
        Script.Status(bomb, 19).Should().Be(KernelStatus.Ok);
        (Instructions(fixture, free) / 10_000_000.0).Should().BeInRange(0.89, 0.91);
    }

    [Fact]
    public void SchedulingContext_WithManyThreads_PaysForWakingThemAll()
    {
        const int Threads = 200;
        using var fixture = new KernelFixture(options: new KernelOptions { Quantum = 1000 });
        var crowd = fixture.Add(Loop(), objects: 1000);
        fixture.Invoker.Create(Call.SchedulingContextCreate, fixture.Root.Slot, out uint context, 15_000, 30_000).Should().Be(KernelStatus.Ok);
        for (int i = 0; i < Threads; i++)
        {
            crowd.Cell.CreateThread(crowd.Space, new VirtualAddress(KernelFixture.Code), default, 0, out var thread, out _).Should().Be(KernelStatus.Ok);
            fixture.Invoker.Call1(Call.ThreadSetScheduling, thread.Slot, 16, context).Should().Be(KernelStatus.Ok);
            thread.Resume();
        }

        var free = fixture.Add(Loop());
        free.Thread.Resume();
        fixture.Run(budget: 10_000_000);
        (Instructions(fixture, free) / 10_000_000.0).Should().BeInRange(0.49, 0.55);
        (Instructions(fixture, crowd) / 10_000_000.0).Should().BeInRange(0.30, 0.35, "of its 15,000 it pays {0} for {1} threads", Threads * 24, Threads);
    }

    [Theory]
    [InlineData(false, false, 0)]
    [InlineData(true, false, 1)]
    [InlineData(false, true, 1)]
    public void Reservation_OutlastsTheTurnsOfOtherCells_AndEndsWhereOthersMayHaveWritten(bool sibling, bool shared, int fails)
    {
        using var fixture = new KernelFixture(options: new KernelOptions { Quantum = 100 });
        // It reserves, loops for ten quanta, stores, and writes whether that failed.
        var code = new Asm(KernelFixture.Code).Li64(S1, KernelFixture.Data).Atomic("lr.d", T0, Zero, S1).Li(T1, 500);
        ulong wait = code.Here;
        code.Addi(T1, T1, -1).Branch("bne", T1, Zero, wait).Atomic("sc.d", T2, T0, S1).Addi(T2, T2, 1).Store("sd", T2, 8, S1);
        var cell = fixture.Add(code.Jal(Zero, code.Here));
        var other = fixture.Add(Loop());
        if (sibling)
        {
            cell.Cell.CreateThread(cell.Space, new VirtualAddress(0x700000), default, 0, out var second, out _).Should().Be(KernelStatus.Ok);
            cell.Cell.CreateMemory(0x1000, out var text).Should().Be(KernelStatus.Ok);
            text.Write(0, Loop(0x700000).ToArray());
            cell.Space.Map(new VirtualAddress(0x700000), text, 0, 0x1000, PageRights.Read | PageRights.Execute).Should().Be(KernelStatus.Ok);
            second.Resume();
        }

        if (shared)
        {
            other.Space.Map(new VirtualAddress(0x700000), cell.Data, 0, 0x1000, PageRights.Read | PageRights.Write).Should().Be(KernelStatus.Ok);
        }

        cell.Thread.Resume();
        other.Thread.Resume();
        fixture.Run(budget: 100_000);
        cell.Word(1).Should().Be((ulong)fails + 1);
    }

    [Fact]
    public void HigherPriority_RunsFirst_AndEqualOnesShare()
    {
        using var fixture = new KernelFixture(options: new KernelOptions { Quantum = 1000 });
        var cells = Enumerable.Range(0, 3).Select(_ => fixture.Add(Loop())).ToArray();
        fixture.Invoker.Call1(Call.ThreadSetScheduling, cells[0].Thread.Slot, 15, 0);
        foreach (var cell in cells)
        {
            cell.Thread.Resume();
        }

        fixture.Run(budget: 1_000_000);
        Instructions(fixture, cells[0]).Should().Be(0);
        (Instructions(fixture, cells[1]) / 1_000_000.0).Should().BeInRange(0.49, 0.51);
    }

    [Fact]
    public void OneThreadAlone_RunsPastItsQuanta_AndSharesOnceAnotherIsReady()
    {
        var runs = new List<(ulong Budget, ulong Retired)>();
        using var fixture = new KernelFixture(options: new KernelOptions { Quantum = 1000 }, decorate: cpu => new CountingCpu(cpu, runs));
        var first = fixture.Add(Loop());
        first.Thread.Resume();
        fixture.Run(budget: 1_000_400);
        runs.Where(run => run.Retired > 0).Should().ContainSingle("nobody else is ready").Which.Retired.Should().BeInRange(999_000, 1_000_400);
        runs.Clear();
        var second = fixture.Add(Loop());
        second.Thread.Resume();
        fixture.Run(budget: 100_000);
        runs.Should().OnlyContain(run => run.Budget <= 1000).And.HaveCountGreaterThan(100);
        Instructions(fixture, second).Should().BeInRange(49_000, 51_000);
    }

    [Fact]
    public void MessagesBetweenAccomplices_MakeNoQuantum()
    {
        // Two threads that call each other must not keep a third from running.
        using var fixture = new KernelFixture(options: new KernelOptions { Quantum = 10_000 });
        fixture.Root.CreateEndpoint(out var endpoint);
        var server = fixture.Add(new Asm(KernelFixture.Code)
            .Addi(A0, Zero, 2).Addi(A1, Zero, 10).Addi(A2, Zero, 0).Addi(A3, Zero, 0).Addi(A7, Zero, (int)Call.EndpointReceive).Ecall()
            .Addi(A0, Zero, 2).Addi(T1, Zero, 10).Addi(T2, Zero, 0).Addi(A7, Zero, (int)Call.EndpointReplyReceive).Ecall().Jal(Zero, KernelFixture.Code + 24));
        var client = fixture.Add(new Asm(KernelFixture.Code).Addi(A0, Zero, 2).Addi(T1, Zero, 0).Addi(A7, Zero, (int)Call.EndpointCall).Ecall().Jal(Zero, KernelFixture.Code));
        var other = fixture.Add(Loop());
        server.Cell.Grant(2, endpoint.Slot, CapabilityRights.Read);
        client.Cell.Grant(2, endpoint.Slot, CapabilityRights.Write);
        foreach (var cell in new[] { server, client, other })
        {
            cell.Thread.Resume();
        }

        fixture.Run(budget: 5_000_000);
        (Instructions(fixture, other) / 5_000_000.0).Should().BeGreaterThan(0.32);
    }

    [Fact]
    public void Timers_FireOnce_Repeat_AndStop()
    {
        using var fixture = new KernelFixture();
        fixture.Root.CreateNotification(out var notification);
        fixture.Root.CreateTimer(notification, 4, out var timer);
        timer.Set(1000, 1).Should().Be(KernelStatus.InvalidArgument, "that would be nothing but firing");
        ulong start = fixture.Kernel.Now;
        timer.Set(start + 1000).Should().Be(KernelStatus.Ok);
        fixture.Run().Should().Be(SliceEnd.Idle);
        fixture.Kernel.Now.Should().BeInRange(start + 1000, start + 1300);
        Poll(fixture, notification.Slot).Should().Be(4);
        timer.Set(fixture.Kernel.Now + 1000, 20_000).Should().Be(KernelStatus.Ok);
        fixture.Run(budget: 2000).Should().Be(SliceEnd.Budget, "a timer that repeats uses slices up");
        Poll(fixture, notification.Slot).Should().Be(4);
        timer.Cancel().Should().Be(KernelStatus.Ok);
        fixture.Run().Should().Be(SliceEnd.Idle);
        Poll(fixture, notification.Slot).Should().Be(0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    public void Timer_DueAtTheEndOfASlice_NeitherLengthensItNorEndsAnybody(ulong rest)
    {
        using var fixture = new KernelFixture();
        var cell = fixture.Add(Programs.CountAndTime(100_000));
        cell.Thread.Resume();
        fixture.Root.CreateNotification(out var notification);
        fixture.Root.CreateTimer(notification, 1, out var timer);
        ulong due = fixture.Kernel.Now + 1000;
        timer.Set(due).Should().Be(KernelStatus.Ok);
        var slice = fixture.Kernel.RunSlice(new SliceLimits(due - fixture.Kernel.Now + rest));
        slice.End.Should().Be(SliceEnd.Budget);
        slice.Used.Should().BeLessThan(1100);
        fixture.Run().Should().Be(SliceEnd.Idle);
        fixture.EndOf(cell)!.ExitCode.Should().Be(7);
    }

    [Fact]
    public void RepeatingTimers_OfACell_HaveASignalASecondForEachObjectOfItsQuota()
    {
        const int Quota = 300;
        using var fixture = new KernelFixture();
        fixture.Root.CreateCell(1 << 20, Quota, out var hog);
        fixture.Root.CreateCell(1 << 20, Quota, out var other);
        hog.CreateNotification(out var notification);
        KernelStatus Repeat(CellCapability cell, ulong period)
        {
            cell.CreateTimer(notification, 1, out var timer).Should().Be(KernelStatus.Ok);
            return timer.Set(0, period);
        }

        Repeat(hog, 10_000).Should().Be(KernelStatus.ObjectsExhausted, "100,000 a second are more than 300");
        Repeat(hog, 5_000_000).Should().Be(KernelStatus.Ok);
        Repeat(hog, 5_000_000).Should().Be(KernelStatus.ObjectsExhausted);
        hog.CreateCell(1 << 20, 200, out var inner).Should().Be(KernelStatus.Ok);
        Repeat(inner, 6_000_000).Should().Be(KernelStatus.ObjectsExhausted, "what lies in a cell shares with it");
        Repeat(other, 5_000_000).Should().Be(KernelStatus.Ok, "others have theirs");
        inner.Destroy();
        Repeat(hog, 20_000_000).Should().Be(KernelStatus.Ok);
    }

    private static ulong Poll(KernelFixture fixture, uint slot)
    {
        var frame = new InvocationFrame();
        frame[0] = slot;
        fixture.Kernel.Root.Invoke(Call.NotificationPoll, ref frame).Should().Be(KernelStatus.Ok);
        return frame[1];
    }

    private static ulong Instructions(KernelFixture fixture, TestCell cell) =>
        fixture.Kernel.Statistics.Cells.Single(c => c.Number == fixture.Kernel.CellNumber(cell.Cell.Slot)).Instructions;

    private sealed class CountingCpu(ICpu inner, List<(ulong Budget, ulong Retired)> runs) : CpuDecorator(inner)
    {
        public override void Run(HartContext context, IAddressSpace space, in RunLimits limits, out Trap trap)
        {
            Inner.Run(context, space, limits, out trap);
            runs.Add((limits.Instructions, trap.Retired));
        }
    }

    private static Asm Loop(ulong origin = KernelFixture.Code) => new Asm(origin).Addi(T0, T0, 1).Jal(Zero, origin);
}
