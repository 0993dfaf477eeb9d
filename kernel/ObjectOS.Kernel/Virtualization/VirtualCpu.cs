using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Objects;

/// <summary>Why a slice of a virtual CPU's guest is over, beside what the guest says.</summary>
internal enum StopReason : byte
{
    /// <summary>It is not.</summary>
    None,

    /// <summary>Its budget is used up.</summary>
    Budget,

    /// <summary>The holder has to act.</summary>
    Exit,

    /// <summary>The CPU below was suspended.</summary>
    Below,

    /// <summary>The CPU below was interrupted.</summary>
    Interrupted,
}

/// <summary>
/// A CPU that a kernel makes for another. Nothing is emulated: a run is a run of the CPU below in a composed space, and what comes back
/// goes to the kernel on this CPU unless the maker owns it (a missing page, the end of a slice) or the holder has asked for it.
/// </summary>
/// <remarks>In a slice that has been stopped every call answers Suspended, whatever the guest makes of that.</remarks>
internal sealed partial class VirtualCpu : ICpu
{
    /// <summary>Faults of one instruction that retires nothing: two pages of code, two of data, each in two steps, and some.</summary>
    private const int MostFaults = 64;

    /// <summary>Faults that are paid for at once: the slice ends there.</summary>
    private const ulong MostOwed = 1024;

    private readonly VCpu _vcpu;
    private readonly Kernel _kernel;
    private readonly ICpu _below;
    private readonly ICpu _engine;
    private readonly VirtualCpu[] _chain;
    private readonly VirtualMemory _memory;
    private readonly List<VirtualSpace> _spaces = [];
    private readonly Dictionary<HartContext, Trap> _deliveries = [];
    private readonly HashSet<ulong> _passedPages = [];
    private volatile bool _interrupted;
    private volatile bool _inSlice;
    private bool _isPlain = true;
    private ulong _left = ulong.MaxValue;
    private ulong _paidFaults;
    private HartContext? _passing;
    private ulong _passingPc;

    /// <summary>True while something is composed that only the hart that passes may reach.</summary>
    private bool _isPassComposed;
    private HartContext? _cameBackFor;
    private Trap _cameBack;

    public VirtualCpu(VCpu vcpu, Kernel kernel, ulong memorySize)
    {
        _vcpu = vcpu;
        _kernel = kernel;
        _below = kernel.Cpu;
        _memory = new VirtualMemory(vcpu, _below.Memory, memorySize);
        _chain = _below is VirtualCpu below ? [.. below._chain, this] : [this];
        _engine = _below is VirtualCpu other ? other._engine : _below;
        Description = _below.Description with { MemorySize = memorySize, Depth = _below.Description.Depth + 1 };
    }

    public CpuDescription Description { get; }

    public IGuestMemory Memory => _memory;

    public IMemoryAccount Account => _vcpu.Account;

    /// <summary>True where the CPU below is one of this kind, so that a run can go past it.</summary>
    public bool IsOnVirtual => _below is VirtualCpu;

    /// <summary>Why the slice is over.</summary>
    public StopReason Stop { get; private set; }

    /// <summary>True where its guest has been told in this slice that it was interrupted, and so may say so.</summary>
    public bool HasInterrupted { get; private set; }

    /// <summary>True from the beginning of a slice to its end.</summary>
    public bool IsInSlice => _inSlice;

    /// <summary>Of the budgets of its runs, what was used, ever.</summary>
    public ulong Used { get; private set; }

    /// <summary>Instructions retired, ever.</summary>
    public ulong Retired { get; private set; }

    /// <summary>Faults resolved in the second stage, ever.</summary>
    public ulong Faults { get; private set; }

    /// <summary>True where so many faults have not been paid for that the slice has ended.</summary>
    public bool IsOwing => Faults - _paidFaults >= MostOwed;

    /// <summary>True where nothing of its guest goes on.</summary>
    public bool IsStopped => _vcpu.IsDead || (_inSlice && Stop != StopReason.None);

