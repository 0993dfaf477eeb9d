using ObjectOS.Abi;

namespace ObjectOS.Cpu;

/// <summary>What a kernel version says of itself.</summary>
/// <param name="Name">A product name.</param>
/// <param name="Version">The kernel's version.</param>
/// <param name="AbiVersion">The version of the invocation ABI, <c>major.minor</c>.</param>
/// <param name="Invocations">Its own invocation table.</param>
public sealed record KernelDescription(string Name, string Version, string AbiVersion, IReadOnlyList<InvocationRow> Invocations);

/// <summary>How a kernel is set up.</summary>
public sealed record KernelOptions
{
    /// <summary>Kernel objects and capabilities that all cells together may have.</summary>
    public int ObjectLimit { get; init; } = 1 << 20;

    /// <summary>Virtual instructions that a thread runs before the next of its priority does.</summary>
    public uint Quantum { get; init; } = 100_000;

    /// <summary>The seed of everything random that services give to guests.</summary>
    public ulong Seed { get; init; }

    /// <summary>
    /// When a completion is delivered. True: at its request's time plus <see cref="CompletionLatency"/>, the kernel waiting for it then, so that two
    /// runs with the same input are the same. False: at that time if it has been posted by then, else when it is; only the thread that asked waits.
    /// </summary>
    public bool DeterministicCompletions { get; init; } = true;

    /// <summary>
    /// True: idle time passes only as <see cref="SliceLimits.IdleTime"/> allows. False: it jumps to the next event, unless completions are not
    /// deterministic and one is awaited.
    /// </summary>
    public bool PacesIdleTime { get; init; }

    /// <summary>True: trace records are kept for <see cref="IKernel.TryTakeTrace"/>, without a bound: take them after every slice.</summary>
    public bool Trace { get; init; }

    /// <summary>What is kept of events for <see cref="IKernel.TryTakeEvent"/>, without a bound: take them after every slice.</summary>
    public EventDetail Events { get; init; }

    /// <summary>Memory to keep with one event, if <see cref="Events"/> asks for samples; null: none.</summary>
    public EventMemory? EventMemory { get; init; }

    /// <summary>Guest nanoseconds from a request to its completion, at the least.</summary>
    public ulong CompletionLatency { get; init; } = 10_000;
}

/// <summary>A fault or an end that a kernel reports; plain data.</summary>
/// <param name="Cell">The cell's number.</param>
/// <param name="Trap">The trap that nobody handled, where one ended the cell; else null.</param>
/// <param name="ExitCode">The code that its last thread gave, where it ended by itself.</param>
public sealed record CellEnd(uint Cell, Trap? Trap, ulong ExitCode);

/// <summary>A kernel as facade, services, tests and parents use it: never by its class, so that versions live side by side.</summary>
public interface IKernel : ICpuGuest
{
    /// <summary>What it is.</summary>
    KernelDescription Description { get; }

    /// <summary>The CPU that it runs on.</summary>
    ICpu Cpu { get; }

    /// <summary>
    /// The port of the root cell, between slices: slot 1 holds the root cell, slot 2 the host port, both with all rights.
    /// </summary>
    IInvocationPort Root { get; }

    /// <summary>
    /// Makes a managed cell: a cell under <paramref name="parentSlot"/> of the root's table whose one thread is <paramref name="program"/>,
    /// receiving from a fresh endpoint. The root gets the cell in <paramref name="cellSlot"/> and the endpoint in
    /// <paramref name="endpointSlot"/>; the program has its own cell in slot 1, the endpoint in slot 2 and the host port in slot 3.
    /// </summary>
    KernelStatus CreateManagedCell(uint parentSlot, uint cellSlot, uint endpointSlot, IManagedProgram program, ulong memoryBytes, int objects);

    /// <summary>
    /// Makes a virtual CPU whose memory comes out of the cell in <paramref name="cellSlot"/> of the root's table; the root gets the
    /// VCpu in <paramref name="destinationSlot"/>. Give <see cref="IVirtualCpu.Cpu"/> to a kernel: it then runs as a thread of that cell.
    /// </summary>
    KernelStatus CreateVirtualCpu(uint cellSlot, uint destinationSlot, VirtualCpuOptions options, out IVirtualCpu? cpu);

    /// <summary>How a cell ended; false while it lives, and for a number that no cell has had.</summary>
    bool TryGetEnd(uint cell, out CellEnd? end);

    /// <summary>The number of the cell that a slot of the root's table names; 0 where it names none.</summary>
    uint CellNumber(uint slot);

    /// <summary>Takes the oldest trace record that nobody has taken; false where there is none.</summary>
    bool TryTakeTrace(out TraceRecord record);

    /// <summary>Takes the oldest event that the holder has not taken; false if there is none. A kernel made for an older contract has none.</summary>
    bool TryTakeEvent(out EventRecord record)
    {
        record = default;
        return false;
    }

    /// <summary>Why the kernel halted; null while it goes on.</summary>
    string? HaltReport { get; }

    /// <summary>Destroys everything and gives all memory back. The kernel has then halted.</summary>
    void Shutdown();
}

/// <summary>Makes kernels of one version.</summary>
public interface IKernelFactory
{
    /// <summary>What its kernels say of themselves.</summary>
    KernelDescription Description { get; }

    /// <summary>Makes a kernel on a CPU that has none.</summary>
    /// <exception cref="InvalidOperationException">The CPU has a guest already.</exception>
    IKernel Create(ICpu cpu, KernelOptions options);
}
