using System.Runtime.CompilerServices;
using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Machine.Harts;
using ObjectOS.Machine.Memory;

namespace ObjectOS.Machine.Mmu;

/// <summary>
/// An address space over a real memory; pages made by its stores are charged to one account. Used on the memory's host thread. For a
/// supervisor- or machine-mode hart it is the second stage: what it maps are the hart's physical addresses.
/// </summary>
internal sealed class AddressSpace(GuestMemory memory, MemoryAccount account)
    : Translation(memory, account, hasLastingTlb: false), IAddressSpace
{
    private const ulong PageLimit = 1UL << (64 - Pages.Shift);

    private readonly ExtentMap _extents = new();

    // A hart that nobody refers to any more takes what is cached for it along.
    private ConditionalWeakTable<HartContext, Hart>? _harts;
    private Hart? _lastHart;

    /// <summary>Extents of the map; for tests.</summary>
    internal int ExtentCount => _extents.Count;

    /// <summary>Raised by every change of the map: what harts have cached through it is then out of date.</summary>
    public ulong MapGeneration { get; private set; }

    /// <summary>What the engine keeps for a supervisor- or machine-mode hart that runs in this space.</summary>
    public Hart HartOf(HartContext context)
    {
        if (_lastHart is { } last && last.Context == context)
            return last;
        _harts ??= [];
        if (!_harts.TryGetValue(context, out Hart? hart))
            _harts.Add(context, hart = new Hart(context, this));
        return _lastHart = hart;
    }

    public void Map(VirtualAddress address, PhysicalAddress physical, ulong length, PageRights rights)
    {
        CheckRange(address, length);
        if (!physical.IsPageAligned || length > Memory.Size || physical.Value > Memory.Size - length)
            throw new ArgumentException($"{length} bytes at {physical} are not whole pages of a memory of {Memory.Size} bytes.", nameof(physical));
        if (length == 0)
            return;
        ulong count = length >> Pages.Shift;
        if (_extents.Overlaps(address.PageNumber, count))
            throw new ArgumentException($"Something is mapped between {address} and {length} bytes on; unmap it first.", nameof(address));
        _extents.Add(new Extent(address.PageNumber, count, physical.PageNumber, rights));
    }

    public void Protect(VirtualAddress address, ulong length, PageRights rights)
    {
        CheckRange(address, length);
        if (length == 0)
            return;
        ulong count = length >> Pages.Shift;
        if (!_extents.Covers(address.PageNumber, count))
            throw new ArgumentException($"Not all is mapped between {address} and {length} bytes on.", nameof(address));
        _extents.SetRights(address.PageNumber, count, rights);
        MapGeneration++;
        Forget(address.Value, count);
    }

    public void Unmap(VirtualAddress address, ulong length)
    {
        CheckRange(address, length);
        if (length == 0)
            return;
        ulong count = length >> Pages.Shift;
        if (!_extents.Overlaps(address.PageNumber, count))
            return;
        _extents.Remove(address.PageNumber, count);
        MapGeneration++;
        Forget(address.Value, count);
    }

    public void Dispose()
    {
        IsDisposed = true;
        _extents.Clear();
        MapGeneration++;
        Flush();
    }

    /// <summary>The page of the memory that is mapped at an address with one of the rights.</summary>
    public bool TryFindPage(ulong address, AccessKind access, out ulong page)
    {
        PageRights anyOf = access switch
        {
            AccessKind.Fetch => PageRights.Execute,
            AccessKind.Store => PageRights.Write,
            _ => PageRights.Read | PageRights.Write,
        };
        if (_extents.TryFind(address >> Pages.Shift, out Extent extent) && (extent.Rights & anyOf) != 0)
        {
            page = extent.Physical + ((address >> Pages.Shift) - extent.First);
            return true;
        }

        page = 0;
        return false;
    }

    protected override AccessResult Translate(ulong va, int length, AccessKind access, out ulong page)
    {
        if (TryFindPage(va, access, out page))
            return AccessResult.Ok;
        FaultAddress = va;
        return AccessResult.PageFault;
    }

    private static void CheckRange(VirtualAddress address, ulong length)
    {
        if (!address.IsPageAligned || length % Pages.Size != 0)
            throw new ArgumentException($"{address} and the length 0x{length:x} have to be whole pages of {Pages.Size} bytes.");
        if (length >> Pages.Shift > PageLimit - address.PageNumber)
            throw new ArgumentException($"0x{length:x} bytes at {address} wrap around the end of the address space.");
    }
}
