namespace ObjectOS.Machine;

/// <summary>What a <see cref="RealCpu"/> has.</summary>
public sealed record RealCpuOptions
{
    /// <summary>Bytes of guest-physical address space, a multiple of 4096. It costs nothing until written.</summary>
    public ulong MemorySize { get; init; } = 1UL << 52;

    /// <summary>Most bytes of host memory that the CPU's guests may hold together; rounded down to pages of 4 KiB.</summary>
    public ulong MemoryLimit { get; init; } = ulong.MaxValue;

    /// <summary>Ticks of the <c>time</c> CSR in a second of guest time; divides 10^9.</summary>
    public uint TimebaseHz { get; init; } = 10_000_000;

    /// <summary>How code is executed.</summary>
    public Engine Engine { get; init; }

    /// <summary>Entries of a block before it is translated; negative: what <see cref="Engine"/> says. For tests.</summary>
    internal int Threshold { get; init; } = -1;

    /// <summary>Chunks of 64 KiB of translated code, of which one is the translator's own. For tests.</summary>
    internal int CodeChunks { get; init; } = 512;

    /// <summary>Instructions of one's own, for all that runs on this CPU, at any depth.</summary>
    public IReadOnlyList<ICustomInstruction> Instructions { get; init; } = [];
}
