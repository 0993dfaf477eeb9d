using ObjectOS.Abi;

namespace ObjectOS.Cpu;

/// <summary>
/// A map from guest-virtual pages to pages of the CPU's physical memory. Changes take effect before the next
/// <see cref="ICpu.Run"/>. All addresses and lengths are whole pages.
/// </summary>
public interface IAddressSpace : IDisposable
{
    /// <summary>Maps a range that is not mapped now.</summary>
    /// <exception cref="ArgumentException">Not whole pages, beyond the memory's size, wrapping, or overlapping a mapping.</exception>
    void Map(VirtualAddress address, PhysicalAddress physical, ulong length, PageRights rights);

    /// <summary>Sets the rights of a range, all of which is mapped.</summary>
    /// <exception cref="ArgumentException">Not whole pages, wrapping, or part of the range is not mapped.</exception>
    void Protect(VirtualAddress address, ulong length, PageRights rights);

    /// <summary>Takes away whatever is mapped in the range.</summary>
    /// <exception cref="ArgumentException">Not whole pages, or wrapping.</exception>
    void Unmap(VirtualAddress address, ulong length);
}
