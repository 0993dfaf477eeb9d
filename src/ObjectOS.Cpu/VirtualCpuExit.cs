using ObjectOS.Abi;

namespace ObjectOS.Cpu;

/// <summary>Why a virtual CPU stopped for its holder.</summary>
public enum ExitKind : byte
{
    /// <summary>It waits for nothing.</summary>
    None,

    /// <summary>A trap whose cause is intercepted.</summary>
    Trap,

    /// <summary>An ecall whose number is intercepted.</summary>
    Call,

    /// <summary>A counter is read.</summary>
    Counter,

    /// <summary>An access to an intercepted page, or one that the holder's map does not allow.</summary>
    PageAccess,

    /// <summary>An access to a page that nothing is mapped at.</summary>
    MissingPage,

    /// <summary>The CPU's own limit of memory, or one above it, is used up.</summary>
    MemoryExhausted,

    /// <summary>The holder's cell has no object, or its kernel no range of addresses, left for the CPU's memory.</summary>
    ObjectsExhausted,

    /// <summary>Its guest has nothing to do.</summary>
    Idle,

    /// <summary>Its guest runs no more; it cannot be resumed.</summary>
    Halted,

    /// <summary>A bare hart waits to be started.</summary>
    Ready,
}

/// <summary>How a virtual CPU goes on after an exit.</summary>
public enum ExitAction : byte
{
    /// <summary>From the registers as they are now; what stopped it is tried again if pc is where it was.</summary>
    Continue,

    /// <summary>The guest gets the trap.</summary>
    Deliver,

    /// <summary>One instruction, or one access by the kernel on it, is done as if nothing were intercepted.</summary>
    Pass,
}

/// <summary>A stop of a virtual CPU for its holder, who may change the context, then resumes it.</summary>
/// <param name="Kind">Why.</param>
/// <param name="Trap">The trap, where there is one.</param>
/// <param name="Physical">For pages: the guest-physical address.</param>
/// <param name="Context">The hart that it is about; null where the kernel on the CPU itself has used its memory, and for idle and halt.</param>
/// <param name="Report">For a halt: why.</param>
public sealed record VirtualCpuExit(ExitKind Kind, Trap Trap = default, PhysicalAddress Physical = default, HartContext? Context = null, string? Report = null);
