using ObjectOS.Abi;
using ObjectOS.Client;
using ObjectOS.Cpu;
using ObjectOS.Machine;

namespace ObjectOS.Tests.Kernels;

/// <summary>What a tower is built of.</summary>
internal sealed record TowerOptions
{
    public int Depth { get; init; } = 1;

    /// <summary>The level whose CPU is suspended after every instruction; null: none.</summary>
    public int? SuspendingLevel { get; init; }

    /// <summary>Each level maps the first pages of its child's memory scattered over an object of its own.</summary>
    public bool Scattered { get; init; } = true;

    public ulong Memory { get; init; } = 64UL << 20;

    public KernelOptions Kernel { get; init; } = new();

    /// <summary>Given each level's kernel and its invoker before the next level is made.</summary>
    public Action<Kernel, Invoker, int>? Furnish { get; init; }
}

/// <summary>A real CPU, a kernel on it, a virtual CPU of that kernel, a kernel on it, and so on; the CPU on top has no guest yet.</summary>
internal sealed class Tower : IDisposable
{
    /// <summary>Pages of a level's memory over which those of its child are scattered.</summary>
    public const int ScatteredPages = 64;

    private readonly Machine.Machine _machine;
    private readonly bool _ownsMachine;
    private readonly RealCpu _real;
    private readonly List<(MemoryCapability Memory, Dictionary<ulong, ulong> Places)> _scattered = [];

    public Tower(TowerOptions options, Machine.Machine? machine = null)
    {
        _ownsMachine = machine is null;
        _machine = machine ?? new Machine.Machine(new MachineOptions(512UL << 20));
        _real = new RealCpu(_machine, new RealCpuOptions { MemoryLimit = options.Memory, Engine = TestEngine.Default });
        Cpu = Wrap(_real, 0, options);
        for (int level = 1; level <= options.Depth; level++)
        {
            var kernel = new Kernel(Cpu, options.Kernel);
            Kernels.Add(kernel);
            var invoker = new Invoker(kernel.Root, 16);
            Invokers.Add(invoker);
            options.Furnish?.Invoke(kernel, invoker, level - 1);
            uint slot = invoker.TakeSlot();
            kernel.CreateVirtualCpu(1, slot, new VirtualCpuOptions(), out var vcpu).Should().Be(KernelStatus.Ok);
            Virtual.Add(vcpu!);
            Slots.Add(slot);
            if (options.Scattered)
            {
                _scattered.Add(Scatter(new CellCapability(invoker, 1), slot, level));
            }

            Cpu = Wrap(vcpu!.Cpu, level, options);
        }
    }

    public List<Kernel> Kernels { get; } = [];

    public List<Invoker> Invokers { get; } = [];

    public List<IVirtualCpu> Virtual { get; } = [];

    /// <summary>The slot of each level's VCpu in its kernel's root.</summary>
    public List<uint> Slots { get; } = [];

    /// <summary>The CPU on top.</summary>
    public ICpu Cpu { get; }

    /// <summary>Where a level has put a page of its child's memory; null where that is left to its kernel.</summary>
    public (MemoryCapability Memory, ulong Offset)? MemoryAt(int level, ulong address) =>
        _scattered.Count > 0 && _scattered[level].Places.TryGetValue(address, out ulong offset) ? (_scattered[level].Memory, offset) : null;

    /// <summary>The memory of a level in which it has scattered its child's first pages, and where each of them is; null where nothing is.</summary>
    public (MemoryCapability Memory, Dictionary<ulong, ulong> Places)? ScatteredAt(int level) => _scattered.Count > 0 ? _scattered[level] : null;

    public ulong LiveFrames => _machine.LiveFrames;

    public ulong Charged => _real.Account.Charged;

    public void Dispose()
    {
        if (Kernels.Count > 0)
        {
            Kernels[0].Shutdown();
            _real.Account.Charged.Should().Be(0, "a tower that is gone has given every frame back");
        }

        _real.Dispose();
        if (_ownsMachine)
        {
            _machine.LiveFrames.Should().Be(0);
            _machine.Dispose();
        }
    }

    /// <summary>16 pages at 0 and at 1 MiB, each in another place, and nothing where it was.</summary>
    private static (MemoryCapability Memory, Dictionary<ulong, ulong> Places) Scatter(CellCapability root, uint vcpu, int seed)
    {
        root.CreateMemory(ScatteredPages * Pages.Size, out var memory).Should().Be(KernelStatus.Ok);
        var places = Enumerable.Range(0, ScatteredPages).ToArray();
        new Random(seed).Shuffle(places);
        var offsets = new Dictionary<ulong, ulong>();
        for (int i = 0; i < 32; i++)
        {
            ulong address = (i < 16 ? 0UL : 0x100000) + ((ulong)(i % 16) * Pages.Size);
            offsets[address] = (ulong)places[i] * Pages.Size;
            root.Invoker.Call1(Call.VCpuMap, vcpu, address, memory.Slot, offsets[address], Pages.Size, 7).Should().Be(KernelStatus.Ok);
        }

        return (memory, offsets);
    }

    private static ICpu Wrap(ICpu cpu, int level, TowerOptions options) => level == options.SuspendingLevel ? new SuspendingCpu(cpu) : cpu;
}
