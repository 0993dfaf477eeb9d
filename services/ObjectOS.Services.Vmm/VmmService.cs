using ObjectOS.Abi;
using ObjectOS.Client;
using ObjectOS.Services.Programs;

namespace ObjectOS.Services.Vmm;

/// <summary>
/// Runs operating systems: each virtual machine is a cell whose threads are harts over one address space of guest-physical addresses, and this service answers what comes back from them:
/// accesses to devices, and calls of the supervisor binary interface. It holds its own cell (slot 1), its endpoint (2) and the host port (3), and acts by invocations
/// alone, so that it works at any depth. Protocol: <see cref="MachineProtocol"/>.
/// </summary>
/// <remarks>
/// Each message does at most one thing that memory can suspend, before all else that it changes: the message then comes again, and nobody can tell. Work in steps is carried on by
/// a signal that the service sends itself.
/// </remarks>
public sealed partial class VmmService : IVirtualMachineService
{
    private const uint FirstFreeSlot = 16;
    private const ulong LargestFile = 256UL << 20, LargestRecord = 1 << 20;
    private const int FewestObjects = 64;
    private const ulong AgainBit = 1, TimerBit = 2;

    /// <summary>In badges of machines, so that badge 0 is the root's alone.</summary>
    private const ulong JobBit = 1UL << 63;

    private readonly SortedDictionary<ulong, VirtualMachine> _machines = [];
    private readonly SortedDictionary<(ulong Job, MachineFile File), (MemoryCapability Memory, ulong Length)> _files = [];
    private readonly Dictionary<ulong, IReadOnlyList<IDevice>> _devices = [];
    private Invoker _invoker = null!;
    private NetworkHost _networkHost = null!;
    private VirtualSwitch _network = null!;
    private NotificationCapability _signals;
    private TimerCapability _timer;
    private ulong? _armed;
    private bool _isSignalled;
    private ulong _lastStepped;

    /// <inheritdoc/>
    public string Name => "vmm";

    private CellCapability Own => new(_invoker, 1);

    private EndpointCapability Endpoint => new(_invoker, 2);

    private HostPortCapability Host => new(_invoker, 3);

    /// <inheritdoc/>
    public void Offer(ulong job, IReadOnlyList<IDevice> devices) => _devices[job] = devices;

    /// <inheritdoc/>
    public void Start(IInvocationPort port)
    {
        ArgumentNullException.ThrowIfNull(port);
        _invoker = new Invoker(port, FirstFreeSlot);
        _networkHost = new NetworkHost(Host);
        _network = new VirtualSwitch(_networkHost);
    }

    /// <inheritdoc/>
    public HandleResult Handle(in Message message, IInvocationPort port)
    {
        Begin();
        var result = message.Kind switch
        {
            MessageKind.Endpoint when message.Badge == 0 => Administer(message),
            MessageKind.Fault or MessageKind.SystemCall or MessageKind.CellEnded
                when _machines.TryGetValue(message.Badge & ~JobBit, out var machine) && machine.Ended is null => FromHart(machine, message),
            MessageKind.Completion => Complete(message),
            MessageKind.Notification => Continue(message.Words[0]),
            _ => HandleResult.Handled,
        };
        if (result == HandleResult.Handled)
        {
            Finish();
        }

        return result;
    }

    /// <summary>Makes what the service needs for itself: with the first message, so that a restored service makes nothing twice.</summary>
    private void Begin()
    {
        if (_signals.Slot == 0 && Own.CreateNotification(out _signals) == KernelStatus.Ok)
        {
            Endpoint.Bind(_signals);
            Host.Bind(Endpoint);
            Own.CreateTimer(_signals, TimerBit, out _timer);
        }
    }

    /// <summary>Sees to it that what is to be done comes back as a message.</summary>
    private void Finish()
    {
        ulong? next = _networkHost.Deadline;
        bool hasWork = false;
        foreach (var machine in _machines.Values)
        {
            machine.AfterMessage();
            hasWork |= machine.HasWork;
            next = machine.Deadline < (next ?? ulong.MaxValue) ? machine.Deadline : next;
        }

        if (hasWork && !_isSignalled)
        {
            _isSignalled = true;
            _signals.Signal(AgainBit);
        }

        if (next != _armed)
        {
            _armed = next;
            if (next is { } deadline)
            {
                _timer.Set(deadline);
            }
            else
            {
                _timer.Cancel();
            }
        }
    }

