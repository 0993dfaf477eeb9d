using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Objects;

/// <content>What a trap is here: this level's own, its holder's, or the guest's.</content>
internal sealed partial class VirtualCpu
{
    private (InterceptSet? Own, InterceptSet? Others, InterceptSet? Both) _joined;

    /// <summary>
    /// Makes sure that memory with a right stands at a guest-physical address: fills a hole where that is for the kernel to do. False:
    /// it has stopped for the holder.
    /// </summary>
    public bool TryReach(ref Segment segment, ulong address, PageRights wanted, in Trap trap, HartContext? context)
    {
        if (segment.Kind == SegmentKind.Hole && !_vcpu.Intercepts.MissingPages)
        {
            if (!_vcpu.StageTwo.TryFill(address))
            {
                Exit(new VirtualCpuExit(ExitKind.ObjectsExhausted, trap, new PhysicalAddress(address), context));
                return false;
            }

            segment = _vcpu.StageTwo.Find(address);
        }

        if (segment.Kind == SegmentKind.Memory && (segment.Rights & wanted) == wanted)
        {
            return true;
        }

        var kind = segment.Kind == SegmentKind.Hole ? ExitKind.MissingPage : ExitKind.PageAccess;
        Exit(new VirtualCpuExit(kind, trap, new PhysicalAddress(address), context));
        return false;
    }

    /// <summary>Decides whose the trap is. True: nobody's, the run goes on.</summary>
    private bool GoesOn(HartContext context, VirtualSpace space, ulong budget, ulong done, ref Trap trap)
    {
        bool passed = _passing == context && (trap.Retired > 0 || trap.IsException);
        bool goesOn = trap.Cause switch
        {
            TrapCause.BudgetEnd => EndOfBudget(budget, done, ref trap),
            TrapCause.Suspended => Suspend(StopReason.Below, ref trap),
            TrapCause.Interrupted => Interrupted(ref trap),
            TrapCause.MemoryExhausted => Exhausted(context, ref trap),
            TrapCause.LoadPageFault or TrapCause.StorePageFault or TrapCause.InstructionPageFault when context.System is null =>
                Fault(context, space, trap.Address, ref trap, ref passed),
            TrapCause.LoadGuestPageFault or TrapCause.StoreGuestPageFault or TrapCause.InstructionGuestPageFault =>
                Fault(context, space, new VirtualAddress(trap.PhysicalAddress.Value), ref trap, ref passed),
            _ => Intercept(context, ref trap),
        };
        if (passed)
        {
            EndPass();
        }

        return goesOn;
    }

    private void EndPass()
    {
        _passing = null;
        Refresh();
        if (_isPassComposed)
        {
            ForgetPassed();
        }
    }

    private void ForgetPassed()
    {
        _isPassComposed = false;
        foreach (var (start, end) in _vcpu.StageTwo.Intercepted)
        {
            Forget(start.Value, end.Value);
        }
    }

    // Where neither is used up, it was the one instruction of a pass.
    private bool EndOfBudget(ulong budget, ulong done, ref Trap trap) =>
        done != budget && (_left > 0 || Suspend(StopReason.Budget, ref trap));

    private bool Suspend(StopReason reason, ref Trap trap)
    {
        Stop = reason;
        trap = new Trap { Cause = TrapCause.Suspended, Pc = trap.Pc };
        return false;
    }

    private bool Interrupted(ref Trap trap)
    {
        Stop = StopReason.Interrupted;
        if (!_interrupted)
        {
            return Suspend(StopReason.Interrupted, ref trap);
        }

        _interrupted = false;
        HasInterrupted = true;
        return false;
    }

    private bool Exhausted(HartContext context, ref Trap trap)
    {
        if (_vcpu.IsGuestsOwn(trap.Account))
        {
            return false;
        }

        Exit(new VirtualCpuExit(ExitKind.MemoryExhausted, trap, default, context));
        return Suspend(StopReason.Exit, ref trap);
    }

    /// <remarks>The address is one of the space: of a hart with stages of its own its guest-physical one.</remarks>
    private bool Fault(HartContext context, VirtualSpace space, VirtualAddress address, ref Trap trap, ref bool passed)
    {
        var wanted = trap.Access switch
        {
            AccessKind.Fetch => PageRights.Execute,
            AccessKind.Store => PageRights.Write,
            _ => PageRights.Read,
        };
        if (!space.TryTranslate(address, wanted, out ulong physical, out var extent))
        {
            return Intercept(context, ref trap);
        }

        Faults++;
        bool pass = _passing == context;
        passed = false;
        var segment = _vcpu.StageTwo.Find(physical, seeIntercepted: !pass);
        if (!TryReach(ref segment, physical, wanted, trap, context))
        {
            return Suspend(StopReason.Exit, ref trap);
        }

        space.Compose(extent, segment);
        _isPassComposed |= pass;
        return !_inSlice || !IsOwing || Suspend(StopReason.Budget, ref trap);
    }

    private bool Intercept(HartContext context, ref Trap trap)
    {
        var set = _vcpu.Intercepts;
        if (ReferenceEquals(set, InterceptSet.Empty) || _passing == context)
        {
            return false;
        }

        var kind = trap.Cause == TrapCause.EcallFromU && set.Calls.Count > 0 && set.Calls.Contains(context.X[17]) ? ExitKind.Call
            : trap.Cause == TrapCause.Intercepted ? KindOf(set, trap.Instruction)
            : set.Has(trap.Cause) ? ExitKind.Trap
            : ExitKind.None;
        if (kind == ExitKind.None)
        {
            return false;
        }

        Exit(new VirtualCpuExit(kind, trap, default, context));
        return Suspend(StopReason.Exit, ref trap);
    }

    /// <summary>Which class an intercepted instruction is of; None: somebody else has asked for it (SYSTEM instructions: unprivileged specification, chapter "Zicsr"; privileged, chapter "RV32/64G Instruction Set Listings").</summary>
    private static ExitKind KindOf(InterceptSet set, uint instruction)
    {
        int number = (int)(instruction >> 20);
        if ((instruction & 0x3000) != 0)
        {
            return !set.HasRegister(number) ? ExitKind.None : number is >= 0xC00 and <= 0xC02 ? ExitKind.Counter : ExitKind.Register;
        }

        const int Wfi = 0x105;
        bool isWait = number == Wfi;
        return isWait && set.Waits ? ExitKind.Wait : !isWait && set.Fences ? ExitKind.Fence : ExitKind.None;
    }

    private InterceptSet WithOwn(InterceptSet? others)
    {
        if (others is null)
        {
            return _vcpu.Intercepts;
        }

        if (!ReferenceEquals(_joined.Own, _vcpu.Intercepts) || !ReferenceEquals(_joined.Others, others))
        {
            _joined = (_vcpu.Intercepts, others, _vcpu.Intercepts.With(others));
        }

        return _joined.Both!;
    }
}
