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

    /// <summary>The budget is used up, to the instruction.</summary>
    BudgetEnd = 0x100,

    /// <summary>An ancestor has to act; nothing else has changed. Run the same again later.</summary>
    Suspended = 0x101,

    /// <summary><see cref="ICpu.Interrupt"/> was called: drain the inbox, then go on.</summary>
    Interrupted = 0x102,

    /// <summary>A store needs a page that <see cref="Trap.Account"/> cannot pay for.</summary>
    MemoryExhausted = 0x103,
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

/// <summary>Why a run ended, and where. Plain data.</summary>
public struct Trap
{
    /// <summary>The reason.</summary>
    public TrapCause Cause;

    /// <summary>For page faults, access faults and exhaustion: the kind of access.</summary>
    public AccessKind Access;

    /// <summary>Bytes of the access, 0 where there was none.</summary>
    public byte Size;

    /// <summary>The instruction's bits (16 or 32); 0 where it could not be fetched.</summary>
    public uint Instruction;

    /// <summary>The address of the instruction that trapped; for the end of a budget, of the next one.</summary>
    public ulong Pc;

    /// <summary>The first byte that could not be accessed, as the specification has it for stval; 0 where there is none.</summary>
    public VirtualAddress Address;

    /// <summary>For access faults: the same in the CPU's physical memory.</summary>
    public PhysicalAddress PhysicalAddress;

    /// <summary>Instructions retired by this run.</summary>
    public ulong Retired;

    /// <summary>For exhaustion: the account whose limit was hit.</summary>
    public IMemoryAccount? Account;

    /// <summary>True for RISC-V's own exceptions, false for the reasons of the world switch.</summary>
    public readonly bool IsException => Cause < TrapCause.BudgetEnd;
}
