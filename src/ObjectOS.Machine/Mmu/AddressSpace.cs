using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Machine.Interpreter;
using ObjectOS.Machine.Memory;

namespace ObjectOS.Machine.Mmu;

/// <summary>An address space over a real memory; pages made by its stores are charged to one account.</summary>
internal sealed class AddressSpace : IAddressSpace
{
    public AddressSpace(GuestMemory memory, MemoryAccount account)
    {
        Memory = memory;
        Account = account;
        Tlb = new SoftTlb(memory.Pool);
    }

    public GuestMemory Memory { get; }

    public MemoryAccount Account { get; }

    public SoftTlb Tlb { get; }

    /// <summary>The first byte that the last failed access could not reach.</summary>
    public ulong FaultAddress { get; private set; }

    /// <summary>The account whose limit the last store that was not paid for has hit.</summary>
    public IMemoryAccount? ExhaustedAccount { get; private set; }

    /// <summary>Takes note of what happened to memory since this space ran last. Call it before each run.</summary>
    public void Enter() => throw new NotImplementedException();

    /// <summary>A load of 1, 2, 4 or 8 bytes at any alignment.</summary>
    public AccessResult Read(ulong va, int size, out ulong value) => throw new NotImplementedException();

    /// <summary>A store of 1, 2, 4 or 8 bytes at any alignment; all of it or nothing.</summary>
    public AccessResult Write(ulong va, int size, ulong value) => throw new NotImplementedException();

    /// <summary>Whether a store would succeed; makes its pages and writes nothing. For atomics, whose faults are those of stores.</summary>
    public AccessResult PrepareWrite(ulong va, int size) => throw new NotImplementedException();

    /// <summary>The decoded page that holds <paramref name="va"/>; null with <see cref="FaultAddress"/> set where it cannot be executed.</summary>
    public CodePage? Fetch(ulong va) => throw new NotImplementedException();

    public void Map(VirtualAddress address, PhysicalAddress physical, ulong length, PageRights rights) => throw new NotImplementedException();

    public void Protect(VirtualAddress address, ulong length, PageRights rights) => throw new NotImplementedException();

    public void Unmap(VirtualAddress address, ulong length) => throw new NotImplementedException();

    public void Dispose()
    {
    }
}
