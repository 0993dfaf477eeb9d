using ObjectOS.Cpu;

namespace ObjectOS.Machine.Harts;

/// <summary>What counters read: <c>time</c> in its ticks, and the instructions that the context has retired.</summary>
internal readonly record struct HartClock(ulong Ticks, ulong Retired);

/// <summary>How a write to a CSR ended.</summary>
internal enum CsrWrite : byte
{
    /// <summary>Done; nothing else has to be looked at.</summary>
    Done,

    /// <summary>Done; translation, decoding or pending interrupts may have changed.</summary>
    Changed,
}

/// <content>Control and status registers.</content>
internal sealed partial class Hart
{
    // RV64 with A, B, C, D, F, I, M, S and U ("Machine ISA Register").
    private const ulong MisaValue = 2UL << 62 | 1 << 0 | 1 << 1 | 1 << 2 | 1 << 3 | 1 << 5 | 1 << 8 | 1 << 12 | 1 << 18 | 1 << 20;

    // ECALL from M-mode is never delegated, nor is what does not exist.
    private const ulong DelegableExceptions = 0xB3FF;

    private const ulong CounterInhibits = 0b101;
    private const ulong MachineEnvironment =
        EnvironmentBits.Fiom | EnvironmentBits.Cbie | EnvironmentBits.Cbcfe | EnvironmentBits.Cbze | EnvironmentBits.Adue | EnvironmentBits.Pbmte | EnvironmentBits.Stce;
    private const ulong SupervisorEnvironment = EnvironmentBits.Fiom | EnvironmentBits.Cbie | EnvironmentBits.Cbcfe | EnvironmentBits.Cbze;

    /// <summary>Reads a register; false: it is not there, or not for the mode that the hart is in.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="writes">True where the same instruction writes it.</param>
    /// <param name="clock">What counters read.</param>
    /// <param name="value">What it holds.</param>
    public bool TryRead(int number, bool writes, in HartClock clock, out ulong value)
    {
        value = 0;
        if ((number >> 8 & 3) > (int)_state.Privilege || (writes && number >> 10 == 3) || !IsAllowed(number))
            return false;
        ulong? known = number < 0x300 ? ReadSupervisor(number, clock) : ReadMachine(number, clock);
        value = known.GetValueOrDefault();
        return known.HasValue;
    }

    /// <summary>Writes a register that <see cref="TryRead"/> has found.</summary>
    public CsrWrite Write(int number, ulong value, in HartClock clock)
    {
        switch (number)
        {
            case CsrNumber.Fflags: return WriteFloatRegister((Context.Fcsr & 0xE0) | ((uint)value & 0x1F));
            case CsrNumber.Frm: return WriteFloatRegister((Context.Fcsr & 0x1F) | (((uint)value & 7) << 5));
            case CsrNumber.Fcsr: return WriteFloatRegister((uint)value & 0xFF);
            case CsrNumber.Sscratch: _state.Sscratch = value; return CsrWrite.Done;
            case CsrNumber.Sepc: _state.Sepc = value & ~1UL; return CsrWrite.Done;
            case CsrNumber.Scause: _state.Scause = value; return CsrWrite.Done;
            case CsrNumber.Stval: _state.Stval = value; return CsrWrite.Done;
            case CsrNumber.Stvec: _state.Stvec = value & ~2UL; return CsrWrite.Done;
            case CsrNumber.Scounteren: _state.Scounteren = (uint)value; return CsrWrite.Done;
            case CsrNumber.Senvcfg: _state.Senvcfg = Environment(_state.Senvcfg, value, SupervisorEnvironment); return CsrWrite.Done;
            case CsrNumber.Mscratch: _state.Mscratch = value; return CsrWrite.Done;
            case CsrNumber.Mepc: _state.Mepc = value & ~1UL; return CsrWrite.Done;
            case CsrNumber.Mcause: _state.Mcause = value; return CsrWrite.Done;
            case CsrNumber.Mtval: _state.Mtval = value; return CsrWrite.Done;
            case CsrNumber.Mtvec: _state.Mtvec = value & ~2UL; return CsrWrite.Done;
            case CsrNumber.Mcounteren: _state.Mcounteren = (uint)value; return CsrWrite.Done;
            case CsrNumber.Medeleg: _state.Medeleg = value & DelegableExceptions; return CsrWrite.Done;
            case CsrNumber.Mcycle: _state.CycleBase = BaseOf(value, 1, clock); return CsrWrite.Done;
            case CsrNumber.Minstret: _state.InstretBase = BaseOf(value, 4, clock); return CsrWrite.Done;
            case CsrNumber.Mcountinhibit: Inhibit(value & CounterInhibits, clock); return CsrWrite.Done;
            default: WriteWithEffect(number, value); return CsrWrite.Changed;
        }
    }

