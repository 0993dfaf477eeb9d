using ObjectOS.Abi;
using ObjectOS.Client;
using ObjectOS.Cpu;
using ObjectOS.Objects;
using static ObjectOS.Tests.Asm;

namespace ObjectOS.Tests.Kernels;

/// <summary>What holders do to CPUs that wait for them, and what that must not do.</summary>
public sealed class HolderTests
{
    private const ulong Code = KernelFixture.Code;

    [Fact]
    public void Pass_OfAnExitThatIsAboutNoHart_ChangesNothing()
    {
        using var fixture = new KernelFixture();
        fixture.Root.CreateCell(1UL << 20, 64, out var cell).Should().Be(KernelStatus.Ok);
        fixture.Invoker.Create(Call.VCpuCreate, cell.Slot, out uint vcpu, 1UL << 20, 1UL << 20).Should().Be(KernelStatus.Ok);
        fixture.Root.CreateMemory(0x1000, out var text).Should().Be(KernelStatus.Ok);
        text.Write(0, new Asm(0).Jal(0, 0).ToArray()).Should().Be(KernelStatus.Ok);
        fixture.Invoker.Call1(Call.VCpuMap, vcpu, 0, text.Slot, 0, 0x1000, 7).Should().Be(KernelStatus.Ok);
        fixture.Invoker.Call1(Call.VCpuStartHart, vcpu).Should().Be(KernelStatus.Ok);
        fixture.Run();
        fixture.Invoker.Call1(Call.CellSetBudget, cell.Slot, 1000).Should().Be(KernelStatus.Ok);
        fixture.Invoker.Call1(Call.VCpuResume, vcpu, 0).Should().Be(KernelStatus.Ok);
        fixture.Run();
        var cpu = (VCpu)fixture.Kernel.RootCell.Capabilities[vcpu]!.Object;
        cpu.Exit!.Trap.Cause.Should().Be(TrapCause.BudgetEnd);
        fixture.Invoker.Call1(Call.VCpuResume, vcpu, 3).Should().Be(KernelStatus.Ok);
        fixture.Run();
        cpu.Exit!.Trap.Cause.Should().Be(TrapCause.BudgetEnd, "it has no more than before");
    }

    [Fact]
    public void PagesPassed_OfAKernelWhoseOwnChildRuns_AreInterceptedAgain()
    {
        using var nested = new Nested(new TowerOptions { Depth = 2, Scattered = false });
        var middle = nested.Tower.Kernels[1];
        var root = new CellCapability(nested.Tower.Invokers[1], 1);
        root.CreateMemory(0x1000, out var memory).Should().Be(KernelStatus.Ok);
        memory.Write(0, [1]).Should().Be(KernelStatus.Ok);
        nested.Add(Programs.Loop()).Thread.Resume();
        nested.Run(budget: 1000);
        var start = ((MemoryObject)middle.RootCell.Capabilities[memory.Slot]!.Object).Start;
        var vcpu = nested.Tower.Virtual[0];
        vcpu.Intercepts = new InterceptSet { Pages = [(start, start + Pages.Size)] };
        memory.Read(0, new byte[8]).Should().Be(KernelStatus.Suspended);
        vcpu.Resume(ExitAction.Pass);
        memory.Read(0, new byte[8]).Should().Be(KernelStatus.Ok);
        ulong retired = nested.Kernel.Statistics.Instructions;
        nested.Run(budget: 10_000);
        nested.Kernel.Statistics.Instructions.Should().BeGreaterThan(retired);
        memory.Read(0, new byte[8]).Should().Be(KernelStatus.Suspended);
        vcpu.Exit!.Kind.Should().Be(ExitKind.PageAccess);
    }

