using ObjectOS.Abi;

namespace ObjectOS.Cpu;

/// <summary>How an operation on physical memory ended.</summary>
public enum MemoryStatus : byte
{
    /// <summary>Done.</summary>
    Ok,

    /// <summary>Part of the range is beyond the memory's size; nothing was done.</summary>
    OutOfRange,

    /// <summary>An ancestor has to act first; nothing that cannot be done again was done.</summary>
    Suspended,

    /// <summary>The account, or one above it, cannot pay; what was written before the first page that it could not pay for stays.</summary>
    Exhausted,
}

/// <summary>
/// The physical memory of one CPU: sparse, zero until written, in pages of 4 KiB. Data is copied in and out; nobody ever holds
/// a pointer into it. Addresses are cheap: a kernel gives each memory object a range of its own, aligned to
/// <see cref="CloneUnit"/>, so that a clone shares whole subtrees.
/// </summary>
public interface IGuestMemory
{
    /// <summary>Bytes that a range aligned to it can be cloned by in one reference: 256 KiB, and 64, 64², … times that.</summary>
    const ulong CloneUnit = 256 * 1024;

    /// <summary>Bytes, a multiple of 4096.</summary>
    ulong Size { get; }

    /// <summary>Copies out of memory; pages never written read as zero and stay unmade.</summary>
    MemoryStatus Read(PhysicalAddress address, Span<byte> destination);

    /// <summary>Copies into memory; pages made by it are charged to <paramref name="account"/>.</summary>
    MemoryStatus Write(PhysicalAddress address, ReadOnlySpan<byte> source, IMemoryAccount account);

    /// <summary>Makes every page of the range present and unshared, so that writing it next cannot fail.</summary>
    MemoryStatus Prepare(PhysicalAddress address, ulong length, IMemoryAccount account);

    /// <summary>
    /// Makes the destination equal to the source by sharing; the first write on either side copies a page. Both addresses and the
    /// length are whole pages, and the ranges do not overlap; what was in the destination is given back. Cost: the pages given back,
    /// none in a range never written, and the number of subtrees shared, one where both are aligned to a power of 64 times the page size that the length fills.
    /// </summary>
    MemoryStatus Clone(PhysicalAddress source, PhysicalAddress destination, ulong length);

    /// <summary>Gives the range back, whole pages; it reads as zero from now on.</summary>
    MemoryStatus Discard(PhysicalAddress address, ulong length);

    /// <summary>
    /// Finds the first page at or after <paramref name="start"/> and before <paramref name="end"/> that was written. False: none.
    /// </summary>
    bool TryFindPresent(PhysicalAddress start, PhysicalAddress end, out PhysicalAddress page);
}