    /// <summary>A floating-point instruction is about to execute while FS is Initial or Clean; false: FS is Off, it is illegal.</summary>
    public bool TryDirtyFloats()
    {
        if ((_state.Mstatus & StatusBits.Fs) == 0)
            return false;
        SetStatus(_state.Mstatus | StatusBits.Fs);
        return true;
    }

    /// <summary>SRET, unless the mode or TSR does not let it; false: illegal.</summary>
    public bool TryReturnFromSupervisor()
    {
        if (_state.Privilege == PrivilegeMode.User || IsTrapped(StatusBits.Tsr))
            return false;
        HartTraps.ReturnFromSupervisor(Context);
        return true;
    }

    /// <summary>MRET, unless the mode does not let it; false: illegal.</summary>
    public bool TryReturnFromMachine()
    {
        if (_state.Privilege != PrivilegeMode.Machine)
            return false;
        HartTraps.ReturnFromMachine(Context);
        return true;
    }

    /// <summary>Whether WFI is allowed: not in user mode, nor below machine mode with TW, as no time at all is the bound.</summary>
    public bool MayWait => _state.Privilege != PrivilegeMode.User && (_state.Privilege == PrivilegeMode.Machine || (_state.Mstatus & StatusBits.Tw) == 0);

    /// <summary>Whether SFENCE.VMA and SINVAL.VMA are allowed.</summary>
    public bool MayFence => _state.Privilege != PrivilegeMode.User && !IsTrapped(StatusBits.Tvm);

    /// <summary>Whether the two fences of Svinval are allowed: TVM does not matter to them.</summary>
    public bool MayFenceInvalidations => _state.Privilege != PrivilegeMode.User;

    /// <summary>Whether a cache-block instruction is enabled (chapter "Cache Management", "Control and Status Register State").</summary>
    public bool HasCacheBlockBits(ulong bits) =>
        _state.Privilege == PrivilegeMode.Machine ||
        ((_state.Menvcfg & bits) != 0 && (_state.Privilege == PrivilegeMode.Supervisor || (_state.Senvcfg & bits) != 0));

    private bool IsTrapped(ulong bit) => _state.Privilege == PrivilegeMode.Supervisor && (_state.Mstatus & bit) != 0;

    private bool IsAllowed(int number) => number switch
    {
        <= CsrNumber.Fcsr => (_state.Mstatus & StatusBits.Fs) != 0,
        CsrNumber.Satp => !IsTrapped(StatusBits.Tvm),
        CsrNumber.Stimecmp => _state.Privilege == PrivilegeMode.Machine ||
            ((_state.Menvcfg & EnvironmentBits.Stce) != 0 && (_state.Mcounteren & 2) != 0),
        >= CsrNumber.Cycle and <= CsrNumber.LastHpmcounter =>
            (_state.Privilege == PrivilegeMode.Machine || (_state.Mcounteren >> (number & 31) & 1) != 0) &&
            (_state.Privilege != PrivilegeMode.User || (_state.Scounteren >> (number & 31) & 1) != 0),
        _ => true,
    };