    [Fact]
    public void Pass_ThatIsStoppedInTheMiddle_LetsNobodyElseIn()
    {
        using var nested = new Nested(new TowerOptions { Depth = 1, Scattered = false });
        var cell = nested.Add(new Asm(Code).Store("sd", Zero, 0, A0).Jal(Zero, Code + 4).Load("ld", A1, 8, A0).Jal(Zero, Code + 12));
        cell.Cell.CreateThread(cell.Space, new VirtualAddress(Code + 8), default, KernelFixture.Data, out var second, out _).Should().Be(KernelStatus.Ok);
        cell.Thread.Resume();
        var vcpu = nested.Tower.Virtual[0];
        var start = ((MemoryObject)nested.Kernel.RootCell.Capabilities[cell.Data.Slot]!.Object).Start;
        vcpu.Intercepts = new InterceptSet { Pages = [(start, start + Pages.Size)] };
        nested.Run();
        vcpu.Exit!.Kind.Should().Be(ExitKind.PageAccess);
        vcpu.SetMemoryLimit(vcpu.Statistics.Pages * Pages.Size);
        vcpu.Resume(ExitAction.Pass);
        nested.Run();
        vcpu.Exit!.Kind.Should().Be(ExitKind.MemoryExhausted);
        cell.Thread.Suspend().Should().Be(KernelStatus.Ok);
        second.Resume().Should().Be(KernelStatus.Ok);
        vcpu.SetMemoryLimit(1UL << 20);
        vcpu.Resume();
        nested.Run(budget: 100_000);
        vcpu.Exit!.Kind.Should().Be(ExitKind.PageAccess);
    }

    [Fact]
    public void Delivery_ToAHartThatHasGoneElsewhere_IsDropped()
    {
        using var nested = new Nested(new TowerOptions { Depth = 1, Scattered = false });
        var cell = nested.Add(Programs.Exit(new Asm(Code).Bare("ebreak"), 5));
        cell.Thread.Resume();
        var vcpu = nested.Tower.Virtual[0];
        vcpu.Intercepts = new InterceptSet { Causes = InterceptSet.Bit(TrapCause.Breakpoint) };
        nested.Run();
        vcpu.Exit!.Kind.Should().Be(ExitKind.Trap);
        vcpu.Resume(ExitAction.Deliver);
        Span<ulong> state = stackalloc ulong[65];
        cell.Thread.Suspend().Should().Be(KernelStatus.Ok);
        cell.Thread.ReadState(state).Should().Be(KernelStatus.Ok);
        state[0] += 4;
        cell.Thread.WriteState(state).Should().Be(KernelStatus.Ok);
        cell.Thread.Resume().Should().Be(KernelStatus.Ok);
        nested.Run();
        nested.EndOf(cell)!.Trap.Should().BeNull();
        nested.EndOf(cell)!.ExitCode.Should().Be(5);
    }

    [Fact]
    public void SetEndpoint_AgainAndAgain_PilesNoMessagesUp()
    {
        using var fixture = new KernelFixture();
        fixture.Invoker.Create(Call.VCpuCreate, 1, out uint vcpu, 1UL << 20, 1UL << 20).Should().Be(KernelStatus.Ok);
        fixture.Root.CreateEndpoint(out var endpoint).Should().Be(KernelStatus.Ok);
        fixture.Invoker.Call1(Call.VCpuStartHart, vcpu).Should().Be(KernelStatus.Ok);
        fixture.Run();
        for (int i = 0; i < 1000; i++)
        {
            fixture.Invoker.Call1(Call.VCpuSetEndpoint, vcpu, endpoint.Slot).Should().Be(KernelStatus.Ok);
        }

        ((Endpoint)fixture.Kernel.RootCell.Capabilities[endpoint.Slot]!.Object).Letters.Count.Should().Be(1);
    }

    [Fact]
    public void InterceptedPages_WithHoles_AreLimited()
    {
        using var fixture = new KernelFixture();
        fixture.Invoker.Create(Call.VCpuCreate, 1, out uint vcpu, 1UL << 30, 1UL << 20).Should().Be(KernelStatus.Ok);
        fixture.Invoker.Call1(Call.VCpuInterceptPages, vcpu, 0, 1UL << 30, 1).Should().Be(KernelStatus.Ok);
        var status = KernelStatus.Ok;
        for (ulong i = 1; i < 2000 && status == KernelStatus.Ok; i += 2)
        {
            status = fixture.Invoker.Call1(Call.VCpuInterceptPages, vcpu, i * 4096, 4096, 0);
        }

        status.Should().Be(KernelStatus.ObjectsExhausted);
    }

