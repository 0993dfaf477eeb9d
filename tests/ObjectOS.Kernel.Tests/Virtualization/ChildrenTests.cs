using System.Runtime.Loader;
using ObjectOS.Abi;
using ObjectOS.Client;
using ObjectOS.Cpu;

namespace ObjectOS.Tests.Kernels;

/// <summary>Many children, children that run out of memory, children that are taken away, children of another assembly.</summary>
public sealed class ChildrenTests
{
    private static (IKernel Kernel, CellCapability Root, IVirtualCpu Cpu, uint Slot) Child(IKernel parent, Invoker invoker, VirtualCpuOptions? options = null, IKernelFactory? factory = null, uint cell = 1)
    {
        uint slot = invoker.TakeSlot();
        parent.CreateVirtualCpu(cell, slot, options ?? new VirtualCpuOptions(), out var cpu).Should().Be(KernelStatus.Ok);
        var kernel = (factory ?? new KernelFactory()).Create(cpu!.Cpu, new KernelOptions());
        return (kernel, new CellCapability(new Invoker(kernel.Root, 16), 1), cpu, slot);
    }

    [Fact]
    public void Siblings_AThousand_AllCompute()
    {
        using var fixture = new KernelFixture();
        var children = Enumerable.Range(0, 1000).Select(_ => Child(fixture.Kernel, fixture.Invoker)).ToList();
        var cells = children.Select(c => Nested.AddTo(c.Root, Programs.CountAndTime(100))).ToList();
        cells.ForEach(c => c.Thread.Resume());
        fixture.Run().Should().Be(SliceEnd.Idle);
        for (int i = 0; i < cells.Count; i++)
        {
            cells[i].Word(0).Should().Be(cells[0].Word(0)).And.NotBe(0);
        }
    }

