namespace ObjectOS.Cpu;

/// <summary>A kernel's figures. Counts since it was made.</summary>
/// <param name="Instructions">Instructions retired by its threads.</param>
/// <param name="Charged">Virtual instructions used: retired, and charged for the work of kernel and services.</param>
/// <param name="Nanoseconds">Guest time: charged work and idle warps.</param>
/// <param name="Traps">Traps by cause.</param>
/// <param name="Invocations">Invocations decoded.</param>
/// <param name="Cells">Each cell that is not forgotten, by number.</param>
public sealed record GuestStatistics(
    ulong Instructions,
    ulong Charged,
    ulong Nanoseconds,
    IReadOnlyDictionary<TrapCause, ulong> Traps,
    ulong Invocations,
    IReadOnlyList<CellStatistics> Cells)
{
    /// <summary>Each virtual CPU that it has made, with the figures of the kernel on it.</summary>
    public IReadOnlyList<VirtualCpuStatistics> VirtualCpus { get; init; } = [];
}

/// <summary>The figures of a virtual CPU.</summary>
/// <param name="Number">Its number in its kernel, never used twice.</param>
/// <param name="Cell">The cell that it is charged to.</param>
/// <param name="Depth">How many CPUs it lies in.</param>
/// <param name="Retired">Instructions that it has retired.</param>
/// <param name="StageTwoFaults">Pages that its holder's memory had to be found for.</param>
/// <param name="Exits">Times that it stopped for its holder.</param>
/// <param name="Intercepted">Those of them that the holder's intercepts have asked for.</param>
/// <param name="Pages">Pages charged to it now.</param>
/// <param name="Guest">The figures of the kernel on it; null while it has none.</param>
public sealed record VirtualCpuStatistics(
    uint Number, uint Cell, int Depth, ulong Retired, ulong StageTwoFaults, ulong Exits, ulong Intercepted, ulong Pages, GuestStatistics? Guest);

/// <summary>A cell's figures.</summary>
/// <param name="Number">The cell's number in its kernel, never used twice.</param>
/// <param name="Parent">The number of the cell that it was made from; 0 for the root.</param>
/// <param name="State">How it stands.</param>
/// <param name="Instructions">Instructions retired by its threads.</param>
/// <param name="Charged">The same and what kernel and services charged it.</param>
/// <param name="Traps">Traps that its threads took, ecalls included.</param>
/// <param name="Pages">Pages charged to it now.</param>
/// <param name="PeakPages">Most pages that were charged to it.</param>
/// <param name="Threads">Threads that live.</param>
/// <param name="Objects">Kernel objects charged to it.</param>
public sealed record CellStatistics(
    uint Number,
    uint Parent,
    CellState State,
    ulong Instructions,
    ulong Charged,
    ulong Traps,
    ulong Pages,
    ulong PeakPages,
    int Threads,
    int Objects);

/// <summary>How a cell stands.</summary>
public enum CellState : byte
{
    /// <summary>Its threads run when they can.</summary>
    Running,

    /// <summary>Paused by its holder.</summary>
    Paused,

    /// <summary>Ended: its last thread has, or its holder destroyed it, or a trap that nobody handles did.</summary>
    Ended,
}