    private ulong? ReadSupervisor(int number, in HartClock clock) => number switch
    {
        CsrNumber.Fflags => Context.Fcsr & 0x1F,
        CsrNumber.Frm => Context.Fcsr >> 5 & 7,
        CsrNumber.Fcsr => Context.Fcsr & 0xFF,
        CsrNumber.Sstatus => _state.Mstatus & StatusBits.Supervisor,
        CsrNumber.Sie => _state.Mie & _state.Mideleg,
        CsrNumber.Sip => Pending(clock.Ticks) & _state.Mideleg,
        CsrNumber.Stvec => _state.Stvec,
        CsrNumber.Scounteren => _state.Scounteren,
        CsrNumber.Senvcfg => _state.Senvcfg,
        CsrNumber.Sscratch => _state.Sscratch,
        CsrNumber.Sepc => _state.Sepc,
        CsrNumber.Scause => _state.Scause,
        CsrNumber.Stval => _state.Stval,
        CsrNumber.Stimecmp => _state.Stimecmp,
        CsrNumber.Satp => _state.Satp,
        _ => null,
    };

    private ulong? ReadMachine(int number, in HartClock clock) => number switch
    {
        CsrNumber.Mstatus => _state.Mstatus,
        CsrNumber.Misa => MisaValue,
        CsrNumber.Medeleg => _state.Medeleg,
        CsrNumber.Mideleg => _state.Mideleg,
        CsrNumber.Mie => _state.Mie,
        CsrNumber.Mip => Pending(clock.Ticks),
        CsrNumber.Mtvec => _state.Mtvec,
        CsrNumber.Mcounteren => _state.Mcounteren,
        CsrNumber.Menvcfg => _state.Menvcfg,
        CsrNumber.Mcountinhibit => _state.Mcountinhibit,
        CsrNumber.Mscratch => _state.Mscratch,
        CsrNumber.Mepc => _state.Mepc,
        CsrNumber.Mcause => _state.Mcause,
        CsrNumber.Mtval => _state.Mtval,
        CsrNumber.Pmpcfg0 => _state.Pmpcfg0,
        CsrNumber.Pmpcfg2 => _state.Pmpcfg2,
        >= CsrNumber.FirstPmpaddr and <= CsrNumber.LastPmpaddr => _state.Pmpaddr[number - CsrNumber.FirstPmpaddr],
        CsrNumber.Mcycle or CsrNumber.Cycle => Counter(_state.CycleBase, 1, clock),
        CsrNumber.Minstret or CsrNumber.Instret => Counter(_state.InstretBase, 4, clock),
        CsrNumber.Time => _state.TimeAt(clock.Ticks),
        CsrNumber.Mhartid => _state.Mhartid,

        // Hardwired to zero: the identity of the implementation, the event counters, and triggers of type 0, that is none.
        CsrNumber.Mvendorid or CsrNumber.Marchid or CsrNumber.Mimpid or CsrNumber.Mconfigptr => 0,
        >= CsrNumber.FirstMhpmevent and <= CsrNumber.LastMhpmevent => 0,
        >= CsrNumber.FirstMhpmcounter and <= CsrNumber.LastMhpmcounter => 0,
        > CsrNumber.Instret and <= CsrNumber.LastHpmcounter => 0,
        >= CsrNumber.Tselect and <= CsrNumber.Tinfo => 0,
        _ => null,
    };

