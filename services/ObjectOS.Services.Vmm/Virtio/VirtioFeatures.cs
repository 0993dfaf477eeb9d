namespace ObjectOS.Services.Vmm;

/// <summary>Feature bits of VIRTIO 1.2, chapter 6 and the chapters of the device types, as far as they are used here.</summary>
public static class VirtioFeatures
{
    /// <summary>Block (5.2.3): at most <c>seg_max</c> segments in a request.</summary>
    public const ulong BlockSegmentMaximum = 1UL << 2;

    /// <summary>Block: the device is read-only.</summary>
    public const ulong BlockReadOnly = 1UL << 5;

    /// <summary>Block: the size of a block is told.</summary>
    public const ulong BlockSize = 1UL << 6;

    /// <summary>Block: the flush command.</summary>
    public const ulong BlockFlush = 1UL << 9;

    /// <summary>Network (5.1.3): the device has a MAC address.</summary>
    public const ulong NetworkMac = 1UL << 5;

    /// <summary>Network: the state of the link is told.</summary>
    public const ulong NetworkStatus = 1UL << 16;

    /// <summary>Console (5.3.3): its columns and rows are told.</summary>
    public const ulong ConsoleSize = 1UL << 0;

    /// <summary>Console: a character can be printed by a store to the configuration, without queues.</summary>
    public const ulong ConsoleEmergencyWrite = 1UL << 2;

    /// <summary>Legacy (6.3): any layout of buffers is taken, which later devices do anyway.</summary>
    public const ulong AnyLayout = 1UL << 27;

    /// <summary>Tables of descriptors in memory (2.7.5.3).</summary>
    public const ulong IndirectDescriptors = 1UL << 28;

    /// <summary>Either side says when it wants to be told (2.7.10).</summary>
    public const ulong EventIndex = 1UL << 29;

    /// <summary>Not a legacy device (6.1).</summary>
    public const ulong Version1 = 1UL << 32;
}
