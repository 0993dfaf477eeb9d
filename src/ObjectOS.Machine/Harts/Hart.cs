using ObjectOS.Cpu;
using ObjectOS.Machine.Mmu;

namespace ObjectOS.Machine.Harts;

/// <summary>
/// What the engine keeps for one supervisor- or machine-mode hart: the state that it works on, and what it has cached of translations. All of
/// it can be made anew from the context.
/// </summary>
internal sealed partial class Hart
{
    private const int RegimeCount = 64;

    private readonly AddressSpace _space;
    private readonly PhysicalProtection _protection = new();
    private readonly Regime?[] _regimes = new Regime?[RegimeCount];
    private PrivilegedState _state;
    private ulong _fences;
    private ulong _flushes = 1;

    public Hart(HartContext context, AddressSpace space)
    {
        Context = context;
        _space = space;
        _state = context.System!;
        _fences = _state.FenceGeneration;
        _protection.Load(_state);
    }

    public HartContext Context { get; }

    /// <summary>The mode that it is in.</summary>
    public PrivilegeMode Privilege => _state.Privilege;

    /// <summary>menvcfg.ADUE: the walk sets A and D bits; else their absence is a page fault ("Svadu").</summary>
    public bool UpdatesAccessed => (_state.Menvcfg & EnvironmentBits.Adue) != 0;

    /// <summary>menvcfg.PBMTE: page tables may say memory types ("Svpbmt").</summary>
    public bool HasPageTypes => (_state.Menvcfg & EnvironmentBits.Pbmte) != 0;

    /// <summary>True where floating-point instructions execute as they are; else they decode as illegal, and are looked at one by one.</summary>
    public bool HasFloats => (_state.Mstatus & StatusBits.Fs) == StatusBits.Fs;

    /// <summary>V and hgatp. No hart has the hypervisor extension yet.</summary>
    public static VirtualMode Virtual => VirtualMode.None;

    /// <summary>The bits of mip that software has set.</summary>
    public ulong SoftwarePending => _state.Mip;

    /// <summary>Before a run: takes note of what the holder has done to the state.</summary>
    public void Enter()
    {
        if (_state == Context.System && _fences == _state.FenceGeneration)
            return;
        _state = Context.System!;
        _fences = _state.FenceGeneration;
        _protection.Load(_state);
        _flushes++;
    }

    /// <summary>What fetches go through now, while loads and stores go through <paramref name="data"/>.</summary>
    public Regime Code(Regime data) => Find(new RegimeKey(_state.Privilege, Virtual, SatpOf(_state.Privilege), Sum: false, Mxr: false, HidesFloats: !HasFloats), data);

    /// <summary>What loads and stores go through now.</summary>
    public Regime Data()
    {
        PrivilegeMode privilege = _state.Privilege;
        if ((_state.Mstatus & StatusBits.Mprv) != 0 && privilege == PrivilegeMode.Machine)
            privilege = (PrivilegeMode)((_state.Mstatus & StatusBits.Mpp) >> StatusBits.MppShift);
        ulong satp = SatpOf(privilege);
        bool sum = satp != 0 && privilege == PrivilegeMode.Supervisor && (_state.Mstatus & StatusBits.Sum) != 0;
        return Find(new RegimeKey(privilege, Virtual, satp, sum, satp != 0 && (_state.Mstatus & StatusBits.Mxr) != 0, HidesFloats: false), inUse: null);
    }

    /// <summary>Physical memory protection, which a supervisor-mode hart has none of.</summary>
    public bool Allows(ulong physical, int length, AccessKind access, PrivilegeMode privilege, out bool isWholePage)
    {
        isWholePage = true;
        return Context.Mode == HartMode.Supervisor || _protection.Allows(physical, length, access, privilege, out isWholePage);
    }

    /// <summary>SFENCE.VMA or SINVAL.VMA; null: for all addresses. Address-space identifiers are not looked at: it forgets more.</summary>
    public void Fence(ulong? address)
    {
        if (address is not { } va)
        {
            _flushes++;
            return;
        }

        foreach (Regime? regime in _regimes)
            regime?.Fence(va);
    }

    /// <summary>The number of the interrupt that is taken now; −1: none is.</summary>
    public int PendingInterrupt(ulong ticks)
    {
        ulong pending = Pending(ticks) & _state.Mie;
        if (pending == 0)
            return -1;
        ulong machine = pending & ~_state.Mideleg;
        if (machine != 0 && (_state.Privilege != PrivilegeMode.Machine || (_state.Mstatus & StatusBits.Mie) != 0))
            return First(machine);
        ulong supervisor = pending & _state.Mideleg;
        bool enabled = _state.Privilege == PrivilegeMode.User ||
            (_state.Privilege == PrivilegeMode.Supervisor && (_state.Mstatus & StatusBits.Sie) != 0);
        return supervisor != 0 && enabled ? First(supervisor) : -1;
    }

    /// <summary>True where WFI does not wait: an interrupt is pending that mie lets through, whether the mode takes it or not.</summary>
    public bool HasWakeUp(ulong ticks) => (Pending(ticks) & _state.Mie) != 0;

    /// <summary>The next time of the CPU, in ticks above this one, at which a timer interrupt becomes pending; all ones: none does by itself.</summary>
    public ulong NextTimer(ulong ticks) => _state.NextTimer(ticks);

    private ulong Pending(ulong ticks) => _state.Pending(Context.Mode, ticks);

    private ulong SatpOf(PrivilegeMode privilege) =>
        privilege == PrivilegeMode.Machine || _state.Satp >> 60 == 0 ? 0 : _state.Satp;

    // "Machine Interrupt Registers": MEI, MSI, MTI, SEI, SSI, STI.
    private static int First(ulong pending) =>
        (pending & InterruptBits.Meip) != 0 ? 11
        : (pending & InterruptBits.Msip) != 0 ? 3
        : (pending & InterruptBits.Mtip) != 0 ? 7
        : (pending & InterruptBits.Seip) != 0 ? 9
        : (pending & InterruptBits.Ssip) != 0 ? 1
        : 5;

    /// <summary>The regime that stands for a key. The one that is in use stays what it is: another key that would take its place takes the one beside it.</summary>
    internal Regime Find(in RegimeKey key, Regime? inUse)
    {
        ulong hash = key.Satp + (ulong)key.Privilege + ((ulong)key.Virtual.Number << 6) + (key.Sum ? 8UL : 0) + (key.Mxr ? 16UL : 0) + (key.HidesFloats ? 32UL : 0);
        int index = (int)(hash * 0x9E3779B97F4A7C15 >> 58);
        if (inUse is not null && _regimes[index] == inUse && !inUse.Is(key))
            index ^= 1;
        Regime regime = _regimes[index] ??= new Regime(this, _space);
        if (!regime.Is(key))
            regime.Become(key);
        regime.Use(_flushes);
        return regime;
    }
}
