using ObjectOS.Abi;

namespace ObjectOS.Cpu;

/// <summary>How a virtual CPU goes on after an exit.</summary>
public enum ExitAction : byte
{
    /// <summary>From the registers as they are now; what stopped it is tried again if pc is where it was.</summary>
    Continue,

    /// <summary>The guest gets the trap.</summary>
    Deliver,

    /// <summary>
    /// One instruction is done as if nothing were intercepted, or, where the kernel on it has used its memory, all accesses of the kernel to that page until it
    /// runs code again. A missing page is not filled by this: it exits again until something is mapped there, or they are not asked for.
    /// </summary>
    Pass,
}

/// <summary>A stop of a virtual CPU for its holder, who may change the context, then resumes it.</summary>
/// <param name="Kind">Why.</param>
/// <param name="Trap">The trap, where there is one.</param>
/// <param name="Physical">For pages: the guest-physical address.</param>
/// <param name="Context">The hart that it is about; null where the kernel on the CPU itself has used its memory, and for idle and halt.</param>
/// <param name="Report">For a halt: why.</param>
public sealed record VirtualCpuExit(ExitKind Kind, Trap Trap = default, PhysicalAddress Physical = default, HartContext? Context = null, string? Report = null);
