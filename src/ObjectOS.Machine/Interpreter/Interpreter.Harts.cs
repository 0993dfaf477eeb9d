using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Machine.Harts;
using ObjectOS.Machine.Isa;
using ObjectOS.Machine.Mmu;

namespace ObjectOS.Machine.Interpreter;

/// <content>Supervisor- and machine-mode harts: traps that they take themselves, interrupts, privileged instructions.</content>
internal sealed partial class Interpreter
{
    // The dispatch loop was left for no reason that the holder has to hear of.
    private const TrapCause GoOn = (TrapCause)0xFFFF;

    private Hart? _hart;

    // Traps that the hart took itself in this run: each counts as an instruction of the budget, so that none is endless, and retires none.
    private ulong _taken;

    private ulong Ticks => (_limits.Time + RetiredInRun) / _nanosecondsPerTick;

    private HartClock Clock => new(Ticks, _context.Retired + RetiredInRun - _taken);

    /// <summary>Runs a hart until something is its holder's business.</summary>
    private void RunHart(AddressSpace space)
    {
        space.Enter();
        Hart hart = space.HartOf(_context);
        _hart = hart;
        hart.Enter();
        while (true)
        {
            _trap = default;
            _trap.Cause = GoOn;
            if (TryEndBetween())
                return;
            if (PayDelay())
                continue;
            if (hart.PendingInterrupt(Ticks) is var number and >= 0)
            {
                var cause = (TrapCause)((int)TrapCause.Interrupt + number);
                if (_limits.Intercepts?.Has(cause) == true)
                {
                    _trap.Cause = cause;
                    return;
                }

                _context.Pc = _pc;
                HartTraps.TakeInterrupt(_context, number);
                space.Memory.Observer?.Trapped(_context, cause, _pc, 0, Clock.Retired);
                CountTaken();
                continue;
            }

            Regime data = hart.Data();
            Use(data, hart.Code(data));
            ulong before = RetiredInRun;
            RunFrom(_pc);
            if (IsBetween(before) || _trap.Cause == GoOn || (_trap.Cause == TrapCause.BudgetEnd && _reserve + (uint)_chunk > 0))
                continue;
            if (!TryTake())
                return;
        }
    }

    // The fetch after the last instruction of a chunk has failed. Whether the budget ends there, or a timer interrupt comes first, is to
    // be known before: the fetch is made again then. What an instruction traps for always leaves that instruction in the chunk.
    private bool IsBetween(ulong before) =>
        _chunk == 0 && RetiredInRun != before && _trap.Cause is not (TrapCause.WaitForInterrupt or TrapCause.Pause or TrapCause.BudgetEnd);

    /// <summary>True where the run ends between two instructions.</summary>
    private bool TryEndBetween()
    {
        if (_reserve + (uint)_chunk == 0)
        {
            EndOfBudget(_pc);
            return true;
        }

        if (_stops is { HasStopped: true })
        {
            _trap.Cause = TrapCause.Suspended;
            return true;
        }

        if (!_interrupted)
            return false;
        _interrupted = false;
        _trap.Cause = TrapCause.Interrupted;
        return true;
    }

    /// <summary>Lets the hart take an exception of its own. False: it is for the holder.</summary>
    private bool TryTake()
    {
        ulong cause = (ulong)_trap.Cause;
        if (_trap.Cause > TrapCause.StorePageFault || _limits.Intercepts?.Has(_trap.Cause) == true || !HartTraps.CanTake(_context, cause))
            return false;
        _context.Pc = _pc;
        ulong retired = Clock.Retired;
        if (HartTraps.IsStuck(_context, retired))
            return false;
        ulong value = _trap.Cause == TrapCause.IllegalInstruction ? _trap.Instruction : _trap.Address.Value;
        HartTraps.TakeException(_context, cause, value, retired);
        _space.Memory.Observer?.Trapped(_context, _trap.Cause, _pc, value, retired);
        CountTaken();
        return true;
    }

    private void CountTaken()
    {
        _pc = _context.Pc;
        _taken++;
        if (_chunk > 0)
            _chunk--;
        else
            _reserve--;
    }

    /// <summary>Instructions until a timer interrupt becomes pending; all ones: none does by itself.</summary>
    private ulong UntilTimer()
    {
        ulong now = _limits.Time + RetiredInRun;
        ulong next = _hart!.NextTimer(now / _nanosecondsPerTick);
        return next > ulong.MaxValue / _nanosecondsPerTick ? ulong.MaxValue : (next * _nanosecondsPerTick) - now;
    }

    /// <summary>The block of one instruction, not to be kept, where physical memory protection is finer than a page.</summary>
    private Block? FindAlone(CodePage page, ulong pc, in IsaConfiguration decoded)
    {
        int offset = (int)(pc & (Pages.Size - 1));
        Block? block = BlockBuilder.Build(page, offset, decoded, siblings: null, most: 1);
        block ??= FindAcrossPages(page, pc, decoded);
        if (block is null)
            return null;
        block.Heat = NeverHot;
        if (block.Start == Pages.Size - 2 && block.Code[0].Length == 4)
            return block;
        return block.Code[0].Length == 2 || _code.Fetch(pc + 2) is not null ? block : FetchFault(pc, pc + 2);
    }

    /// <summary>An instruction that decodes as illegal because floating-point state is off, or clean: then it is made dirty, and executed again.</summary>
    private Outcome ExecuteHidden(Hart hart, in DecodedInstruction d, ulong pc)
    {
        if (!Decoder.TryDecode(d.Bits, isa, out _) || !hart.TryDirtyFloats())
            return SetTrap(TrapCause.IllegalInstruction);
        SetTrap(GoOn);
        _pc = pc;
        return Outcome.Trapped;
    }

