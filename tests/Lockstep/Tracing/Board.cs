using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Lockstep.Programs;

namespace ObjectOS.Lockstep.Tracing;

/// <summary>What a step of a machine was.</summary>
internal enum StepKind
{
    Retired,
    Trap,
    Wait,
}

/// <summary>
/// Our machine on a board as the reference model's: memory, two registers of an interrupt controller, nothing elsewhere. A step is an instruction
/// or a trap taken; time goes on by 50 ticks each 5000 steps, when also a reservation ends.
/// </summary>
internal sealed class Board : IDisposable
{
    public const uint TimebaseHz = 1000;

    private const ulong Interleave = 5000, TicksEach = 50;
    private const ulong NanosecondsPerTick = 1_000_000_000 / TimebaseHz;

    private readonly ICpu _cpu;
    private readonly IAddressSpace _space;

    /// <param name="cpu">One with a time base of <see cref="TimebaseHz"/> whose memory nobody has used.</param>
    /// <param name="program">What is put into it.</param>
    public Board(ICpu cpu, LockstepProgram program)
    {
        _cpu = cpu;
        _cpu.Memory.Write(default, program.Image.Bytes, _cpu.Account);
        _space = _cpu.CreateAddressSpace(_cpu.Account);
        _space.Map(new VirtualAddress(Layout.Ram), default, Layout.RamSize, PageRights.Read | PageRights.Write | PageRights.Execute);
        State = PrivilegedState.AfterReset(HartMode.Machine, 0, 57, updatesAccessed: false);
        State.TimerCompare = 0;
        Hart = new HartContext { Pc = Firmware.Entry, Mode = HartMode.Machine, System = State };
    }

    /// <summary>Steps of the reference model's boot code, which we do not run.</summary>
    public const ulong BootSteps = 5;

    public HartContext Hart { get; }

    public PrivilegedState State { get; }

    /// <summary>Steps so far, with those of the boot code.</summary>
    public ulong Steps { get; private set; } = BootSteps;

    /// <summary>What <c>time</c> reads.</summary>
    public ulong Ticks => TicksAt(Steps);

    public IGuestMemory Memory => _cpu.Memory;

    /// <summary>Makes one step.</summary>
    public StepKind Step()
    {
        ulong retired = Hart.Retired;
        if (!TryRun(1))
            return StepKind.Wait;
        return Hart.Retired == retired ? StepKind.Trap : StepKind.Retired;
    }

    /// <summary>Makes steps up to a count, in slices as long as time allows.</summary>
    public void RunTo(ulong steps)
    {
        while (Steps < steps && TryRun(steps - Steps))
        {
        }
    }

    /// <summary>Whether an interrupt that is enabled will be pending at a later step.</summary>
    public bool WakesBefore(ulong steps) => (State.Pending(HartMode.Machine, TicksAt(steps)) & State.Mie) != 0;

    public byte[] ReadMemory()
    {
        byte[] bytes = new byte[Layout.RamSize];
        Memory.Read(default, bytes);
        return bytes;
    }

    public void Dispose() => _space.Dispose();

    private static ulong TicksAt(ulong steps) => steps / Interleave * TicksEach;

    // False: the hart waits.
    private bool TryRun(ulong most)
    {
        if (Steps % Interleave == 0)
            Hart.Reservation = HartContext.NoReservation;
        most = Math.Min(most, Interleave - (Steps % Interleave));
        Trap trap;
        do
        {
            _cpu.Run(Hart, _space, new RunLimits(most, Ticks * NanosecondsPerTick, 0), out trap);
            Steps += trap.Retired;
            most -= trap.Retired;
        }
        while (trap.Cause == TrapCause.Suspended);
        switch (trap.Cause)
        {
            case TrapCause.BudgetEnd or TrapCause.Pause:
                return true;
            case TrapCause.WaitForInterrupt:
                return false;
            case TrapCause.InstructionGuestPageFault:
                Fail(TrapCause.InstructionAccessFault, trap);
                return true;
            case TrapCause.LoadGuestPageFault:
                Fail(TrapCause.LoadAccessFault, trap);
                return true;
            case TrapCause.StoreGuestPageFault:
                Store(trap);
                return true;
            case <= TrapCause.StorePageFault when HartTraps.IsStuck(Hart, Hart.Retired):
                // The engine hands every thousandth exception at one place to the hart's holder, which lets the hart take it.
                HartTraps.TakeException(Hart, (ulong)trap.Cause, trap.Cause == TrapCause.IllegalInstruction ? trap.Instruction : trap.Address.Value);
                Steps++;
                return true;
            default:
                throw new InvalidOperationException($"The hart came back for {trap.Cause} at pc 0x{trap.Pc:x}.");
        }
    }

    private void Store(in Trap trap)
    {
        switch (trap.PhysicalAddress.Value)
        {
            case Layout.Msip when trap.Size == 4:
                State.Lines = (trap.Value & 1) != 0 ? InterruptBits.Msip : 0;
                break;
            case Layout.Mtimecmp when trap.Size == 8:
                State.TimerCompare = trap.Value;
                break;
            default:
                Fail(TrapCause.StoreAccessFault, trap);
                return;
        }

        trap.Complete(Hart, 0);
        Steps++;
    }

    private void Fail(TrapCause cause, in Trap trap)
    {
        HartTraps.TakeException(Hart, (ulong)cause, trap.Address.Value);
        Steps++;
    }
}
