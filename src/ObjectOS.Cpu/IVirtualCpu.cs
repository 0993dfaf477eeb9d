namespace ObjectOS.Cpu;

/// <summary>What a virtual CPU is given.</summary>
public sealed record VirtualCpuOptions
{
    /// <summary>Bytes of guest-physical address space, a multiple of 4096. It costs nothing until written.</summary>
    public ulong MemorySize { get; init; } = 1UL << 52;

    /// <summary>Most bytes that its guest may hold; they count against the cell that pays for it as they are written.</summary>
    public ulong MemoryLimit { get; init; } = ulong.MaxValue;

    /// <summary>Bytes that its guest is guaranteed: they are taken from the cell that pays for it now. At most <see cref="MemoryLimit"/>.</summary>
    public ulong MemoryReserved { get; init; }

    /// <summary>0 lowest to 31: the priority, in the kernel that made it, of the thread that runs its guest.</summary>
    public int Priority { get; init; } = 16;
}

/// <summary>
/// A virtual CPU as its holder sees it: what stands between a kernel and the kernel under it. The holder's members are called between
/// slices, on the thread that runs them, or from a managed program.
/// </summary>
public interface IVirtualCpu
{
    /// <summary>What the kernel on it sees.</summary>
    ICpu Cpu { get; }

    /// <summary>Its number in the kernel that made it, never used twice.</summary>
    uint Number { get; }

    /// <summary>True while its guest is in a slice. May be read from any host thread: a watchdog names by it who does not return.</summary>
    bool IsInSlice { get; }

    /// <summary>What exits to the holder; everything else is direct.</summary>
    InterceptSet Intercepts { get; set; }

    /// <summary>Why it waits for its holder; null while it does not.</summary>
    VirtualCpuExit? Exit { get; }

    /// <summary>Lets it go on after an exit.</summary>
    /// <param name="action">How.</param>
    /// <param name="trap">For <see cref="ExitAction.Deliver"/>: another trap than the one it stopped for.</param>
    /// <exception cref="InvalidOperationException">It does not wait for its holder, or has halted.</exception>
    void Resume(ExitAction action = ExitAction.Continue, Trap? trap = null);

    /// <summary>Changes the most bytes that its guest may hold.</summary>
    void SetMemoryLimit(ulong bytes);

    /// <summary>Changes how many bytes its guest is guaranteed. False: they cannot be had, or are more than its limit; nothing has changed.</summary>
    bool TryReserve(ulong bytes);

    /// <summary>Figures so far.</summary>
    VirtualCpuStatistics Statistics { get; }

    /// <summary>Why its guest runs no more; null while it does.</summary>
    string? HaltReport { get; }
}
