namespace ObjectOS.Abi;

/// <summary>Why a virtual CPU stopped for its holder.</summary>
public enum ExitKind : byte
{
    /// <summary>It waits for nothing.</summary>
    None,

    /// <summary>A trap whose cause is intercepted.</summary>
    Trap,

    /// <summary>An ecall whose number is intercepted.</summary>
    Call,

    /// <summary>A counter of user code is read.</summary>
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

    /// <summary>A control and status register is accessed.</summary>
    Register,

    /// <summary>WFI.</summary>
    Wait,

    /// <summary>SFENCE.VMA, or one of the instructions of Svinval.</summary>
    Fence,
}
