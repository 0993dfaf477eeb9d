namespace ObjectOS.Services.Native;

/// <summary>Causes of faults as the kernel tells them: RISC-V's own (privileged specification, mcause), and the world switch's.</summary>
internal static class FaultCause
{
    public const ulong FetchMisaligned = 0;
    public const ulong IllegalInstruction = 2;
    public const ulong Breakpoint = 3;
    public const ulong LoadMisaligned = 4;
    public const ulong StoreMisaligned = 6;
    public const ulong BudgetEnd = 0x100;
    public const ulong MemoryExhausted = 0x103;
}
