using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Machine.Memory;

/// <summary>The physical memory of one real CPU.</summary>
internal sealed class GuestMemory : IGuestMemory, IDisposable
{
    public GuestMemory(FramePool pool, MemoryAccount account, ulong size)
    {
        Pool = pool;
        Account = account;
        Size = size;
    }

    public ulong Size { get; }

    public FramePool Pool { get; }

    /// <summary>The account that all of this memory is charged under.</summary>
    public MemoryAccount Account { get; }

    public MemoryStatus Read(PhysicalAddress address, Span<byte> destination) => throw new NotImplementedException();

    public MemoryStatus Write(PhysicalAddress address, ReadOnlySpan<byte> source, IMemoryAccount account) => throw new NotImplementedException();

    public MemoryStatus Prepare(PhysicalAddress address, ulong length, IMemoryAccount account) => throw new NotImplementedException();

    public MemoryStatus Clone(PhysicalAddress source, PhysicalAddress destination, ulong length) => throw new NotImplementedException();

    public MemoryStatus Discard(PhysicalAddress address, ulong length) => throw new NotImplementedException();

    public bool TryFindPresent(PhysicalAddress start, PhysicalAddress end, out PhysicalAddress page) => throw new NotImplementedException();

    public void Dispose()
    {
    }
}
