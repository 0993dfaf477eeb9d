namespace ObjectOS.Cpu;

/// <summary>
/// A CPU as a kernel sees it. The real one and the virtual, trapped ones implement it and pass the same contract tests; a
/// kernel cannot tell which it has. All members but <see cref="Interrupt"/> are called on one host thread at a time.
/// </summary>
public interface ICpu
{
    /// <summary>What the kernel may know of its CPU.</summary>
    CpuDescription Description { get; }

    /// <summary>This CPU's physical memory.</summary>
    IGuestMemory Memory { get; }

    /// <summary>The account that all memory of this CPU is charged under; its limit is what the holder of the CPU granted.</summary>
    IMemoryAccount Account { get; }

    /// <summary>Makes an empty address space. Pages that programs make in it by writing are charged to <paramref name="account"/>.</summary>
    /// <param name="account">This CPU's <see cref="Account"/> or one below it.</param>
    /// <exception cref="ArgumentException">The account is not under this CPU's.</exception>
    IAddressSpace CreateAddressSpace(IMemoryAccount account);

    /// <summary>Names the guest that runs on this CPU; called once, by the kernel, when it is made.</summary>
    /// <exception cref="InvalidOperationException">A guest is attached already.</exception>
    void Attach(ICpuGuest guest);

    /// <summary>
    /// Switches to <paramref name="context"/> and runs it until there is a reason to come back. What the guest does never throws.
    /// The context is exact at return: every retired instruction is in it, the one that trapped has changed nothing.
    /// </summary>
    /// <remarks>
    /// It may return <see cref="TrapCause.Suspended"/> at any instruction boundary. The caller then returns from
    /// <see cref="ICpuGuest.RunSlice"/> at once, changing nothing, and later runs the same context again with what remains of the budget.
    /// </remarks>
    /// <param name="context">The architectural state; changed in place.</param>
    /// <param name="space">An address space of this CPU.</param>
    /// <param name="limits">The exact budget, and the time at which the run starts.</param>
    /// <param name="trap">Why it came back, and how many instructions were retired.</param>
    void Run(HartContext context, IAddressSpace space, in RunLimits limits, out Trap trap);

    /// <summary>
    /// Makes a <see cref="Run"/> in progress, or the next one, return soon with <see cref="TrapCause.Interrupted"/>. From any host thread.
    /// </summary>
    void Interrupt();
}
