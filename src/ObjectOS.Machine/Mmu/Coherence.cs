namespace ObjectOS.Machine.Mmu;

/// <summary>What keeps cached pointers and cached code true to memory.</summary>
internal sealed class Coherence;
