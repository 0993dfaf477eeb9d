using ObjectOS.Abi;
using ObjectOS.Client;
using ObjectOS.Services.Programs;

namespace ObjectOS.Services.Vmm;

/// <summary>
/// A virtual machine from its request to its end: harts, memory, devices, console, and what is still to be done for it in steps. Whatever cannot be done now because memory was suspended
/// has changed nothing and is done again.
/// </summary>
internal sealed partial class VirtualMachine : IPlatformHost
{
    /// <summary>Most bytes of its device tree.</summary>
    public const int TreeRoom = 64 << 10;

    private readonly MachineParts _parts;
    private readonly List<Hart> _harts = [];
    private readonly Htif? _htif;
    private readonly SbiCalls _sbi;
    private readonly IdleWatch _idle;
    private readonly MachineConsoles _consoles;
    private readonly MachineStateHash _hash;
    private BootPlan _plan;
    private MachineLoader _loader;
    private Stage _stage;
    private ulong _timeOffset;

    // Bit n: the host knows that hart n cannot continue.
    private uint _stuckHarts;

    private VirtualMachine(MachineParts parts, BootPlan plan)
    {
        _parts = parts;
        _plan = plan;
        Ram = new GuestRam(parts.Space, parts.Memory, parts.Request.Platform.MemoryBase, parts.Request.Memory, plan.ToHost == 0 ? null : plan.ToHost);
        _consoles = new MachineConsoles(Host, parts.Request);
        Bus = new DeviceBus(Ram, Host, parts.Space);
        _loader = new MachineLoader(plan, parts.Files, Ram);
        _htif = plan.ToHost == 0 ? null : new Htif(this, plan.ToHost, plan.FromHost);
        _sbi = new SbiCalls(this);
        _idle = new IdleWatch(this);
        _hash = new MachineStateHash(this);
        Console.Changed += _sbi.Console.ServeWaiting;
    }

    private enum Stage : byte
    {
        Loading,
        Running,
        Discarding,
        Ending,
    }

    public MachineRequest Request => _parts.Request;

    /// <summary>Its port of the switch; null: it has no network.</summary>
    public SwitchPort? Port => _parts.Port;

    public CellCapability Cell => _parts.Cell;

    public GuestRam Ram { get; }

    public DeviceBus Bus { get; }

    public MachineConsole Console => _consoles.First;

    public IReadOnlyList<Hart> Harts => _harts;

    int IPlatformHost.Harts => Request.Harts;

    public ulong Now => _parts.Invoker.Port.Now;

    public ulong Ticks => unchecked((Now / (1_000_000_000 / Request.TimebaseHz)) + _timeOffset);

    /// <summary>Why it ended, until the host has been told.</summary>
    public (MachineEnd Reason, ulong Code, ProgramEndRecord Record)? Ended { get; private set; }

    /// <summary>True where <see cref="Step"/> has something to do.</summary>
    public bool HasWork => _stage switch
    {
        Stage.Running => _htif?.HasWork == true,
        Stage.Ending => !_consoles.AreHoldingBack,
        _ => true,
    };

    /// <summary>True where the host is asked for something that can wake the machine.</summary>
    public bool IsWaitingForHost => _consoles.AreBusy || Bus.Slots.Any(slot => slot.IsBusy);

    /// <summary>True where somebody else is on its network who can wake it.</summary>
    public bool HasNeighbours => Port is { } own
        && (_parts.Network.Gateway.AwaitsHost || Enumerable.Range(0, VirtualSwitch.MostPorts).Any(index => _parts.Network.Port(index) is { } other && other != own));

    /// <summary>When it wants <see cref="Tick"/>, in guest nanoseconds.</summary>
    public ulong? Deadline => _stage != Stage.Running ? null : Least(Least(_consoles.Deadline, _idle.Deadline), Least(Bus.NextDue()?.Deadline, _sbi.Suspended.Deadline));

    /// <summary>What hart_create is told: modes, whether accessed and dirty bits are updated (they are, unless the ISA says Svade), the widest paging.</summary>
    private ulong HartKind => (_plan.IsMachineMode ? 2UL : 1) | (Request.Isa.Contains("_svade", StringComparison.Ordinal) ? 0UL : 4)
        | (Request.Paging switch { PagingMode.Sv39 => 39UL, PagingMode.Sv48 => 48, _ => 57 } << 8);

    private HostPortCapability Host => new(_parts.Invoker, 3);

    /// <summary>Makes a machine in a cell that is there. Empty: done; else why it cannot be.</summary>
    public static string TryMake(MachineParts parts, BootPlan plan, out VirtualMachine machine)
    {
        machine = new VirtualMachine(parts, plan);
        string problem = machine.Build();
        problem = problem.Length == 0 ? machine.Bus.Failure : problem;
        if (problem.Length > 0)
        {
            return problem;
        }

        byte[] tree;
        try
        {
            tree = plan.OwnTree.Length > 0 ? plan.OwnTree : PlatformTree.Make(parts.Request, machine.Bus, new PlatformTreeOptions(plan.IsMachineMode, plan.InitrdStart, plan.InitrdEnd));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return $"a device cannot describe itself: {DeviceCall.MessageOf(e)}";
        }

        if (tree.Length > TreeRoom)
        {
            return $"the device tree has {tree.Length} bytes: at most {TreeRoom} are wanted";
        }

        machine._plan = plan.WithTree(tree);
        machine._loader = new MachineLoader(machine._plan, parts.Files, machine.Ram);
        return machine.MakeHarts();
    }

