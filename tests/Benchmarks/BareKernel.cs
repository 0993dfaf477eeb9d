using ObjectOS.Abi;
using ObjectOS.Client;
using ObjectOS.Cpu;
using ObjectOS.Machine;
using ObjectOS.Tests;

namespace ObjectOS.Benchmarks;

/// <summary>A kernel without services, and cells of machine code in it.</summary>
internal sealed class BareKernel : IDisposable
{
    public const ulong Code = 0x10000;

    private readonly RealCpu _cpu;

    public BareKernel(Machine.Machine machine)
    {
        _cpu = new RealCpu(machine, new RealCpuOptions { MemoryLimit = 1 << 20 });
        Kernel = new Kernel(_cpu);
        Root = new CellCapability(new Invoker(Kernel.Root, 16), 1);
    }

    public Kernel Kernel { get; }

    public CellCapability Root { get; }

    public CellCapability Add(Asm code)
    {
        Check(Root.CreateCell(1 << 18, 64, out var cell));
        Check(cell.CreateMemory(4096, out var text));
        Check(text.Write(0, code.ToArray()));
        Check(cell.CreateAddressSpace(out var space));
        Check(space.Map(new VirtualAddress(Code), text, 0, 4096, PageRights.Read | PageRights.Execute));
        Check(cell.CreateThread(space, new VirtualAddress(Code), default, 0, out var thread, out _));
        Check(thread.Resume());
        return cell;
    }

    public void RunToEnd()
    {
        while (Kernel.RunSlice(new SliceLimits(ulong.MaxValue)).End is not (SliceEnd.Idle or SliceEnd.Halted))
        {
        }
    }

    public void Dispose()
    {
        Kernel.Shutdown();
        _cpu.Dispose();
    }

    public static void Check(KernelStatus status)
    {
        if (status != KernelStatus.Ok)
        {
            throw new InvalidOperationException($"an invocation of the benchmark returned {status}");
        }
    }
}