    private HandleResult Administer(in Message message)
    {
        switch (message.Label)
        {
            case MachineProtocol.Start:
                return StartMachine(message);
            case MachineProtocol.File when message.CapabilitySlot != 0 && message.Words[1] <= (ulong)MachineFile.DeviceTree && message.Words[2] <= LargestFile:
                var key = (message.Words[0], (MachineFile)message.Words[1]);
                if (_files.Remove(key, out var older))
                {
                    older.Memory.Delete();
                }

                _files.Add(key, (new MemoryCapability(_invoker, message.CapabilitySlot), message.Words[2]));
                return Reply(message, 0);
            case MachineProtocol.Stop:
                if (_machines.TryGetValue(message.Words[0], out var machine))
                {
                    machine.End(MachineEnd.Stopped, 0);
                }

                return Reply(message, 0);
            case MachineProtocol.Pause:
                if (_machines.TryGetValue(message.Words[0], out var paused) && paused.Ended is null)
                {
                    _ = message.Words[1] != 0 ? paused.Cell.Pause() : paused.Cell.Resume();
                }

                return Reply(message, 0);
            case MachineProtocol.Drop:
                DropFiles(message.Words[0]);
                return Reply(message, 0);
            default:
                if (message.CapabilitySlot != 0)
                {
                    new MemoryCapability(_invoker, message.CapabilitySlot).Delete();
                }

                return Reply(message, 1);
        }
    }

    private static HandleResult FromHart(VirtualMachine machine, in Message message)
    {
        if (message.Kind == MessageKind.SystemCall)
        {
            ulong number = message.ThreadNumber;
            return machine.Harts.FirstOrDefault(hart => hart.Number == number) is { } hart ? machine.Call(hart, message) : HandleResult.Handled;
        }

        if (message.Kind == MessageKind.Fault && message.Label is FaultCause.FetchGuestPage or FaultCause.LoadGuestPage or FaultCause.StoreGuestPage)
        {
            return machine.Access(message);
        }

        if (message.Kind == MessageKind.Fault && message.Label <= FaultCause.LastException && (message.Words[3] & FaultCause.StuckBit) != 0)
        {
            return machine.TakeRepeatedException(message);
        }

        var record = new ProgramEndRecord { Cause = message.Label, Address = message.Words[0], Pc = message.Words[1], Instruction = (uint)message.Words[2] };
        machine.End(message.Label switch
        {
            FaultCause.BudgetEnd => MachineEnd.BudgetExhausted,
            FaultCause.MemoryExhausted => MachineEnd.MemoryExhausted,
            _ => MachineEnd.Fault,
        }, 0, record);
        return HandleResult.Handled;
    }

    private HandleResult Complete(in Message message)
    {
        if (_networkHost.TryTake(message.Label))
        {
            _network.OnCompletion(message.Label, (long)message.Words[0], message.Data.Span);
            return HandleResult.Handled;
        }

        foreach (var machine in _machines.Values)
        {
            if (machine.Complete(message) is { } result)
            {
                return result;
            }
        }

        return HandleResult.Handled;
    }

    /// <summary>Does one thing: what is due first, else a step of a machine's work, the machines taking turns.</summary>
    private HandleResult Continue(ulong bits)
    {
        if ((bits & TimerBit) != 0)
        {
            ulong now = _invoker.Port.Now;
            var due = _machines.Values.FirstOrDefault(machine => machine.Deadline <= now);
            if (_networkHost.Deadline <= now)
            {
                _networkHost.SetDeadline(null);
                _network.OnDeadline();
            }
            else if (due?.Tick() == HandleResult.Suspended)
            {
                return HandleResult.Suspended;
            }

            _armed = null;
            _isSignalled &= (bits & AgainBit) == 0;
            return HandleResult.Handled;
        }

        var turn = _machines.FirstOrDefault(pair => pair.Key > _lastStepped && pair.Value.HasWork);
        turn = turn.Value is null ? _machines.FirstOrDefault(pair => pair.Value.HasWork) : turn;
        if (turn.Value?.Step(OnEnd) == HandleResult.Suspended)
        {
            return HandleResult.Suspended;
        }

        _lastStepped = turn.Key;
        _isSignalled = false;
        return HandleResult.Handled;
    }

    private void OnEnd(VirtualMachine machine, MachineEndRecord record)
    {
        _machines.Remove(machine.Request.Job);
        _devices.Remove(machine.Request.Job);
        LeaveNetwork(machine.Port);
        Tell(machine.Request.Job, machine.Ended!.Value.Reason, machine.Ended.Value.Code, record);
    }

    private void LeaveNetwork(SwitchPort? port)
    {
        if (port is not null)
        {
            _network.RemovePort(port);
        }
    }

    private void Tell(ulong job, MachineEnd reason, ulong code, MachineEndRecord record) =>
        Host.Request(HostRequestKind.Ended, job, record.ToBytes(), out _, (ulong)reason, code);

    private IReadOnlyList<IDevice> DevicesOf(ulong job) => _devices.GetValueOrDefault(job, []);

    private void DropFiles(ulong job)
    {
        foreach (var key in _files.Keys.Where(key => key.Job == job).ToArray())
        {
            _files[key].Memory.Delete();
            _files.Remove(key);
        }

        _devices.Remove(job);
    }

    private HandleResult Reply(in Message message, ulong label)
    {
        if (message.ReplySlot != 0)
        {
            new ReplyCapability(_invoker, message.ReplySlot).Send(label);
        }

        return HandleResult.Handled;
    }
}
