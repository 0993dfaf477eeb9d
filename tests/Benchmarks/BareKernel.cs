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

    private readonly RealCpu? _real;
    private readonly BareKernel? _parent;
    private readonly CellCapability _cell;

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
    public static BareKernel AtDepth(Machine.Machine machine, int depth)
    {
        var kernel = new BareKernel(machine);
        for (; depth > 0; depth--)
        {
            kernel = new BareKernel(kernel);
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
        Check(cell.CreateAddressSpace(out var space));
        Check(space.Map(new VirtualAddress(Code), text, 0, 4096, PageRights.Read | PageRights.Execute));
        if (pages > 0)
        {
            Check(cell.CreateMemory((ulong)pages * 4096, out var data));
            Check(space.Map(new VirtualAddress(0x10000000), data, 0, (ulong)pages * 4096, PageRights.Read | PageRights.Write));
        }

        Check(cell.CreateThread(space, new VirtualAddress(Code), default, 0, out var thread, out _));
        Check(thread.Resume());
        Kernel.Cpu.Interrupt();
        return cell;
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