    private Outcome ExecutePrivileged(Hart hart, in DecodedInstruction d, ulong pc)
    {
        switch (d.Op)
        {
            case Op.Ecall:
                return SetTrap((TrapCause)((int)TrapCause.EcallFromU + (int)hart.Privilege));
            case Op.Pause:
                return Leave(d, pc, TrapCause.Pause);
            case Op.Wfi when hart.MayWait:
                if (_limits.Intercepts is { Waits: true })
                    return SetTrap(TrapCause.Intercepted);
                return Leave(d, pc, hart.HasWakeUp(Ticks) ? GoOn : TrapCause.WaitForInterrupt);
            case Op.Sret when hart.TryReturnFromSupervisor():
            case Op.Mret when hart.TryReturnFromMachine():
                _pc = _context.Pc;
                return Outcome.Left;
            case Op.SfenceVma or Op.SinvalVma when hart.MayFence && _limits.Intercepts is { Fences: true }:
            case Op.SfenceWInval or Op.SfenceInvalIr when hart.MayFenceInvalidations && _limits.Intercepts is { Fences: true }:
                return SetTrap(TrapCause.Intercepted);
            case Op.SfenceVma or Op.SinvalVma when hart.MayFence:
                hart.Fence(d.Rs1 == Registers.Zero ? null : _x[d.Rs1]);
                return Leave(d, pc, GoOn);
            case Op.SfenceWInval or Op.SfenceInvalIr when hart.MayFenceInvalidations:
                return Outcome.Done;
            case Op.CboInval when hart.HasCacheBlockBits(EnvironmentBits.Cbie):
            case Op.CboClean or Op.CboFlush when hart.HasCacheBlockBits(EnvironmentBits.Cbcfe):
                return CacheBlock(d);
            case Op.CboZero when hart.HasCacheBlockBits(EnvironmentBits.Cbze):
                return ZeroCacheBlock(d);
            default:
                return SetTrap(TrapCause.IllegalInstruction);
        }
    }

    /// <summary>The instruction has retired; the dispatch loop is left.</summary>
    private Outcome Leave(in DecodedInstruction d, ulong pc, TrapCause cause)
    {
        _trap.Cause = cause;
        _pc = pc + (ulong)d.Length;
        return Outcome.Left;
    }

    // "CSR Instructions", chapter "Zicsr": the set and clear forms write only if their operand is not x0 or zero itself; csrrw to x0
    // does not read, which no register here would notice.
    private Outcome HartRegister(Hart hart, in DecodedInstruction d, ulong pc)
    {
        bool immediate = d.Op >= Op.Csrrwi;
        ulong operand = immediate ? d.Rs1 : _x[d.Rs1];
        bool writes = d.Op is Op.Csrrw or Op.Csrrwi || d.Rs1 != 0;
        HartClock clock = Clock;
        if (!hart.TryRead(d.Imm, writes, clock, out ulong old))
            return SetTrap(TrapCause.IllegalInstruction);
        if (IsIntercepted(d.Imm))
            return SetTrap(TrapCause.Intercepted);
        var result = CsrWrite.Done;
        if (writes)
        {
            result = hart.Write(d.Imm, d.Op switch
            {
                Op.Csrrs or Op.Csrrsi => ValueToChange(hart, d.Imm, old) | operand,
                Op.Csrrc or Op.Csrrci => ValueToChange(hart, d.Imm, old) & ~operand,
                _ => operand,
            }, clock);
        }

        _x[d.Rd] = old;
        if (result == CsrWrite.Done)
            return Outcome.Done;

        // A timer may come sooner than was known when the chunk began.
        if (d.Imm is CsrNumber.Stimecmp or CsrNumber.Menvcfg)
            EndChunk(1);
        return Leave(d, pc, GoOn);
    }

    // Reading mip shows SEIP with the line from outside, but setting and clearing other bits must not make that level software's own.
    private static ulong ValueToChange(Hart hart, int number, ulong old) => number == CsrNumber.Mip ? hart.SoftwarePending : old;

    /// <summary>CBO.CLEAN, CBO.FLUSH and CBO.INVAL, which have nothing to do here but check: a block that can be read or written is enough.</summary>
    private Outcome CacheBlock(in DecodedInstruction d)
    {
        ulong address = _x[d.Rs1];
        AccessResult result = _space.Read(address & ~7UL, sizeof(ulong), out _);
        if (result is AccessResult.Ok)
            return UnlessCodeChanged();
        Fault(_space, result, AccessKind.Store, address, 0);
        _trap.Address = new VirtualAddress(address);
        return Uncompletable();
    }

    /// <summary>CBO.ZERO of 64 bytes.</summary>
    private Outcome ZeroCacheBlock(in DecodedInstruction d)
    {
        const ulong BlockSize = 64;
        ulong address = _x[d.Rs1] & ~(BlockSize - 1);
        var outcome = Outcome.Done;
        for (ulong i = 0; i < BlockSize; i += sizeof(ulong))
        {
            Outcome part = Store(address + i, sizeof(ulong), 0);
            if (part == Outcome.Trapped)
            {
                _trap.Address = new VirtualAddress(_x[d.Rs1]);
                return Uncompletable();
            }

            outcome = part == Outcome.CodeChanged ? part : outcome;
        }

        return outcome;
    }
}
