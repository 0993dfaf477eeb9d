namespace ObjectOS.Services.Vmm;

/// <summary>Extension identifiers of the SBI specification v2.0.</summary>
internal static class SbiExtension
{
    public const uint LegacySetTimer = 0, LegacyPutCharacter = 1, LegacyGetCharacter = 2, LegacyClearIpi = 3, LegacySendIpi = 4;
    public const uint LegacyFenceI = 5, LegacyFenceVma = 6, LegacyFenceVmaAsid = 7, LegacyShutdown = 8;
    public const uint Base = 0x10;
    public const uint Time = 0x54494D45;
    public const uint Ipi = 0x735049;
    public const uint RemoteFence = 0x52464E43;
    public const uint HartState = 0x48534D;
    public const uint SystemReset = 0x53525354;
    public const uint DebugConsole = 0x4442434E;
    public const uint Pmu = 0x504D55;
    public const uint SystemSuspend = 0x53555350;

    public static bool IsThere(ulong extension) =>
        extension is <= LegacyShutdown or Base or Time or Ipi or RemoteFence or HartState or SystemReset or DebugConsole or Pmu or SystemSuspend;
}

/// <summary>Error codes of the SBI specification v2.0, chapter "Binary Encoding".</summary>
internal enum SbiError
{
    Success = 0,
    Failed = -1,
    NotSupported = -2,
    InvalidParameter = -3,
    Denied = -4,
    InvalidAddress = -5,
    AlreadyAvailable = -6,
    AlreadyStarted = -7,
    AlreadyStopped = -8,
    NoSharedMemory = -9,
}
