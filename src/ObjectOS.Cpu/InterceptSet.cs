using ObjectOS.Abi;

namespace ObjectOS.Cpu;

/// <summary>What of a virtual CPU's doings exits to its holder. Data; an empty one lets everything be direct.</summary>
public sealed record InterceptSet
{
    /// <summary>Nothing.</summary>
    public static InterceptSet Empty { get; } = new();

    /// <summary>
    /// Traps that would go to the guest: bit n for the exception with cause n, 0 to 15, and bit 16 + n for the interrupt with number n, before a
    /// supervisor- or machine-mode hart takes it. See <see cref="Bit"/>.
    /// </summary>
    public ulong Causes { get; init; }

    /// <summary>Ecalls with these numbers in a7.</summary>
    public IReadOnlySet<ulong> Calls { get; init; } = new HashSet<ulong>();

    /// <summary>Reads of <c>cycle</c>, <c>time</c> and <c>instret</c>.</summary>
    public bool Counters { get; init; }

    /// <summary>Accesses to the control and status registers with these numbers, 0 to 4095, that the hart is allowed.</summary>
    public IReadOnlySet<int> Registers { get; init; } = new HashSet<int>();

    /// <summary>WFI that the hart is allowed.</summary>
    public bool Waits { get; init; }

    /// <summary>SFENCE.VMA and the instructions of Svinval that the hart is allowed.</summary>
    public bool Fences { get; init; }

    /// <summary>The guest has nothing to do. One that is resumed, and has nothing to do still, waits without another exit.</summary>
    public bool Idle { get; init; }

    /// <summary>Accesses to pages that nothing was mapped at. Without it the kernel that made the CPU fills them with zeros.</summary>
    public bool MissingPages { get; init; }

    /// <summary>Every access to these guest-physical pages: first byte and the byte behind the last, whole pages, not overlapping.</summary>
    public IReadOnlyList<(PhysicalAddress Start, PhysicalAddress End)> Pages { get; init; } = [];

    /// <summary>The bit of an exception or an interrupt in <see cref="Causes"/>; 0 for what is neither.</summary>
    public static ulong Bit(TrapCause cause) =>
        cause < (TrapCause)16 ? 1UL << (int)cause
        : cause is >= TrapCause.Interrupt and < TrapCause.Interrupt + 16 ? 1UL << (16 + (cause - TrapCause.Interrupt))
        : 0;

    /// <summary>True where traps with the cause are in it.</summary>
    public bool Has(TrapCause cause) => (Causes & Bit(cause)) != 0;

    /// <summary>True where accesses to a control and status register are in it.</summary>
    public bool HasRegister(int number) => Registers.Contains(number) || (Counters && number is >= 0xC00 and <= 0xC02);

    /// <summary>True where a <see cref="ICpu.Run"/> has to look out for something.</summary>
    public bool ConcernsRuns => Causes != 0 || Counters || Waits || Fences || Registers.Count > 0;

    /// <summary>What a run looks out for that both have asked for.</summary>
    public InterceptSet With(InterceptSet? other) => other is null ? this : new()
    {
        Causes = Causes | other.Causes,
        Counters = Counters || other.Counters,
        Waits = Waits || other.Waits,
        Fences = Fences || other.Fences,
        Registers = Registers.Union(other.Registers).ToHashSet(),
    };
}
