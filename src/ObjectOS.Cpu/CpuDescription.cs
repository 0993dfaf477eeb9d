namespace ObjectOS.Cpu;

/// <summary>All that a kernel is told of the CPU under it, on purpose; nothing else tells one CPU from another.</summary>
/// <param name="Isa">The ISA string, for instance <c>rv64imafdc_zicsr_zifencei_zba_zbb_zbs</c> (unprivileged specification, chapter "ISA Extension Naming Conventions").</param>
/// <param name="MemorySize">Bytes of guest-physical address space, a multiple of 4096. It costs nothing until written.</param>
/// <param name="TimebaseHz">Ticks of the <c>time</c> CSR in a second of guest time; divides 10^9.</param>
/// <param name="Depth">0 for a CPU made by the host, one more than its parent's for a virtual one.</param>
public sealed record CpuDescription(string Isa, ulong MemorySize, uint TimebaseHz, int Depth);
