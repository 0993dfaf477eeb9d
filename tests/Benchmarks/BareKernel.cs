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
    public const ulong Data = 0x20000;

    private readonly RealCpu _cpu;
    private AddressSpaceCapability _space;

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
        Check(cell.CreateAddressSpace(out _space));
        Check(_space.Map(new VirtualAddress(Code), text, 0, 4096, PageRights.Read | PageRights.Execute));
        Check(cell.CreateThread(_space, new VirtualAddress(Code), default, 0, out var thread, out _));
        Check(thread.Resume());
        return cell;
    }

    /// <summary>
    /// Gives a cell what invocations want: 1 itself, 2 an endpoint, 3 a notification, 4 a page of memory, 5 its address space with a page at
    /// <see cref="Data"/>, 6 a thread that does not run, 7 a timer.
    /// </summary>
    public void Furnish(CellCapability cell)
    {
        Check(Root.CreateEndpoint(out var endpoint));
        Check(Root.CreateNotification(out var notification));
        Check(Root.CreateMemory(4096, out var memory));
        Check(Root.CreateMemory(8192, out var data));
        Check(memory.Write(0, new byte[64]));
        Check(data.Write(0, new byte[4096]));
        Check(_space.Map(new VirtualAddress(Data), data, 0, 8192, PageRights.Read | PageRights.Write));
        Check(cell.CreateThread(_space, new VirtualAddress(Code), default, 0, out var thread, out _));
        Check(Root.CreateTimer(notification, 1, out var timer));
        uint slot = 1;
        foreach (uint source in new[] { cell.Slot, endpoint.Slot, notification.Slot, memory.Slot, _space.Slot, thread.Slot, timer.Slot })
        {
            Check(cell.Grant(slot++, source, CapabilityRights.All));
        }
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