    private void WriteWithEffect(int number, ulong value)
    {
        switch (number)
        {
            case CsrNumber.Sstatus:
                SetStatus((_state.Mstatus & ~StatusBits.Supervisor) | (_state.Mstatus & StatusBits.Uxl) | (value & StatusBits.Supervisor & StatusBits.MachineWritable));
                break;
            case CsrNumber.Mstatus:
                // Mode 2 is reserved ("Privilege and Global Interrupt-Enable Stack": MPP is WARL).
                ulong mpp = value & StatusBits.Mpp;
                ulong legal = mpp == 2UL << StatusBits.MppShift ? 0 : mpp;
                SetStatus((_state.Mstatus & ~StatusBits.MachineWritable) | (value & StatusBits.MachineWritable & ~StatusBits.Mpp) | legal);
                break;
            case CsrNumber.Sie: _state.Mie = (_state.Mie & ~_state.Mideleg) | (value & _state.Mideleg & InterruptBits.All); break;
            case CsrNumber.Mie: _state.Mie = value & InterruptBits.All; break;
            case CsrNumber.Sip: SetPending(value, InterruptBits.Ssip & _state.Mideleg); break;
            case CsrNumber.Mip: SetPending(value, InterruptBits.Supervisor & ~(HasSupervisorTimer ? InterruptBits.Stip : 0)); break;
            case CsrNumber.Mideleg: _state.Mideleg = value & InterruptBits.Supervisor; break;
            case CsrNumber.Stimecmp: _state.Stimecmp = value; break;
            case CsrNumber.Satp: SetSatp(value); break;
            case CsrNumber.Menvcfg:
                _state.Menvcfg = Environment(_state.Menvcfg, value, MachineEnvironment);
                _flushes++;
                break;
            case CsrNumber.Pmpcfg0: _state.Pmpcfg0 = PhysicalProtection.Configure(_state.Pmpcfg0, value); ChangeProtection(); break;
            case CsrNumber.Pmpcfg2: _state.Pmpcfg2 = PhysicalProtection.Configure(_state.Pmpcfg2, value); ChangeProtection(); break;
            case >= CsrNumber.FirstPmpaddr and <= CsrNumber.LastPmpaddr:
                PhysicalProtection.SetAddress(_state, number - CsrNumber.FirstPmpaddr, value);
                ChangeProtection();
                break;
        }
    }

    private bool HasSupervisorTimer => (_state.Menvcfg & EnvironmentBits.Stce) != 0;

    private CsrWrite WriteFloatRegister(uint value)
    {
        Context.Fcsr = value;
        if (HasFloats)
            return CsrWrite.Done;
        SetStatus(_state.Mstatus | StatusBits.Fs);
        return CsrWrite.Changed;
    }

    private void SetStatus(ulong value) =>
        _state.Mstatus = (value & StatusBits.Fs) == StatusBits.Fs ? value | StatusBits.Sd : value & ~StatusBits.Sd;

    private void SetPending(ulong value, ulong mask) => _state.Mip = (_state.Mip & ~mask) | (value & mask);

    // A mode that is not offered leaves all of satp as it was ("Supervisor Address Translation and Protection Register").
    private void SetSatp(ulong value)
    {
        ulong mode = value >> 60;
        if (mode == 0 || (mode >= 8 && (mode - 8) * 9 + 39 <= _state.Paging))
            _state.Satp = value;
    }

    private void ChangeProtection()
    {
        _protection.Load(_state);
        _flushes++;
    }

    // CBIE 2 is reserved: the field stays as it was.
    private static ulong Environment(ulong old, ulong value, ulong writable)
    {
        if ((value & EnvironmentBits.Cbie) == 2UL << 4)
            value = (value & ~EnvironmentBits.Cbie) | (old & EnvironmentBits.Cbie);
        return value & writable;
    }

    private ulong Counter(ulong start, ulong inhibit, in HartClock clock) =>
        (_state.Mcountinhibit & inhibit) != 0 ? start : start + clock.Retired;

    // The write itself is not counted ("Hardware Performance Monitor"): the next instruction reads what was written.
    private ulong BaseOf(ulong value, ulong inhibit, in HartClock clock) =>
        (_state.Mcountinhibit & inhibit) != 0 ? value : value - (clock.Retired + 1);

    private void Inhibit(ulong value, in HartClock clock)
    {
        ulong cycle = Counter(_state.CycleBase, 1, clock), instret = Counter(_state.InstretBase, 4, clock);
        _state.Mcountinhibit = value;
        _state.CycleBase = (value & 1) != 0 ? cycle : cycle - clock.Retired;
        _state.InstretBase = (value & 4) != 0 ? instret : instret - clock.Retired;
    }
}
