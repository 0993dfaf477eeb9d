using ObjectOS.Abi;

namespace ObjectOS.Cpu;

/// <summary>What of a virtual CPU's doings exits to its holder. Data; an empty one lets everything be direct.</summary>
public sealed record InterceptSet
{
    /// <summary>Nothing.</summary>
    public static InterceptSet Empty { get; } = new();

    /// <summary>Bit n: traps with cause n, 0 to 15, that would go to the guest.</summary>
    public ulong Causes { get; init; }

    /// <summary>Ecalls with these numbers in a7.</summary>
    public IReadOnlySet<ulong> Calls { get; init; } = new HashSet<ulong>();

    /// <summary>Reads of <c>cycle</c>, <c>time</c> and <c>instret</c>.</summary>
    public bool Counters { get; init; }

    /// <summary>The guest has nothing to do.</summary>
    public bool Idle { get; init; }

    /// <summary>Accesses to pages that nothing was mapped at. Without it the kernel that made the CPU fills them with zeros.</summary>
    public bool MissingPages { get; init; }

    /// <summary>Every access to these guest-physical pages: first byte and the byte behind the last, whole pages, not overlapping.</summary>
    public IReadOnlyList<(PhysicalAddress Start, PhysicalAddress End)> Pages { get; init; } = [];

    /// <summary>The bit of a cause.</summary>
    public static ulong Bit(TrapCause cause) => 1UL << (int)cause;
}