    /// <summary>True where the memory operations of the kernel on it pass an intercepted page.</summary>
    public bool IsPassingMemory(ulong address) => _passedPages.Contains(address >> Pages.Shift);

    public IAddressSpace CreateAddressSpace(IMemoryAccount account)
    {
        CheckAccount(account);
        var space = new VirtualSpace(_vcpu, _below.CreateAddressSpace(account)) { Index = _spaces.Count };
        _spaces.Add(space);
        if (_vcpu.IsDead)
        {
            space.Dispose();
        }

        return space;
    }

    public void Attach(ICpuGuest guest) => _vcpu.Attach(guest);

    public void Interrupt()
    {
        _interrupted = true;
        _kernel.WakeLater(_vcpu);
        _below.Interrupt();
    }

    /// <summary>Takes note of a change of what makes it more than a way to the engine.</summary>
    public void Refresh() => _isPlain = !_vcpu.IsDead && _vcpu.Exit is null && _deliveries.Count == 0 && _passing is null && _passedPages.Count == 0 &&
        _vcpu.Intercepts is { ConcernsRuns: false, Calls.Count: 0 };

    /// <summary>Begins a slice of so many virtual instructions.</summary>
    public void BeginSlice(ulong budget)
    {
        _inSlice = true;
        _left = budget;
        Stop = StopReason.None;
        HasInterrupted = false;
    }

    public void EndSlice()
    {
        _inSlice = false;
        _left = ulong.MaxValue;
    }

    /// <summary>How many faults there were since the last were paid for.</summary>
    public ulong PayFaults()
    {
        ulong owed = Faults - _paidFaults;
        _paidFaults = Faults;
        return owed;
    }

    /// <summary>Stops for the holder.</summary>
    public void Exit(VirtualCpuExit exit)
    {
        Stop = StopReason.Exit;
        _vcpu.Raise(exit);
    }

    /// <summary>The memory below was suspended.</summary>
    public void StopBelow() => Stop = StopReason.Below;

    /// <summary>After an exit: the next run of the context returns the trap at once.</summary>
    public void Deliver(HartContext context, in Trap trap)
    {
        _deliveries[context] = trap;
        Refresh();
    }

    /// <summary>After an exit: one instruction of the context passes what is intercepted.</summary>
    public void Pass(HartContext context)
    {
        _passing = context;
        _passingPc = context.Pc;
        Refresh();
    }

    /// <summary>
    /// After an exit: accesses of the kernel to the page pass until it runs code again. An operation that has to do with several such pages is
    /// tried anew after each exit, by a kernel that may itself be some levels above.
    /// </summary>
    public void PassMemory(PhysicalAddress address)
    {
        _passedPages.Add(address.PageNumber);
        Refresh();
    }

    /// <exception cref="ArgumentException">It is not this CPU's account nor below it.</exception>
    public void CheckAccount(IMemoryAccount? account)
    {
        for (var a = account; a != Account; a = a.Parent)
        {
            if (a is null)
            {
                throw new ArgumentException("The account is neither this CPU's own nor below it.", nameof(account));
            }
        }
    }

    /// <summary>Virtual instructions that one <see cref="Forget"/> takes: it looks at all that the guest has mapped.</summary>
    public ulong CostOfForget => (ulong)_spaces.Sum(space => 1L + space.Ranges);

    /// <summary>Takes away what was composed from a range of guest-physical addresses.</summary>
    public void Forget(ulong start, ulong end)
    {
        foreach (var space in _spaces)
        {
            space.Forget(start, end);
        }
    }

    /// <summary>A space of this CPU is gone.</summary>
    public void Leave(VirtualSpace space)
    {
        var last = _spaces[^1];
        _spaces[space.Index] = last;
        last.Index = space.Index;
        _spaces.RemoveAt(_spaces.Count - 1);
    }

    /// <summary>After the death of the VCpu: disposes of a space. True: there is none left.</summary>
    public bool TearDown()
    {
        if (_spaces.Count > 0)
        {
            _spaces[^1].Dispose();
        }

        return _spaces.Count == 0;
    }
}