    [Fact]
    public void Tree_OfDepth5With4ChildrenEach_AllCompute()
    {
        using var fixture = new KernelFixture();
        var cells = new List<TestCell>();
        void Grow(IKernel kernel, Invoker invoker, int depth)
        {
            for (int i = 0; i < 4 && depth < 5; i++)
            {
                var child = Child(kernel, invoker);
                var cell = Nested.AddTo(child.Root, Programs.CountAndTime(50));
                cell.Thread.Resume();
                cells.Add(cell);
                Grow(child.Kernel, child.Root.Invoker, depth + 1);
            }
        }

        Grow(fixture.Kernel, fixture.Invoker, 0);
        cells.Should().HaveCount(1364);
        fixture.Run().Should().Be(SliceEnd.Idle);
        cells.Should().OnlyContain(c => c.Word(0) != 0);
        fixture.Kernel.Statistics.Instructions.Should().Be(1364UL * (ulong)Programs.LengthOfCountAndTime(50));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void MemoryExhausted_OfACpu_StopsItUntilItsHolderGrantsMore(int depth)
    {
        using var nested = new Nested(new TowerOptions { Depth = depth, Scattered = false });
        var cell = nested.Add(Programs.CountAndTime(100));
        cell.Thread.Resume();
        var vcpu = nested.Tower.Virtual[depth - 1];
        vcpu.SetMemoryLimit(vcpu.Statistics.Pages * Pages.Size);
        nested.Run();
        vcpu.Exit!.Kind.Should().Be(ExitKind.MemoryExhausted);
        nested.EndOf(cell).Should().BeNull("the child sees nothing of it");
        vcpu.SetMemoryLimit(1 << 20);
        vcpu.Resume();
        nested.Run().Should().Be(SliceEnd.Idle);
        nested.EndOf(cell)!.ExitCode.Should().Be(7);
        nested.Kernel.Statistics.Traps.Should().NotContainKey(TrapCause.MemoryExhausted);
    }

    [Fact]
    public void Destroy_OfACell_TakesItsKernelsAndTheirsAway_AndTheStaleObjectsOnlyWait()
    {
        using var fixture = new KernelFixture();
        ulong before = fixture.LiveFrames;
        fixture.Root.CreateCell(32UL << 20, 4096, out var holder).Should().Be(KernelStatus.Ok);
        var child = Child(fixture.Kernel, fixture.Invoker, cell: holder.Slot);
        var grandchild = Child(child.Kernel, child.Root.Invoker);
        var a = Nested.AddTo(child.Root, Programs.CountAndTime(1_000_000));
        var b = Nested.AddTo(grandchild.Root, Programs.CountAndTime(1_000_000));
        var other = fixture.Add(Programs.CountAndTime(100));
        a.Thread.Resume();
        b.Thread.Resume();
        other.Thread.Resume();
        fixture.Run(budget: 300_000);
        b.Word(2).Should().NotBe(0);
        holder.Destroy().Should().Be(KernelStatus.Ok);
        fixture.Run().Should().Be(SliceEnd.Idle);
        fixture.EndOf(other)!.ExitCode.Should().Be(7);
        other.Cell.Destroy();
        fixture.Run();
        fixture.LiveFrames.Should().Be(before);
        foreach (var kernel in new[] { child.Kernel, grandchild.Kernel })
        {
            kernel.RunSlice(new SliceLimits(1000)).End.Should().Be(SliceEnd.Suspended);
            kernel.Cpu.Memory.Read(default, new byte[8]).Should().Be(MemoryStatus.Suspended);
            kernel.Cpu.Memory.Write(default, new byte[8], kernel.Cpu.Account).Should().Be(MemoryStatus.Suspended);
            kernel.Cpu.Interrupt();
            kernel.Post(new Completion(1, 0, default));
        }
    }

    [Fact]
    public void Pause_OfTheHoldersCell_CoversTheSubtree()
    {
        using var fixture = new KernelFixture();
        fixture.Root.CreateCell(32UL << 20, 4096, out var holder).Should().Be(KernelStatus.Ok);
        var child = Child(fixture.Kernel, fixture.Invoker, cell: holder.Slot);
        var cell = Nested.AddTo(child.Root, Programs.Loop());
        cell.Thread.Resume();
        fixture.Run(budget: 10_000);
        holder.Pause().Should().Be(KernelStatus.Ok);
        ulong retired = child.Cpu.Statistics.Retired;
        fixture.Run(budget: 10_000).Should().Be(SliceEnd.Idle);
        child.Cpu.Statistics.Retired.Should().Be(retired).And.BePositive();
        holder.Resume().Should().Be(KernelStatus.Ok);
        fixture.Run(budget: 10_000);
        child.Cpu.Statistics.Retired.Should().BeGreaterThan(retired);
    }

    [Fact]
    public void KernelOfAnotherLoadContext_UnderAndOverThisOne_ComputesTheSame()
    {
        var context = new AssemblyLoadContext("other", isCollectible: true);
        var assembly = context.LoadFromAssemblyPath(typeof(Kernel).Assembly.Location);
        var other = (IKernelFactory)Activator.CreateInstance(assembly.GetType("ObjectOS.KernelFactory")!)!;
        other.Should().NotBeOfType<KernelFactory>();
        using var fixture = new KernelFixture();
        var b = Child(fixture.Kernel, fixture.Invoker, factory: other);
        b.Kernel.Should().NotBeOfType<Kernel>();
        var a = Child(b.Kernel, b.Root.Invoker);
        TestCell[] cells = [fixture.Add(Programs.CountAndTime()), Nested.AddTo(b.Root, Programs.CountAndTime()), Nested.AddTo(a.Root, Programs.CountAndTime())];
        foreach (var cell in cells)
        {
            cell.Thread.Resume();
        }

        fixture.Run().Should().Be(SliceEnd.Idle);
        cells.Should().OnlyContain(c => c.Word(0) != 0);
        fixture.Kernel.Statistics.Instructions.Should().Be(3 * a.Kernel.Statistics.Instructions);
        context.Unload();
    }
}
