namespace ObjectOS.Abi;

/// <summary>How an invocation ended. Guest-caused trouble is always one of these, never an exception.</summary>
public enum KernelStatus : ushort
{
    /// <summary>Done.</summary>
    Ok = 0,

    /// <summary>The number is in no row of this kernel's invocation table.</summary>
    UnknownInvocation = 1,

    /// <summary>The slot is out of range, empty, or holds another kind of object.</summary>
    InvalidCapability = 2,

    /// <summary>The capability lacks a right that the call needs.</summary>
    MissingRights = 3,

    /// <summary>An argument is out of its range or not aligned as it must be.</summary>
    InvalidArgument = 4,

    /// <summary>The destination slot is not free.</summary>
    SlotOccupied = 5,

    /// <summary>The cell's memory quota, or an ancestor's, is used up.</summary>
    MemoryExhausted = 6,

    /// <summary>The cell's object quota, or the table of capabilities, is used up.</summary>
    ObjectsExhausted = 7,

    /// <summary>The range overlaps one that is mapped already.</summary>
    AlreadyMapped = 8,

    /// <summary>Part of the range is not mapped, or not with the rights that the call needs.</summary>
    NotMapped = 9,

    /// <summary>The object has been destroyed, or the other side of a rendezvous has.</summary>
    Dead = 10,

    /// <summary>Nothing was there and the call was asked not to wait.</summary>
    WouldBlock = 11,

    /// <summary>The object's state does not allow this (a running thread's registers, a second start).</summary>
    InvalidState = 12,

    /// <summary>The object is still used and cannot be taken away so.</summary>
    Busy = 13,

    /// <summary>A wait was ended by the holder of the thread.</summary>
    Interrupted = 14,

    /// <summary>The physical address space of this kernel has no free range of that size.</summary>
    AddressSpaceExhausted = 15,

    /// <summary>The CPU lies in so many others that the host's stack would not bear one more.</summary>
    NestedTooDeeply = 16,

    /// <summary>Told to managed programs only: a bounded part of long work is done; the same invocation goes on with it.</summary>
    InProgress = 17,

    /// <summary>
    /// Told to managed programs only: nothing was changed, an ancestor has to act first; return
    /// <see cref="HandleResult.Suspended"/> and the same message is handled anew.
    /// </summary>
    Suspended = 0x100,
}
