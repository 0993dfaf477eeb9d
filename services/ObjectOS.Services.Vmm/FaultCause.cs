namespace ObjectOS.Services.Vmm;

/// <summary>Causes of faults as the kernel tells them: RISC-V's own (privileged specification, mcause), and the world switch's.</summary>
internal static class FaultCause
{
    public const ulong FetchGuestPage = 20;
    public const ulong LoadGuestPage = 21;
    public const ulong StoreGuestPage = 23;
    public const ulong BudgetEnd = 0x100;
    public const ulong MemoryExhausted = 0x103;

    /// <summary>The last of RISC-V's own exceptions.</summary>
    public const ulong LastException = 15;

    /// <summary>In the word that holds the kind of access: the hart has taken 1000 exceptions in a row there, and no instruction has retired between them.</summary>
    public const ulong StuckBit = 1 << 8;

    private const ulong IllegalInstruction = 2;

    private const ulong FetchAccess = 1, LoadAccess = 5, StoreAccess = 7;

    /// <summary>What a hart gets where nothing answers.</summary>
    public static ulong AccessFaultOf(ulong cause) => cause switch
    {
        FetchGuestPage => FetchAccess,
        LoadGuestPage => LoadAccess,
        _ => StoreAccess,
    };

    /// <summary>What a hart finds in its trap value register for an exception that the kernel has described so: the instruction or the address.</summary>
    public static ulong TrapValueOf(ulong cause, ulong address, ulong instruction) => cause == IllegalInstruction ? instruction : address;

    /// <summary>The name of an exception (privileged specification, table of mcause values).</summary>
    public static string NameOf(ulong cause) => cause switch
    {
        0 => "instruction address misaligned",
        FetchAccess => "instruction access fault",
        IllegalInstruction => "illegal instruction",
        3 => "breakpoint",
        4 => "load address misaligned",
        LoadAccess => "load access fault",
        6 => "store address misaligned",
        StoreAccess => "store access fault",
        8 => "environment call from U-mode",
        9 => "environment call from S-mode",
        11 => "environment call from M-mode",
        12 => "instruction page fault",
        13 => "load page fault",
        15 => "store page fault",
        _ => $"exception {cause}",
    };
}
