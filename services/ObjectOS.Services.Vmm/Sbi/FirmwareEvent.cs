namespace ObjectOS.Services.Vmm;

/// <summary>Events that firmware counts (SBI specification v2.0, chapter "Performance Monitoring Unit Extension", table of firmware events).</summary>
internal enum FirmwareEvent
{
    MisalignedLoad = 0,
    MisalignedStore = 1,
    AccessLoad = 2,
    AccessStore = 3,
    IllegalInstruction = 4,
    SetTimer = 5,
    IpiSent = 6,
    IpiReceived = 7,
    FenceISent = 8,
    FenceIReceived = 9,
    FenceVmaSent = 10,
    FenceVmaReceived = 11,
    FenceVmaAsidSent = 12,
    FenceVmaAsidReceived = 13,
}
