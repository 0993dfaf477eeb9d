using ObjectOS.Cpu;

namespace ObjectOS.Objects;

/// <content>Runs: straight on the engine where no level has anything to do with an instruction, else down level by level.</content>
internal sealed partial class VirtualCpu
{
    public void Run(HartContext context, IAddressSpace space, in RunLimits limits, out Trap trap)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (space is not VirtualSpace own || own.Cpu != this)
        {
            throw new ArgumentException("The address space was not made by this CPU.", nameof(space));
        }

        if (!TryEnter(context, out trap))
        {
            return;
        }

        if (_passedPages.Count > 0)
        {
            _passedPages.Clear();
            Refresh();
        }

        ulong done = 0;
        trap = default;
        if (_chain[0]._cameBackFor != context && IsDirect() && TryRunDirectly(context, own, limits, out done, out trap))
        {
            return;
        }

        RunInSteps(context, own, limits, done, trap.Delayed, out trap);
        _chain[0]._cameBackFor = null;
    }

    /// <summary>Runs through the CPU below, which does the same, and so down to the engine: each level sees what comes back.</summary>
    private void RunInSteps(HartContext context, VirtualSpace own, in RunLimits limits, ulong done, ulong delayed, out Trap trap)
    {
        int faults = 0;
        do
        {
            bool pass = _passing == context;
            ulong budget = Math.Min(limits.Instructions - done, pass ? Math.Min(_left, 1) : _left);
            var intercepts = pass || !_vcpu.Intercepts.ConcernsRuns ? limits.Intercepts : WithOwn(limits.Intercepts);
            if (_cameBackFor == context)
            {
                // A direct run has got it for this level to see first; who is below may have given it once and for all.
                _cameBackFor = null;
                trap = _cameBack;
                (trap.Retired, trap.Delayed) = (0, 0);
            }
            else
            {
                _below.Run(context, own.Backing, new RunLimits(budget, limits.Time + done, limits.Cycles + done, intercepts) { Answers = limits.Answers }, out trap);
            }

            done += trap.Retired;
            delayed += trap.Delayed;
            Count(trap);
            faults = trap.Retired > 0 ? 0 : faults + 1;
            if (faults > MostFaults)
            {
                throw new System.Diagnostics.UnreachableException($"a fault at {trap.Address}, pc 0x{trap.Pc:x}, that composing does not end");
            }
        }
        while (GoesOn(context, own, limits.Instructions, done, ref trap));
        (trap.Retired, trap.Delayed) = (done, delayed);
    }

    /// <summary>False: the run is over before it has begun.</summary>
    private bool TryEnter(HartContext context, out Trap trap)
    {
        trap = new Trap { Cause = TrapCause.Suspended, Pc = context.Pc };
        if (IsStopped || _vcpu.Exit is not null)
        {
            return false;
        }

        if (_deliveries.Count > 0 && _deliveries.Remove(context, out var delivery))
        {
            Refresh();
            if (delivery.Pc == context.Pc)
            {
                trap = delivery;
                (trap.Retired, trap.Delayed) = (0, 0);
                return false;
            }

            // Somebody above has put the hart elsewhere.
        }

        if (_passing == context && context.Pc != _passingPc)
        {
            // Somebody above has done the instruction.
            EndPass();
        }
        else if (_isPassComposed && _passing != context)
        {
            ForgetPassed();
        }

        if (_interrupted)
        {
            _interrupted = false;
            HasInterrupted = true;
            trap.Cause = TrapCause.Interrupted;
            return false;
        }

        return true;
    }

    /// <summary>True where neither this CPU nor one below has anything to do with an instruction, before a page is missing or a slice ends.</summary>
    private bool IsDirect()
    {
        foreach (var cpu in _chain)
        {
            if (!cpu._isPlain || cpu._interrupted || (cpu._inSlice && cpu.Stop != StopReason.None))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Runs on the engine without going down level by level. False: what came back may be for a level below, which is to be asked first.</summary>
    private bool TryRunDirectly(HartContext context, VirtualSpace own, in RunLimits limits, out ulong done, out Trap trap)
    {
        ulong budget = limits.Instructions;
        foreach (var cpu in _chain)
        {
            budget = Math.Min(budget, cpu._left);
        }

        _engine.Run(context, own.Direct, limits with { Instructions = budget }, out trap);
        done = trap.Retired;
        foreach (var cpu in _chain)
        {
            cpu.Count(trap);
        }

        if (!IsForSomebodyBelow(trap.Cause, done, limits.Instructions))
        {
            return true;
        }

        if (trap.Cause is TrapCause.Suspended or TrapCause.Interrupted)
        {
            ulong delayed = trap.Delayed;
            Tell(ref trap);
            (trap.Retired, trap.Delayed) = (done, delayed);
            return true;
        }

        if (trap.Cause != TrapCause.BudgetEnd)
        {
            _chain[0]._cameBack = trap;
            _chain[0]._cameBackFor = context;
        }

        return false;
    }

    /// <summary>
    /// True where a level below may own what came back of a direct run: each is asked, from the lowest up, or told.
    /// </summary>
    private static bool IsForSomebodyBelow(TrapCause cause, ulong done, ulong budget) => cause switch
    {
        TrapCause.EcallFromU => false,
        TrapCause.BudgetEnd => done != budget,
        TrapCause.Suspended or TrapCause.Interrupted or TrapCause.MemoryExhausted => true,
        TrapCause.LoadPageFault or TrapCause.StorePageFault or TrapCause.InstructionPageFault => true,
        TrapCause.LoadGuestPageFault or TrapCause.StoreGuestPageFault or TrapCause.InstructionGuestPageFault => true,
        _ => false,
    };

    /// <summary>Tells every level, from the lowest up, that the engine was suspended or interrupted.</summary>
    private void Tell(ref Trap trap)
    {
        foreach (var cpu in _chain)
        {
            _ = trap.Cause == TrapCause.Interrupted ? cpu.Interrupted(ref trap) : cpu.Suspend(StopReason.Below, ref trap);
        }
    }

    private void Count(in Trap trap)
    {
        Used += trap.Retired;
        Retired += trap.Retired - trap.Delayed;
        if (_inSlice)
        {
            _left -= trap.Retired;
        }
    }
}
