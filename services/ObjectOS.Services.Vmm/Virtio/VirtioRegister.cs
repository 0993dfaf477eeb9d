namespace ObjectOS.Services.Vmm;

/// <summary>Offsets of the registers of virtio over MMIO (VIRTIO 1.2, 4.2.2; the legacy ones 4.2.4).</summary>
internal static class VirtioRegister
{
    public const int MagicValue = 0x000;
    public const int Version = 0x004;
    public const int DeviceId = 0x008;
    public const int VendorId = 0x00c;
    public const int DeviceFeatures = 0x010;
    public const int DeviceFeaturesSelect = 0x014;
    public const int DriverFeatures = 0x020;
    public const int DriverFeaturesSelect = 0x024;
    public const int LegacyGuestPageSize = 0x028;
    public const int QueueSelect = 0x030;
    public const int QueueSizeMaximum = 0x034;
    public const int QueueSize = 0x038;
    public const int LegacyQueueAlign = 0x03c;
    public const int LegacyQueuePage = 0x040;
    public const int QueueReady = 0x044;
    public const int QueueNotify = 0x050;
    public const int InterruptStatus = 0x060;
    public const int InterruptAcknowledge = 0x064;
    public const int Status = 0x070;
    public const int QueueDescriptorLow = 0x080;
    public const int QueueDescriptorHigh = 0x084;
    public const int QueueDriverLow = 0x090;
    public const int QueueDriverHigh = 0x094;
    public const int QueueDeviceLow = 0x0a0;
    public const int QueueDeviceHigh = 0x0a4;
    public const int SharedMemoryLengthLow = 0x0b0;
    public const int SharedMemoryBaseHigh = 0x0bc;
    public const int ConfigurationGeneration = 0x0fc;
    public const int Configuration = 0x100;
}

/// <summary>The device status field (VIRTIO 1.2, 2.1).</summary>
[Flags]
internal enum VirtioStatus : uint
{
    Acknowledge = 1,
    Driver = 2,
    DriverOk = 4,
    FeaturesOk = 8,
    NeedsReset = 64,
    Failed = 128,
    All = Acknowledge | Driver | DriverOk | FeaturesOk | NeedsReset | Failed,
}
