using ObjectOS.Abi;
using ObjectOS.Client;
using ObjectOS.Cpu;

namespace ObjectOS.Tests.Kernels;

/// <summary>A kernel on top of a tower, driven by running the kernel at its bottom.</summary>
internal sealed class Nested : IDisposable
{
    public const ulong Code = KernelFixture.Code;
    public const ulong Data = KernelFixture.Data;

    public Nested(TowerOptions tower, KernelOptions? options = null)
    {
        Tower = new Tower(tower);
        Kernel = new Kernel(Tower.Cpu, options ?? tower.Kernel);
        Invoker = new Invoker(Kernel.Root, 16);
        Root = new CellCapability(Invoker, 1);
    }

    public Tower Tower { get; }

    /// <summary>The innermost kernel.</summary>
    public Kernel Kernel { get; }

    public Invoker Invoker { get; }

    public CellCapability Root { get; }

    public Kernel Bottom => Tower.Kernels.Count > 0 ? Tower.Kernels[0] : Kernel;

    /// <summary>A cell with a page of code, two of data, and a thread that has not started.</summary>
    public TestCell Add(Asm code, ulong memory = 1UL << 20) => AddTo(Root, code, memory);

    public static TestCell AddTo(CellCapability parent, Asm code, ulong memory = 1UL << 20)
    {
        parent.CreateCell(memory, 64, out var cell).Should().Be(KernelStatus.Ok);
        cell.CreateMemory(0x1000, out var text).Should().Be(KernelStatus.Ok);
        text.Write(0, code.ToArray()).Should().Be(KernelStatus.Ok);
        cell.CreateMemory(0x2000, out var data).Should().Be(KernelStatus.Ok);
        cell.CreateAddressSpace(out var space).Should().Be(KernelStatus.Ok);
        space.Map(new VirtualAddress(Code), text, 0, 0x1000, PageRights.Read | PageRights.Execute).Should().Be(KernelStatus.Ok);
        space.Map(new VirtualAddress(Data), data, 0, 0x2000, PageRights.Read | PageRights.Write).Should().Be(KernelStatus.Ok);
        cell.CreateThread(space, new VirtualAddress(Code), new VirtualAddress(Data + 0x2000), Data, out var thread, out _).Should().Be(KernelStatus.Ok);
        cell.Grant(1, cell.Slot, CapabilityRights.All).Should().Be(KernelStatus.Ok);
        return new TestCell(cell, space, data, thread);
    }

    /// <summary>Runs until the bottom is idle, or the condition holds between two slices, or the budget of the bottom is used.</summary>
    public SliceEnd Run(Func<bool>? until = null, ulong slice = ulong.MaxValue, ulong budget = 100_000_000)
    {
        while (true)
        {
            var result = Bottom.RunSlice(new SliceLimits(Math.Min(budget, slice)));
            budget -= Math.Min(budget, result.Used);
            if (until?.Invoke() == true || budget == 0)
            {
                return result.End;
            }

            if (result.End is not (SliceEnd.Suspended or SliceEnd.Interrupted or SliceEnd.Budget))
            {
                return result.End;
            }
        }
    }

    public CellEnd? EndOf(TestCell cell)
    {
        Kernel.TryGetEnd(Kernel.CellNumber(cell.Cell.Slot), out var end);
        return end;
    }

    public void Dispose()
    {
        if (Tower.Kernels.Count == 0)
        {
            Kernel.Shutdown();
        }

        Tower.Dispose();
        if (Tower.Kernels.Count > 0)
        {
            // A kernel whose CPU is gone can be asked, and is only told to wait.
            Kernel.RunSlice(new SliceLimits(1000));
            Kernel.Shutdown();
        }
    }
}
