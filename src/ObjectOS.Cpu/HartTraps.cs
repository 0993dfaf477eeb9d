namespace ObjectOS.Cpu;

/// <summary>
/// How a supervisor- or machine-mode hart takes a trap and comes back from it: changes of its state alone, so that the engine and whoever holds a
/// hart do the same (privileged specification, "Trap-Related CSRs" of chapters "Machine-Level ISA" and "Supervisor-Level ISA").
/// </summary>
public static class HartTraps
{
    /// <summary>The bit of a cause register that tells interrupts from exceptions.</summary>
    public const ulong InterruptBit = 1UL << 63;

    /// <summary>Exceptions in a row after which a hart is <see cref="IsStuck"/>.</summary>
    public const ulong ManyFaults = 1000;

    /// <summary>
    /// True if the hart traps where it has taken its last <see cref="ManyFaults"/> exceptions, and no instruction has retired between them: its vector leads to
    /// where nothing can be executed, and it would take this exception without end. The next one is its holder's. After the holder has let it take that one, the
    /// hart is not stuck again before it has executed an instruction.
    /// </summary>
    /// <param name="context">The hart; pc is that of the instruction that trapped.</param>
    /// <param name="retired">Instructions that it has retired.</param>
    public static bool IsStuck(HartContext context, ulong retired)
    {
        var state = State(context);
        return state.FaultsInARow == ManyFaults && state.FaultPc == context.Pc && state.FaultRetired == retired;
    }

    /// <summary>True where the exception goes to supervisor mode.</summary>
    public static bool IsDelegated(HartContext context, ulong cause)
    {
        var state = State(context);
        return state.Privilege != PrivilegeMode.Machine && ((state.Medeleg >> (int)cause) & 1) != 0;
    }

    /// <summary>True where the hart has a handler for the exception itself: one of a supervisor-mode hart that is not delegated is its holder's.</summary>
    public static bool CanTake(HartContext context, ulong cause) => context.Mode == HartMode.Machine || IsDelegated(context, cause);

    /// <summary>The hart takes an exception that <see cref="CanTake"/> has allowed; pc is that of the instruction that trapped.</summary>
    public static void TakeException(HartContext context, ulong cause, ulong value)
    {
        ArgumentNullException.ThrowIfNull(context);
        TakeException(context, cause, value, context.Retired);
    }

    /// <summary>The same inside of a run, whose instructions the context does not count yet.</summary>
    public static void TakeException(HartContext context, ulong cause, ulong value, ulong retired)
    {
        var state = State(context);
        if ((int)cause < 8)
        {
            state.Exceptions[(int)cause]++;
        }

        bool isRepeated = state.FaultsInARow > 0 && state.FaultPc == context.Pc && state.FaultRetired == retired;
        (state.FaultsInARow, state.FaultPc, state.FaultRetired) = (isRepeated ? state.FaultsInARow + 1 : 1, context.Pc, retired);
        Enter(context, IsDelegated(context, cause) ? PrivilegeMode.Supervisor : PrivilegeMode.Machine, cause, value, vectored: false);
    }

    /// <summary>The hart takes an interrupt with the number of its bit in mip.</summary>
    public static void TakeInterrupt(HartContext context, int number)
    {
        bool delegated = ((State(context).Mideleg >> number) & 1) != 0;
        Enter(context, delegated ? PrivilegeMode.Supervisor : PrivilegeMode.Machine, InterruptBit | (uint)number, 0, vectored: true);
    }

    /// <summary>MRET: pc and mode as they were before the trap.</summary>
    public static void ReturnFromMachine(HartContext context)
    {
        var state = State(context);
        var previous = (PrivilegeMode)((state.Mstatus & StatusBits.Mpp) >> StatusBits.MppShift);
        state.Mstatus = With(state.Mstatus, StatusBits.Mie, (state.Mstatus & StatusBits.Mpie) != 0) & ~StatusBits.Mpp;
        state.Mstatus |= StatusBits.Mpie;
        Leave(context, previous, state.Mepc);
    }

    /// <summary>SRET: pc and mode as they were before the trap.</summary>
    public static void ReturnFromSupervisor(HartContext context)
    {
        var state = State(context);
        var previous = (state.Mstatus & StatusBits.Spp) != 0 ? PrivilegeMode.Supervisor : PrivilegeMode.User;
        state.Mstatus = With(state.Mstatus, StatusBits.Sie, (state.Mstatus & StatusBits.Spie) != 0) & ~StatusBits.Spp;
        state.Mstatus |= StatusBits.Spie;
        Leave(context, previous, state.Sepc);
    }

    private static void Enter(HartContext context, PrivilegeMode target, ulong cause, ulong value, bool vectored)
    {
        var state = State(context);
        ulong vector;
        if (target == PrivilegeMode.Supervisor)
        {
            state.Sepc = context.Pc;
            state.Scause = cause;
            state.Stval = value;
            state.Mstatus = With(state.Mstatus, StatusBits.Spie, (state.Mstatus & StatusBits.Sie) != 0) & ~StatusBits.Sie;
            state.Mstatus = With(state.Mstatus, StatusBits.Spp, state.Privilege == PrivilegeMode.Supervisor);
            vector = state.Stvec;
        }
        else
        {
            state.Mepc = context.Pc;
            state.Mcause = cause;
            state.Mtval = value;
            state.Mstatus = With(state.Mstatus, StatusBits.Mpie, (state.Mstatus & StatusBits.Mie) != 0) & ~StatusBits.Mie;
            state.Mstatus = (state.Mstatus & ~StatusBits.Mpp) | ((ulong)state.Privilege << StatusBits.MppShift);
            vector = state.Mtvec;
        }

        context.Pc = (vector & ~3UL) + (vectored && (vector & 1) != 0 ? 4 * (cause & ~InterruptBit) : 0);
        state.Privilege = target;
        context.Reservation = HartContext.NoReservation;
    }

    // MPRV ends where a mode below M is entered.
    private static void Leave(HartContext context, PrivilegeMode previous, ulong pc)
    {
        var state = State(context);
        if (previous != PrivilegeMode.Machine)
        {
            state.Mstatus &= ~StatusBits.Mprv;
        }

        state.Privilege = previous;
        context.Pc = pc;
        context.Reservation = HartContext.NoReservation;
    }

    private static ulong With(ulong value, ulong bit, bool on) => on ? value | bit : value & ~bit;

    private static PrivilegedState State(HartContext context) =>
        context.System ?? throw new ArgumentException("The context is one of user code: it has no traps of its own.", nameof(context));
}
