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

    private readonly RealCpu? _real;
    private readonly BareKernel? _parent;
    private readonly CellCapability _cell;
    private AddressSpaceCapability _space;

    public BareKernel(Machine.Machine machine)
    {
        _real = new RealCpu(machine, new RealCpuOptions { MemoryLimit = 64 << 20 });
        Kernel = new Kernel(_real);
        Root = new CellCapability(new Invoker(Kernel.Root, 16), 1);
    }

    /// <summary>A kernel on a virtual CPU of another.</summary>
    public BareKernel(BareKernel parent)
    {
        _parent = parent;
        Check(parent.Root.CreateCell(64 << 20, 4096, out _cell));
        uint slot = parent.Root.Invoker.TakeSlot();
        Check(parent.Kernel.CreateVirtualCpu(_cell.Slot, slot, new VirtualCpuOptions(), out var cpu));
        VirtualCpu = cpu;
        Kernel = new Kernel(cpu!.Cpu);
        Root = new CellCapability(new Invoker(Kernel.Root, 16), 1);
    }

    /// <summary>The innermost of a chain of kernels; depth 0 is one on a real CPU.</summary>
    public static BareKernel AtDepth(Machine.Machine machine, int depth, Action<BareKernel>? furnish = null)
    {
        var kernel = new BareKernel(machine);
        furnish?.Invoke(kernel);
        for (; depth > 0; depth--)
        {
            kernel = new BareKernel(kernel);
            furnish?.Invoke(kernel);
        }

        return kernel;
    }

    public Kernel Kernel { get; }

    public IVirtualCpu? VirtualCpu { get; }

    private BareKernel Outermost => _parent?.Outermost ?? this;

    public CellCapability Root { get; }

    /// <summary>A cell with a thread that runs the code; and so many pages at 0x10000000.</summary>
    public CellCapability Add(Asm code, int pages = 0)
    {
        Check(Root.CreateCell((1 << 18) + ((ulong)pages * 4096), 64, out var cell));
        Check(cell.CreateMemory(4096, out var text));
        Check(text.Write(0, code.ToArray()));
        Check(cell.CreateAddressSpace(out _space));
        Check(_space.Map(new VirtualAddress(Code), text, 0, 4096, PageRights.Read | PageRights.Execute));
        if (pages > 0)
        {
            Check(cell.CreateMemory((ulong)pages * 4096, out var data));
            Check(_space.Map(new VirtualAddress(0x10000000), data, 0, (ulong)pages * 4096, PageRights.Read | PageRights.Write));
        }

        Check(cell.CreateThread(_space, new VirtualAddress(Code), default, 0, out var thread, out _));
        Check(thread.Resume());
        Kernel.Cpu.Interrupt();
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

    /// <summary>Runs the whole chain until nothing goes on; exits of this kernel's CPU go to the holder given.</summary>
    public void RunToEnd(Action<IVirtualCpu>? holder = null)
    {
        while (true)
        {
            var end = Outermost.Kernel.RunSlice(new SliceLimits(ulong.MaxValue)).End;
            if (VirtualCpu is { Exit: not null } cpu && holder is not null)
            {
                holder(cpu);
            }
            else if (end is SliceEnd.Idle or SliceEnd.Halted)
            {
                return;
            }
        }
    }

    /// <summary>Runs the whole chain for so many virtual instructions.</summary>
    public void Run(ulong budget)
    {
        for (ulong used = 0; used < budget;)
        {
            used += Outermost.Kernel.RunSlice(new SliceLimits(budget - used)).Used;
        }
    }

    /// <summary>Instructions that the chain has retired.</summary>
    public ulong RetiredInAll => Outermost.Kernel.Statistics.Instructions;

    /// <summary>Makes a child kernel, runs the code in it to its end, and destroys it.</summary>
    public void RunChild(Asm code)
    {
        var child = new BareKernel(this);
        child.Add(code);
        child.RunToEnd();
        child.Kernel.Shutdown();
        Check(child._cell.Destroy());
    }

    public void Dispose()
    {
        Kernel.Shutdown();
        if (_parent is not null)
        {
            Check(_cell.Destroy());
            _parent.Dispose();
        }

        _real?.Dispose();
    }

    public static void Check(KernelStatus status)
    {
        if (status != KernelStatus.Ok)
        {
            throw new InvalidOperationException($"an invocation of the benchmark returned {status}");
        }
    }
}
