namespace ObjectOS.Lockstep.Programs;

/// <summary>A state that the handler of machine mode starts: CSRs, then where they end the counts of traps, then x1–x31.</summary>
internal static class Episode
{
    public const int MachineTrapsOffset = 64, SupervisorTrapsOffset = 72, NextOffset = 80, IntegersOffset = 88, Size = 88 + (32 * 8);

    /// <summary>The CSRs that begin it; mstatus last, as it may change where loads go.</summary>
    public static ReadOnlySpan<int> Registers => [Csr.Satp, Csr.Mepc, Csr.Mie, Csr.Medeleg, Csr.Mideleg, Csr.Mtvec, Csr.Stvec, Csr.Mstatus];
}