    [Fact]
    public void Clone_SuspendedInTheMiddle_LeavesNothingBehind_AndIsOfOneMoment()
    {
        using var nested = new Nested(new TowerOptions { Depth = 1, Scattered = false });
        nested.Root.CreateMemory(32UL << 20, out var source).Should().Be(KernelStatus.Ok);
        byte[] secret = [1, 2, 3, 4, 5, 6, 7, 8];
        source.Write(0, secret).Should().Be(KernelStatus.Ok);
        source.Write(16UL << 20, secret).Should().Be(KernelStatus.Ok);
        var vcpu = nested.Tower.Virtual[0];
        var parent = new CellCapability(nested.Tower.Invokers[0], 1);
        vcpu.Intercepts = new InterceptSet { MissingPages = true };
        uint slot = nested.Invoker.TakeSlot();
        nested.Invoker.Call1(Call.MemoryClone, source.Slot, slot, 1).Should().Be(KernelStatus.Suspended);
        var exit = vcpu.Exit!;
        exit.Kind.Should().Be(ExitKind.MissingPage);
        parent.CreateMemory(16UL << 20, out var backing).Should().Be(KernelStatus.Ok);
        parent.Invoker.Call1(Call.VCpuMap, nested.Tower.Slots[0], exit.Physical.Value, backing.Slot, 0, 16UL << 20, 7).Should().Be(KernelStatus.Ok);
        vcpu.Resume();
        nested.Invoker.Call1(Call.MemoryClone, source.Slot, slot, 1).Should().Be(KernelStatus.Suspended);
        vcpu.Intercepts = InterceptSet.Empty;
        vcpu.Resume();
        nested.Root.CreateMemory(32UL << 20, out var fresh).Should().Be(KernelStatus.Ok);
        byte[] found = new byte[8];
        fresh.Read(0, found).Should().Be(KernelStatus.Ok);
        found.Should().Equal(new byte[8], "nobody else's memory is in what is new");
        secret[0]++;
        source.Write(0, secret).Should().Be(KernelStatus.Ok);
        source.Write(16UL << 20, secret).Should().Be(KernelStatus.Ok);
        nested.Invoker.Call1(Call.MemoryClone, source.Slot, slot, 1).Should().Be(KernelStatus.Ok);
        foreach (ulong at in new[] { 0UL, 16UL << 20 })
        {
            new MemoryCapability(nested.Invoker, slot).Read(at, found).Should().Be(KernelStatus.Ok);
            found.Should().Equal(secret);
        }
    }

    [Fact]
    public void Endpoint_WithManySenders_DiesInBoundedSteps()
    {
        using var fixture = new KernelFixture();
        fixture.Root.CreateCell(1 << 20, 64, out var doomed).Should().Be(KernelStatus.Ok);
        fixture.Invoker.Create(Call.EndpointCreate, doomed.Slot, out uint endpoint).Should().Be(KernelStatus.Ok);
        var cell = fixture.Add(new Asm(Code).Addi(A0, Zero, 2).Addi(6, Zero, 0).Addi(A7, Zero, (int)Call.EndpointSend).Ecall().Jal(Zero, Code + 16), objects: 2000);
        cell.Cell.Grant(2, endpoint, CapabilityRights.Write).Should().Be(KernelStatus.Ok);
        for (int i = 0; i < 500; i++)
        {
            cell.Cell.CreateThread(cell.Space, new VirtualAddress(Code), default, 0, out var thread, out _).Should().Be(KernelStatus.Ok);
            thread.Resume().Should().Be(KernelStatus.Ok);
        }

        fixture.Run();
        var letters = ((Endpoint)fixture.Kernel.RootCell.Capabilities[endpoint]!.Object).Letters;
        letters.Should().HaveCount(500);
        var script = fixture.Add(Script.Player);
        script.Cell.Grant(3, doomed.Slot, CapabilityRights.All).Should().Be(KernelStatus.Ok);
        script.Data.Write(0, new Script().Add(Call.CellDestroy, 3).ToArray());
        script.Thread.Resume();
        int most = 0;
        for (int i = 0; i < 10_000 && letters.Count > 0; i++)
        {
            int before = letters.Count;
            fixture.Kernel.RunSlice(new SliceLimits(1));
            most = Math.Max(most, before - letters.Count);
        }

        most.Should().BeLessThanOrEqualTo(64);
    }

