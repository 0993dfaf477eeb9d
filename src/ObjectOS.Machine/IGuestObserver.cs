using ObjectOS.Cpu;

namespace ObjectOS.Machine;

/// <summary>
/// Hears what a supervisor- or machine-mode hart does without its kernel: traps that it takes itself, and walks of its page tables. Called on the thread that runs the CPU,
/// during a run; it must not change anything.
/// </summary>
public interface IGuestObserver
{
    /// <summary>A hart has taken an exception or an interrupt; its pc is the handler's.</summary>
    /// <param name="context">The hart. Of its integer registers only those of the run's start are here.</param>
    /// <param name="cause">Why.</param>
    /// <param name="pc">The instruction that trapped, or before which it was interrupted.</param>
    /// <param name="value">What stval or mtval has got; 0 for interrupts.</param>
    /// <param name="retired">Instructions that the hart has retired.</param>
    void Trapped(HartContext context, TrapCause cause, ulong pc, ulong value, ulong retired);

    /// <summary>A hart's page table was walked, because its TLB did not have the page.</summary>
    /// <param name="context">The hart.</param>
    /// <param name="access">What for.</param>
    /// <param name="address">The virtual address.</param>
    /// <param name="physical">The physical address; null: the walk found none.</param>
    void Walked(HartContext context, AccessKind access, ulong address, ulong? physical);
}
