namespace ObjectOS.Cpu;

/// <summary>Memory that a kernel keeps with one of its events.</summary>
/// <param name="Event">The number of the event among those of the kernel, from 1.</param>
/// <param name="Ranges">The memory: virtual addresses of the thread or hart that the event is of.</param>
public sealed record EventMemory(ulong Event, IReadOnlyList<MemoryRange> Ranges);

/// <summary>A part of an address space.</summary>
/// <param name="Address">The first address.</param>
/// <param name="Length">The number of bytes.</param>
public readonly record struct MemoryRange(ulong Address, int Length);
