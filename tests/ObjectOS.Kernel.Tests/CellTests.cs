using ObjectOS.Abi;
using ObjectOS.Client;
using ObjectOS.Cpu;
using static ObjectOS.Tests.Asm;

namespace ObjectOS.Tests.Kernels;

/// <summary>Cells: quotas, revocation, pauses, ends, depth.</summary>
public sealed class CellTests
{
    [Fact]
    public void Revocation_ReachesMappings_InEveryCell()
    {
        using var fixture = new KernelFixture(options: new KernelOptions { Quantum = 1000 });
        fixture.Root.CreateMemory(4096, out var memory);
        var reader = fixture.Add(new Asm(KernelFixture.Code).Li(T0, 0x500000).Load("ld", T1, 0, T0).Jal(Zero, KernelFixture.Code + 8));
        reader.Cell.Grant(5, memory.Slot, CapabilityRights.Read).Should().Be(KernelStatus.Ok);
        reader.Cell.Grant(6, reader.Space.Slot, CapabilityRights.All);
        var mapper = fixture.Add(Script.Player);
        mapper.Cell.Grant(5, memory.Slot, CapabilityRights.Read);
        mapper.Cell.Grant(6, reader.Space.Slot, CapabilityRights.All);
        mapper.Data.Write(0, new Script().Add(Call.SpaceMap, 6, 0x500000, 5, 0, 4096, 3).Add(Call.SpaceMap, 6, 0x500000, 5, 0, 4096, 1).ToArray());
        mapper.Thread.Resume();
        fixture.Run();
        Script.Status(mapper, 0).Should().Be(KernelStatus.MissingRights, "a mapping has no rights that its capability lacks");
        Script.Status(mapper, 1).Should().Be(KernelStatus.Ok);
        reader.Thread.Resume();
        fixture.Run(budget: 10_000).Should().Be(SliceEnd.Budget);
        fixture.Invoker.Call1(Call.CapabilityRevoke, memory.Slot).Should().Be(KernelStatus.Ok);
        KernelAudit.Check(fixture.Kernel, fixture.LiveFrames);
        fixture.Run();
        fixture.EndOf(reader)!.Trap!.Value.Cause.Should().Be(TrapCause.LoadPageFault);
    }

    [Fact]
    public void MemoryWhoseCellIsGone_IsUnmapped_BeforeSomebodyElseGetsItsPlace()
    {
        using var fixture = new KernelFixture(options: new KernelOptions { Quantum = 1000 });
        fixture.Root.CreateCell(1 << 20, 64, out var owner);
        owner.CreateMemory(4096, out var shared);
        var reader = fixture.Add(new Asm(KernelFixture.Code).Li(T0, 0x500000).Load("ld", T1, 0, T0).Jal(Zero, KernelFixture.Code + 8));
        reader.Space.Map(new VirtualAddress(0x500000), shared, 0, 4096, PageRights.Read).Should().Be(KernelStatus.Ok);
        reader.Thread.Resume();
        fixture.Run(budget: 5000);
        owner.Destroy().Should().Be(KernelStatus.Ok);
        KernelAudit.Check(fixture.Kernel, fixture.LiveFrames);
        fixture.Run().Should().Be(SliceEnd.Idle);
        fixture.EndOf(reader)!.Trap!.Value.Cause.Should().Be(TrapCause.LoadPageFault);
    }

    [Fact]
    public void ThreadWhoseSpaceIsGone_Faults()
    {
        using var fixture = new KernelFixture(options: new KernelOptions { Quantum = 1000 });
        var lender = fixture.Add(new Asm(KernelFixture.Code).Jal(Zero, KernelFixture.Code));
        fixture.Root.CreateCell(1 << 20, 64, out var guest);
        guest.CreateThread(lender.Space, new VirtualAddress(KernelFixture.Code), default, 0, out var thread, out _).Should().Be(KernelStatus.Ok);
        thread.Resume();
        fixture.Run(budget: 5000);
        lender.Cell.Destroy().Should().Be(KernelStatus.Ok);
        fixture.Run().Should().Be(SliceEnd.Idle);
        fixture.Kernel.TryGetEnd(fixture.Kernel.CellNumber(guest.Slot), out var end).Should().BeTrue();
        end!.Trap!.Value.Cause.Should().Be(TrapCause.InstructionPageFault);
    }

    [Fact]
    public void Cells_ChangeNothingThatBoundsThem()
    {
        using var fixture = new KernelFixture();
        var cell = fixture.Add(Script.Player);
        cell.Data.Write(0, new Script()
            .Add(Call.CellSetLimits, 1, 1 << 30, 1000).Add(Call.CellSetBudget, 1, 0).Add(Call.CellSetFaultEndpoint, 1, 0)
            .Add(Call.ThreadSetScheduling, 5, 31, 0).Add(Call.ThreadSetScheduling, 5, 3, 0).ToArray());
        cell.Cell.Grant(5, cell.Thread.Slot, CapabilityRights.All);
        cell.Thread.Resume();
        fixture.Run();
        Enumerable.Range(0, 5).Select(i => Script.Status(cell, i)).Should().Equal(
            KernelStatus.MissingRights, KernelStatus.MissingRights, KernelStatus.MissingRights, KernelStatus.MissingRights, KernelStatus.Ok);
    }

