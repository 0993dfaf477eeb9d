using ObjectOS.Abi;

namespace ObjectOS.Cpu;

/// <summary>
/// Why a run ended. Values 0–15 are RISC-V's exception causes (privileged specification, chapter "Machine-Level ISA", mcause); the
/// rest are reasons of the world switch itself.
/// </summary>
public enum TrapCause : ushort
{
#pragma warning disable CS1591 // The specification's own names.
    InstructionAddressMisaligned = 0,
    InstructionAccessFault = 1,
    IllegalInstruction = 2,
    Breakpoint = 3,
    LoadAddressMisaligned = 4,
    LoadAccessFault = 5,
    StoreAddressMisaligned = 6,
    StoreAccessFault = 7,
    EcallFromU = 8,
    EcallFromS = 9,
    EcallFromM = 11,
    InstructionPageFault = 12,
    LoadPageFault = 13,
    StorePageFault = 15,
#pragma warning restore CS1591

    /// <summary>A fetch of a supervisor- or machine-mode hart from where no memory is; <see cref="Trap.PhysicalAddress"/> says where.</summary>
    InstructionGuestPageFault = 20,

    /// <summary>The same for a load; <see cref="Trap.Complete"/> finishes one that a device answers.</summary>
    LoadGuestPageFault = 21,

    /// <summary>The same for a store or an atomic operation.</summary>
    StoreGuestPageFault = 23,

    /// <summary>The budget is used up, to the instruction.</summary>
    BudgetEnd = 0x100,

    /// <summary>An ancestor has to act; nothing else has changed. Run the same again later.</summary>
    Suspended = 0x101,

    /// <summary><see cref="ICpu.Interrupt"/> was called: drain the inbox, then go on.</summary>
    Interrupted = 0x102,

    /// <summary>A store needs a page that <see cref="Trap.Account"/> cannot pay for.</summary>
    MemoryExhausted = 0x103,

    /// <summary>A supervisor- or machine-mode hart has executed WFI, which has retired, and no enabled interrupt is pending.</summary>
    WaitForInterrupt = 0x104,

    /// <summary>A supervisor- or machine-mode hart has executed <c>pause</c>, which has retired: another may run.</summary>
    Pause = 0x105,

    /// <summary>An instruction that <see cref="RunLimits.Intercepts"/> has is about to be executed; nothing has changed.</summary>
    Intercepted = 0x106,

    /// <summary>The first of the interrupts, by its number, that a hart is about to take and <see cref="RunLimits.Intercepts"/> has; nothing has changed.</summary>
    Interrupt = 0x200,

    /// <summary>A supervisor software interrupt.</summary>
    SupervisorSoftwareInterrupt = Interrupt + 1,

    /// <summary>A machine software interrupt.</summary>
    MachineSoftwareInterrupt = Interrupt + 3,

    /// <summary>A supervisor timer interrupt.</summary>
    SupervisorTimerInterrupt = Interrupt + 5,

    /// <summary>A machine timer interrupt.</summary>
    MachineTimerInterrupt = Interrupt + 7,

    /// <summary>A supervisor external interrupt.</summary>
    SupervisorExternalInterrupt = Interrupt + 9,

    /// <summary>A machine external interrupt.</summary>
    MachineExternalInterrupt = Interrupt + 11,
}

/// <summary>What kind of access trapped.</summary>
public enum AccessKind : byte
{
    /// <summary>None: an ecall, an illegal instruction.</summary>
    None,

    /// <summary>A load.</summary>
    Load,

    /// <summary>A store or an atomic memory operation.</summary>
    Store,

    /// <summary>An instruction fetch.</summary>
    Fetch,
}

/// <summary>The register that a load writes, and how.</summary>
/// <param name="Register">0 to 31; 0 of the integer registers takes nothing.</param>
/// <param name="IsFloat">True: a floating-point register, the value NaN-boxed.</param>
/// <param name="IsSigned">True: the value is sign-extended.</param>
public readonly record struct LoadTarget(byte Register, bool IsFloat, bool IsSigned)
{
    /// <summary>Writes a value of so many bytes.</summary>
    public void Put(HartContext context, int size, ulong value)
    {
        ArgumentNullException.ThrowIfNull(context);
        int unused = 64 - (size * 8);
        if (IsFloat)
        {
            context.F[Register] = unused == 0 ? value : value | (ulong.MaxValue << (64 - unused));
        }
        else if (Register != 0)
        {
            context.X[Register] = IsSigned ? (ulong)((long)(value << unused) >> unused) : value << unused >> unused;
        }
    }
}

/// <summary>Why a run ended, and where. Plain data.</summary>
public struct Trap
{
    /// <summary>The reason.</summary>
    public TrapCause Cause;

    /// <summary>For page faults, access faults and exhaustion: the kind of access.</summary>
    public AccessKind Access;

    /// <summary>
    /// Bytes of the access, 0 where there was none. For guest page faults 0 where nobody can complete it: a fetch, an atomic operation, one
    /// across two pages, an access of the page-table walk.
    /// </summary>
    public byte Size;

    /// <summary>For a load that can be completed: where its value goes.</summary>
    public LoadTarget Target;

    /// <summary>The instruction's bits (16 or 32); 0 where it could not be fetched.</summary>
    public uint Instruction;

    /// <summary>The address of the instruction that trapped; for the end of a budget, of the next one.</summary>
    public ulong Pc;

    /// <summary>The first byte that could not be accessed, as the specification has it for stval; 0 where there is none.</summary>
    public VirtualAddress Address;

    /// <summary>For access faults: the same in the CPU's physical memory.</summary>
    public PhysicalAddress PhysicalAddress;

    /// <summary>For a store that can be completed: the value, zero-extended.</summary>
    public ulong Value;

    /// <summary>Instructions retired by this run; of a supervisor- or machine-mode hart each trap that it took itself counts as one, and what an answered load costs counts too.</summary>
    public ulong Retired;

    /// <summary>Of <see cref="Retired"/>, what answered loads cost besides their instructions; see <see cref="AnsweredRead.Cost"/>.</summary>
    public ulong Delayed;

    /// <summary>For exhaustion: the account whose limit was hit.</summary>
    public IMemoryAccount? Account;

    /// <summary>
    /// Does for the hart what its memory could not: the instruction retires, a load with <paramref name="value"/>. For guest page faults
    /// whose <see cref="Size"/> is not 0, on the context as it was at the trap.
    /// </summary>
    public readonly void Complete(HartContext context, ulong value)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (Cause == TrapCause.LoadGuestPageFault)
        {
            Target.Put(context, Size, value);
        }

        context.Pc += (Instruction & 3) == 3 ? 4UL : 2;
        context.Retired++;
    }

    /// <summary>True for RISC-V's own exceptions, false for interrupts and the reasons of the world switch.</summary>
    public readonly bool IsException => Cause < TrapCause.BudgetEnd;
}