    /// <summary>The end of a host request; null: none of this machine's.</summary>
    public HandleResult? Complete(in Message message)
    {
        if (_consoles.Complete(message.Label, (long)message.Words[0], message.Data.Span))
        {
            if (Console.IsClosed && _stage is Stage.Running)
            {
                End(MachineEnd.OutputClosed, 0);
            }

            _idle.Update();
            return HandleResult.Handled;
        }

        ulong id = message.Label;
        if (Bus.Slots.FirstOrDefault(slot => slot.Owns(id)) is not { } owner)
        {
            return null;
        }

        long result = (long)message.Words[0];
        var data = message.Data;
        var status = _stage == Stage.Ending ? owner.Drop(id) : Guarded(owner.Name, () => owner.Complete(id, result, data.Span));
        if (status == DeviceStatus.Suspended)
        {
            return HandleResult.Suspended;
        }

        _idle.Update();
        return HandleResult.Handled;
    }

    /// <summary>The time of <see cref="Deadline"/> has come: one thing that is due is done.</summary>
    public HandleResult Tick()
    {
        if (_consoles.Deadline <= Now)
        {
            _consoles.OnDeadline();
        }
        else if (Bus.NextDue() is { } slot && slot.Deadline <= Now)
        {
            var status = Guarded(slot.Name, slot.Tick);
            return status == DeviceStatus.Suspended ? HandleResult.Suspended : HandleResult.Handled;
        }
        else if (_idle.Deadline <= Now)
        {
            _idle.Look();
        }

        return HandleResult.Handled;
    }

    public void AfterMessage()
    {
        if (_stage == Stage.Running)
        {
            _sbi.Suspended.ServeWaiting();
            _idle.Update();
        }
    }

    public void DriveLine(int hart, int line, bool level)
    {
        // Devices may drive their lines before there are harts.
        if (hart < _harts.Count)
        {
            _harts[hart].Drive(line, level);
        }
    }

    public void SetTicks(ulong ticks)
    {
        _timeOffset = unchecked(_timeOffset + ticks - Ticks);
        _harts.ForEach(hart => hart.SetTimeOffset(_timeOffset));
    }

    public void SetTimer(int hart, ulong deadline) => _harts[hart].SetTimer(deadline);

    public void End(MachineEnd reason, ulong code) => End(reason, code, new ProgramEndRecord());

    public void End(MachineEnd reason, ulong code, ProgramEndRecord record)
    {
        if (Ended is null)
        {
            Ended = (reason, code, record);
            _stage = Stage.Ending;
            Cell.Pause();
            _consoles.Flush();
        }
    }

    public void Reset()
    {
        if (!Request.Reboots)
        {
            End(MachineEnd.Reset, 0);
        }
        else if (_stage == Stage.Running)
        {
            _stage = Stage.Discarding;
            _harts.ForEach(hart => hart.Stop());
        }
    }

    private static ulong? Least(ulong? left, ulong? right) => left is null ? right : right is null ? left : Math.Min(left.Value, right.Value);

    /// <summary>A device that throws ends its machine, not the kernel.</summary>
    private DeviceStatus Guarded(string what, Func<DeviceStatus> work)
    {
        string failure = DeviceCall.Try(what, work, out var status);
        if (failure.Length > 0)
        {
            EndOfDevice(failure);
            return status;
        }

        EndWhenExhausted();
        return status;
    }

    private void EndOfDevice(string failure) => End(MachineEnd.DeviceFailed, 0, new ProgramEndRecord { Text = failure });

    private void EndWhenExhausted()
    {
        if (Ram.IsExhausted)
        {
            End(MachineEnd.MemoryExhausted, 0);
        }
    }

    private string Build() => PlatformBuilder.Build(Request, _plan.IsMachineMode, Bus, this, Console, VirtioDevices(), _parts.OwnDevices);

    /// <summary>The disks in the first slots, then the network card, then the further consoles, then a source of entropy.</summary>
    private List<VirtioFunction> VirtioDevices()
    {
        var functions = new List<VirtioFunction>();
        functions.AddRange(Request.Disks.Select((disk, index) => new BlockFunction(disk, $"disk{index}")));
        if (_parts.Port is { } port)
        {
            functions.Add(new NetworkFunction(_parts.Network, port));
        }

        functions.AddRange(_consoles.Further.Zip(Request.Consoles, (console, of) => new ConsoleFunction(console, of.Columns, of.Rows)));
        if (functions.Count < Request.Platform.VirtioSlots.Count())
        {
            functions.Add(new EntropyFunction(Request.Seed, "entropy"));
        }

        return functions;
    }

    private string MakeHarts()
    {
        var status = Ram.Map();
        for (int id = 0; id < Request.Harts && status == KernelStatus.Ok; id++)
        {
            status = Cell.CreateHart(_parts.Space, HartKind, (ulong)id, out var hart, out ulong number);
            if (status == KernelStatus.Ok)
            {
                _harts.Add(new Hart(hart, number, id));
            }
        }

        Bus.GoLive();
        return status == KernelStatus.Ok ? "" : $"its harts cannot be made ({status})";
    }
}