    [Fact]
    public void Spaces_OfAKernelWhoseCpuIsGone_CanBeMappedAgain()
    {
        using var fixture = new KernelFixture();
        fixture.Root.CreateCell(32UL << 20, 4096, out var holder).Should().Be(KernelStatus.Ok);
        fixture.Kernel.CreateVirtualCpu(holder.Slot, 500, new VirtualCpuOptions(), out var cpu).Should().Be(KernelStatus.Ok);
        var kernel = new Kernel(cpu!.Cpu);
        var cell = Nested.AddTo(new CellCapability(new Invoker(kernel.Root, 16), 1), Programs.Loop());
        var place = new VirtualAddress(0x900000);
        cell.Space.Map(place, cell.Data, 0, Pages.Size, PageRights.Read).Should().Be(KernelStatus.Ok);
        holder.Destroy().Should().Be(KernelStatus.Ok);
        fixture.Run();
        cell.Space.Unmap(place, Pages.Size).Should().Be(KernelStatus.Ok);
        cell.Space.Map(place, cell.Data, 0, Pages.Size, PageRights.Read).Should().Be(KernelStatus.Ok);
    }

    [Fact]
    public void Create_OnAKernelWhoseCpuIsGone_IsAStatus()
    {
        using var fixture = new KernelFixture();
        fixture.Root.CreateCell(32UL << 20, 4096, out var holder).Should().Be(KernelStatus.Ok);
        fixture.Kernel.CreateVirtualCpu(holder.Slot, 500, new VirtualCpuOptions(), out var cpu).Should().Be(KernelStatus.Ok);
        var kernel = new Kernel(cpu!.Cpu);
        holder.Destroy().Should().Be(KernelStatus.Ok);
        fixture.Run();
        new CellCapability(new Invoker(kernel.Root, 16), 1).CreateCell(1 << 20, 64, out _).Should().Be(KernelStatus.MemoryExhausted);
        kernel.CreateVirtualCpu(1, 500, new VirtualCpuOptions(), out _).Should().Be(KernelStatus.MemoryExhausted);
    }

    [Fact]
    public void ChangesOfAMap_AreCharged_ByWhatTheGuestHasMapped()
    {
        const int Ranges = 1000;
        using var fixture = new KernelFixture();
        fixture.Invoker.Create(Call.VCpuCreate, fixture.Root.Slot, out uint vcpu, 64UL << 20, 1UL << 20).Should().Be(KernelStatus.Ok);
        fixture.Root.CreateMemory(0x1000, out var memory).Should().Be(KernelStatus.Ok);
        var cpu = ((VCpu)fixture.Kernel.RootCell.Capabilities[vcpu]!.Object).Cpu;
        ulong CostOf(Call call, params ulong[] arguments)
        {
            ulong before = fixture.Kernel.Statistics.Charged;
            fixture.Invoker.Call1(call, vcpu, arguments[0], arguments[1], arguments.ElementAtOrDefault(2), arguments.ElementAtOrDefault(3), arguments.ElementAtOrDefault(4)).Should().Be(KernelStatus.Ok);
            return fixture.Kernel.Statistics.Charged - before;
        }

        ulong[] All() => [CostOf(Call.VCpuMap, 0, memory.Slot, 0, 0x1000, 7), CostOf(Call.VCpuUnmap, 0, 0x1000), CostOf(Call.VCpuInterceptPages, 0, 0x1000, 1)];
        ulong[] bare = All();
        using var space = cpu.CreateAddressSpace(cpu.Account);
        for (ulong i = 0; i < Ranges; i++)
        {
            space.Map(new VirtualAddress(i * 2 * Pages.Size), new PhysicalAddress(i * 2 * Pages.Size), Pages.Size, PageRights.Read);
        }

        All().Zip(bare, (now, before) => now - before).Should().OnlyContain(more => more >= Ranges);
    }
}
