using ObjectOS.Abi;
using ObjectOS.Client;
using ObjectOS.Cpu;

namespace ObjectOS;

/// <content>OS objects under OS objects: a tree that shares a machine and one loop.</content>
public sealed partial class ObjectOs
{
    /// <summary>Kernel objects that a child's virtual CPU may take in its parent: pieces of memory, and what is mapped.</summary>
    private const int ChildObjects = 1 << 14;

    private readonly ObjectOs? _parent;
    private readonly List<ObjectOs> _children = [];
    /// <summary>The children as other threads see them: never changed, only replaced.</summary>
    private volatile ObjectOs[] _childrenSeen = [];

    private volatile bool _isPaused;
    private readonly CellCapability _cellInParent;
    private readonly uint _slotInParent;
    private int _lastChild;

    /// <summary>An OS object on a virtual CPU. Made on the thread that runs the parent, between slices.</summary>
    private ObjectOs(ObjectOs parent, ObjectOsOptions options)
    {
        _options = options;
        _disposal = new Lazy<Task>(DisposeOnceAsync);
        _log = options.Logger ?? parent._log;
        _parent = parent;
        _machine = parent._machine;
        _real = parent._real;
        _pump = parent._pump;
        _recorder = parent._recorder;
        Path = $"{parent.Path}.{++parent._lastChild}";
        _events = EventsOf(options);
        ObjectDisposedException.ThrowIf(parent._disposed != 0, parent);
        CheckRecordable(parent, options);
        VirtualCpu = MakeVirtualCpu(parent, options, out _cellInParent, out _slotInParent);
        _cpu = VirtualCpu.Cpu;
        try
        {
            (Kernel, _root, _jobs, _trace) = MakeKernel();
        }
        catch
        {
            GiveBackCpu(parent);
            throw;
        }

        parent._children.Add(this);
        parent._childrenSeen = [.. parent._children];
    }

    private static IVirtualCpu MakeVirtualCpu(ObjectOs parent, ObjectOsOptions options, out CellCapability cell, out uint slot)
    {
        slot = 0;
        // The virtual CPU's own limit is the child's; its cell's is wider, so that a holder can grant more.
        var status = new CellCapability(parent._root, RootCell).CreateCell(parent.ServiceMemory, ChildObjects, out cell);
        if (status == KernelStatus.Ok)
        {
            slot = parent._root.TakeSlot();
            status = parent.Kernel.CreateVirtualCpu(cell.Slot, slot, new VirtualCpuOptions { MemoryLimit = options.Memory, MemoryReserved = options.ReservedMemory }, out var cpu);
            if (status == KernelStatus.Ok)
            {
                return cpu!;
            }

            parent._root.ReturnSlot(slot);
            cell.Destroy();
            parent._root.Delete(cell.Slot);
        }

        throw new InvalidOperationException($"The kernel at {parent.Path} cannot make a child: {parent.Kernel.HaltReport ?? status.ToString()}.");
    }

    private void GiveBackCpu(ObjectOs parent)
    {
        _cellInParent.Destroy();
        parent._root.Delete(_slotInParent);
        parent._root.Delete(_cellInParent.Slot);
    }

    /// <summary>The OS object that it runs under; null for one on a machine of its own.</summary>
    public ObjectOs? Parent => _parent;

    /// <summary>The virtual CPU that a child runs on, as its parent holds it; null for an OS object on a machine of its own.</summary>
    public IVirtualCpu? VirtualCpu { get; }

    /// <summary>
    /// Makes an OS object under this one: a kernel on a trapped, virtual CPU of this one's kernel, with its own cells, services, quotas and time.
    /// Its memory comes out of this one's and comes back whole.
    /// </summary>
    /// <param name="configure">Sets options; those that concern the host's clock are the parent's in any case.</param>
    /// <param name="cancellationToken">Gives up before the start.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="NotSupportedException">The run is recorded, and the child has another kernel or other services than the root.</exception>
    /// <exception cref="InvalidOperationException">This one's quotas do not allow it.</exception>
    /// <exception cref="ObjectDisposedException">This one has been disposed of.</exception>
    public async ValueTask<ObjectOs> CreateChildAsync(Action<ObjectOsOptions>? configure = null, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        var options = new ObjectOsOptions
        {
            Memory = _options.Memory, Seed = _options.Seed, WallClock = _options.WallClock, Quantum = _options.Quantum, Trace = _options.Trace, Events = _options.Events,
        };
        configure?.Invoke(options);
        (options.HostClock, options.TimeProvider, options.Inputs, options.IdleTime) = (_options.HostClock, _options.TimeProvider, _options.Inputs, _options.IdleTime);
        if ((options.Problem() ?? MemoryProblem(options.Memory, nameof(options.Memory))) is { } problem)
        {
            throw new ArgumentException(problem, nameof(configure));
        }

        cancellationToken.ThrowIfCancellationRequested();
        return await OnKernelAsync(() => new ObjectOs(this, options)).ConfigureAwait(false);
    }

    /// <summary>True while guests here can run: no pause is under way, and no virtual CPU, here or above, waits for its holder.</summary>
    private bool CanRun => !(_parent is null ? _pump.IsPaused : _isPaused) && VirtualCpu?.Exit is null && (_parent?.CanRun ?? true);

    /// <summary>An OS object on a machine of its own stops its loop; a child is stopped as a cell of its parent, which runs on.</summary>
    private void SetPaused(bool paused)
    {
        if (_parent is null)
        {
            _pump.IsPaused = paused;
        }
        else
        {
            _isPaused = paused;
            _ = SetPausedInParentAsync(_parent, paused);
        }
    }

    private async Task SetPausedInParentAsync(ObjectOs parent, bool paused)
    {
        try
        {
            // The slots of one that is gone may be another's by now.
            await parent.OnKernelAsync(() => _isClosed ? KernelStatus.Dead : paused ? _cellInParent.Pause() : _cellInParent.Resume()).ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // It has gone with all of them.
        }
    }

    private void LookAfterChildren()
    {
        for (int i = 0; i < _children.Count; i++)
        {
            _children[i].AfterSlice();
        }
    }

    private void CloseChildren()
    {
        foreach (var child in _children.ToArray())
        {
            child.Close();
        }
    }

    private void LeaveParent()
    {
        if (_parent is not null && _parent._children.Remove(this))
        {
            _parent._childrenSeen = [.. _parent._children];
            GiveBackCpu(_parent);
        }
    }
}
