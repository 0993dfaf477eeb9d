namespace ObjectOS.Machine.Mmu;

/// <summary>How a load or a store by the slow path ended.</summary>
internal enum AccessResult : byte
{
    Ok,

    /// <summary>Done, and code that may be cached has changed: fetch again before the next instruction.</summary>
    OkCodeChanged,

    /// <summary>Not mapped, or not with this right.</summary>
    PageFault,

    /// <summary>Physical memory protection does not allow it, or a page table cannot be where it is said to be.</summary>
    AccessFault,

    /// <summary>The hart's physical memory has nothing at the address: its holder's business.</summary>
    GuestFault,

    /// <summary>The page cannot be paid for.</summary>
    MemoryExhausted,

    /// <summary>An ancestor has to act first; nothing was done.</summary>
    Suspended,
}
