using ObjectOS.Abi;
using ObjectOS.Client;
using ObjectOS.Cpu;
using ObjectOS.Machine;

namespace ObjectOS.Tests.Kernels;

/// <summary>A kernel on a real CPU, driven from its root port.</summary>
internal sealed class KernelFixture : IDisposable
{
    public const ulong Code = 0x10000;
    public const ulong Data = 0x20000;

    private readonly Machine.Machine _machine = new(new MachineOptions(256UL << 20));
    private readonly RealCpu _real;

    public KernelFixture(bool suspending = false, KernelOptions? options = null, ulong memory = 64UL << 20, Func<ICpu, ICpu>? decorate = null, Engine? engine = null)
    {
        _real = new RealCpu(_machine, new RealCpuOptions { MemoryLimit = memory, Engine = engine ?? TestEngine.Default });
        ICpu cpu = suspending ? new SuspendingCpu(_real) : _real;
        Kernel = new Kernel(decorate?.Invoke(cpu) ?? cpu, options);
        Invoker = new Invoker(Kernel.Root, 64);
        Root = new CellCapability(Invoker, 1);
    }

    public Kernel Kernel { get; }

    public Invoker Invoker { get; }

    public CellCapability Root { get; }

    public ulong LiveFrames => _machine.LiveFrames;

    /// <summary>A cell with a page of code, two of data, and a thread that has not started.</summary>
    public TestCell Add(Asm code, CellCapability? parent = null, ulong memory = 1UL << 20, int objects = 64)
    {
        (parent ?? Root).CreateCell(memory, objects, out var cell).Should().Be(KernelStatus.Ok);
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

    /// <summary>Runs until nothing can run any more, or the budget is used.</summary>
    public SliceEnd Run(ulong budget = 10_000_000, ulong slice = ulong.MaxValue)
    {
        while (true)
        {
            var result = Kernel.RunSlice(new SliceLimits(Math.Min(budget, slice)));
            budget -= Math.Min(budget, result.Used);
            if (result.End is SliceEnd.Suspended or SliceEnd.Interrupted || (result.End == SliceEnd.Budget && budget > 0))
            {
                continue;
            }

            return result.End;
        }
    }

    public CellEnd? EndOf(TestCell cell)
    {
        Kernel.TryGetEnd(Kernel.CellNumber(cell.Cell.Slot), out var end);
        return end;
    }

    public void Dispose()
    {
        Kernel.Shutdown();
        _real.Dispose();
        _machine.LiveFrames.Should().Be(0, "a kernel that is gone has given every frame back");
        _machine.Dispose();
    }
}

internal sealed record TestCell(CellCapability Cell, AddressSpaceCapability Space, MemoryCapability Data, ThreadCapability Thread)
{
    public ulong Word(int index)
    {
        Span<byte> bytes = stackalloc byte[8];
        Data.Read((ulong)index * 8, bytes).Should().Be(KernelStatus.Ok);
        return BitConverter.ToUInt64(bytes);
    }
}
