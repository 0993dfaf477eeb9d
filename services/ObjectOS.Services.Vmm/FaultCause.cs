namespace ObjectOS.Services.Vmm;

/// <summary>Causes of faults as the kernel tells them: RISC-V's own (privileged specification, mcause), and the world switch's.</summary>
internal static class FaultCause
{
    public const ulong FetchGuestPage = 20;
    public const ulong LoadGuestPage = 21;
    public const ulong StoreGuestPage = 23;
    public const ulong BudgetEnd = 0x100;
    public const ulong MemoryExhausted = 0x103;

    private const ulong FetchAccess = 1, LoadAccess = 5, StoreAccess = 7;

    /// <summary>What a hart gets where nothing answers.</summary>
    public static ulong AccessFaultOf(ulong cause) => cause switch
    {
        FetchGuestPage => FetchAccess,
        LoadGuestPage => LoadAccess,
        _ => StoreAccess,
    };
}
