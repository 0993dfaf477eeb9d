using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Objects;

namespace ObjectOS.Tests.Kernels;

/// <summary>What holders do to CPUs that wait for them, and what that must not do.</summary>
public sealed class HolderTests
{
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
}