    [Fact]
    public void Mappings_CountAsObjects_AndSplittingThemToo()
    {
        using var fixture = new KernelFixture();
        fixture.Root.CreateCell(1 << 20, 10, out var cell);
        cell.CreateMemory(64 * 4096, out var memory);
        cell.CreateAddressSpace(out var space);
        space.Map(new VirtualAddress(0x100000), memory, 0, 64 * 4096, PageRights.Read).Should().Be(KernelStatus.Ok);
        int made = 0;
        while (space.Protect(new VirtualAddress(0x100000 + ((ulong)made * 8192)), 4096, PageRights.None) == KernelStatus.Ok)
        {
            made++;
        }

        made.Should().Be(4, "each takes two of the seven objects left, the first only one");
        KernelAudit.Check(fixture.Kernel, fixture.LiveFrames);
        space.Unmap(new VirtualAddress(0), 1UL << 40).Should().Be(KernelStatus.Ok);
        KernelAudit.Check(fixture.Kernel, fixture.LiveFrames);
    }

    [Fact]
    public void Pause_HoldsTheWholeSubtree_AndItGoesOnWhereItWas()
    {
        using var fixture = new KernelFixture(options: new KernelOptions { Quantum = 1000 });
        fixture.Root.CreateCell(8 << 20, 500, out var top);
        var inner = fixture.Add(new Asm(KernelFixture.Code).Addi(T0, T0, 1).Store("sd", T0, 0, A0).Jal(Zero, KernelFixture.Code), parent: top);
        inner.Thread.Resume();
        fixture.Run(budget: 9000).Should().Be(SliceEnd.Budget);
        top.Pause().Should().Be(KernelStatus.Ok);
        ulong count = inner.Word(0);
        fixture.Run(budget: 9000).Should().Be(SliceEnd.Idle);
        inner.Word(0).Should().Be(count);
        top.Resume().Should().Be(KernelStatus.Ok);
        fixture.Run(budget: 9000).Should().Be(SliceEnd.Budget);
        inner.Word(0).Should().BeGreaterThan(count);
    }

    [Fact]
    public void ThousandCellsWithinEachOther_AreDestroyedInBoundedSteps()
    {
        using var fixture = new KernelFixture();
        fixture.Root.CreateCell(8 << 20, 100_000, out var top);
        var at = top;
        for (int i = 1; i < 1000; i++)
        {
            at.CreateCell(8 << 20, 100_000 - (i * 50), out at).Should().Be(KernelStatus.Ok);
            at.CreateMemory(4096, out var memory);
            memory.Write(0, [1]).Should().Be(KernelStatus.Ok);
        }

        var destroyer = fixture.Add(Script.Player);
        destroyer.Cell.Grant(5, top.Slot, CapabilityRights.All);
        destroyer.Data.Write(0, new Script().Add(Call.CellDestroy, 5).ToArray());
        destroyer.Thread.Resume();
        ulong steps = 0;
        while (fixture.EndOf(destroyer) is null)
        {
            fixture.Kernel.RunSlice(new SliceLimits(1)).Used.Should().BeLessThan(20_000, "a step is bounded");
            steps++;
        }

        steps.Should().BeGreaterThan(20);
        Script.Status(destroyer, 0).Should().Be(KernelStatus.Ok);
        fixture.Run();
        KernelAudit.Check(fixture.Kernel, fixture.LiveFrames);
        fixture.Kernel.Statistics.Cells.Should().HaveCount(2);
    }

    [Fact]
    public void DerivationsInARow_EndAtALimit_AndRevocationTakesAll()
    {
        using var fixture = new KernelFixture();
        fixture.Root.CreateNotification(out var notification);
        uint source = notification.Slot;
        int made = 0;
        while (fixture.Invoker.Create(Call.CapabilityCopy, source, out uint copy, (ulong)CapabilityRights.All) == KernelStatus.Ok)
        {
            source = copy;
            made++;
        }

        made.Should().Be(255);
        fixture.Invoker.Call1(Call.CapabilityRevoke, notification.Slot).Should().Be(KernelStatus.Ok);
        fixture.Kernel.RootCell.Capabilities[source].Should().BeNull();
        KernelAudit.Check(fixture.Kernel, fixture.LiveFrames);
    }

    [Fact]
    public void TwoKernelsOfOneAssemblyLoadedTwice_RunInOneProcess()
    {
        var contexts = Enumerable.Range(0, 2).Select(i => new KernelLoadContext($"kernel {i}")).ToArray();
        var factories = contexts.Select(context => context.CreateFactory()).ToArray();
        factories[0].GetType().Should().NotBe(factories[1].GetType());
        foreach (var factory in factories)
        {
            using var machine = new Machine.Machine();
            using var cpu = new Machine.RealCpu(machine);
            var kernel = factory.Create(cpu, new KernelOptions());
            var root = new CellCapability(new Invoker(kernel.Root, 16), 1);
            root.CreateCell(1 << 20, 64, out var cell).Should().Be(KernelStatus.Ok);
            cell.CreateMemory(4096, out var text);
            text.Write(0, new Asm(KernelFixture.Code).Addi(A1, Zero, 9).Addi(A7, Zero, (int)Call.ThreadExit).Ecall().ToArray());
            cell.CreateAddressSpace(out var space);
            space.Map(new VirtualAddress(KernelFixture.Code), text, 0, 4096, PageRights.Read | PageRights.Execute);
            cell.CreateThread(space, new VirtualAddress(KernelFixture.Code), default, 0, out var thread, out _);
            thread.Resume();
            kernel.RunSlice(new SliceLimits(100_000)).End.Should().Be(SliceEnd.Idle);
            kernel.TryGetEnd(kernel.CellNumber(cell.Slot), out var end).Should().BeTrue();
            end!.ExitCode.Should().Be(9);
            kernel.Shutdown();
            machine.LiveFrames.Should().Be(0);
        }
    }
}
