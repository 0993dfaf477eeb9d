using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Objects;

/// <summary>What stands at a guest-physical address.</summary>
internal enum SegmentKind : byte
{
    /// <summary>Nothing yet.</summary>
    Hole,

    /// <summary>Memory of the kernel that made the CPU.</summary>
    Memory,

    /// <summary>Pages whose every access the holder wants to see.</summary>
    Intercepted,
}

/// <summary>A longest range of guest-physical addresses of one kind. <paramref name="Physical"/> is where its start lies in the maker's memory.</summary>
internal readonly record struct Segment(SegmentKind Kind, ulong Start, ulong End, PhysicalAddress Physical, PageRights Rights)
{
    public PhysicalAddress At(ulong address) => Physical + (address - Start);
}

/// <summary>
/// The second stage of a virtual CPU's memory: from its guest-physical addresses to its maker's. Three layers: pages that the holder
/// intercepts; what the holder has mapped, an <see cref="AddressSpace"/> object like any other; chunks of zeros made on demand.
/// </summary>
/// <remarks>It stands where the mapped layer's hardware would, and so hears of every change of it, whoever makes it.</remarks>
internal sealed class StageTwo(VCpu owner, Kernel kernel) : IAddressSpace
{
    /// <summary>Bytes of a chunk, and what it is aligned to on both sides, so that clones share whole subtrees at every depth.</summary>
    public const ulong ChunkSize = IGuestMemory.CloneUnit * 64;

    /// <summary>Most ranges that are kept apart of what was mapped once.</summary>
    private const int MostAway = 4096;

    private readonly List<(ulong Start, PhysicalAddress Physical)> _chunks = [];
    private readonly ExtentList _away = new();
    private int _torn;

    /// <summary>The mapped layer.</summary>
    public AddressSpace Mapped { get; set; } = null!;

    /// <summary>Chunks made, each charged as an object.</summary>
    internal int ChunkCount => _chunks.Count;

    /// <summary>Intercepted pages, ascending.</summary>
    public IReadOnlyList<(PhysicalAddress Start, PhysicalAddress End)> Intercepted { get; set; } = [];

    /// <summary>What stands at an address.</summary>
    public Segment Find(ulong address, bool seeIntercepted = true)
    {
        ulong start = 0;
        ulong end = ulong.MaxValue;
        if (seeIntercepted)
        {
            foreach (var (first, last) in Intercepted)
            {
                if (first.Value <= address && address < last.Value)
                {
                    return new Segment(SegmentKind.Intercepted, first.Value, last.Value, default, PageRights.None);
                }

                Cut(address, first.Value, last.Value, ref start, ref end);
            }
        }

        var mappings = Mapped.Mappings;
        int i = Mapped.IndexAtOrAfter(address);
        if (i < mappings.Count && mappings[i].Start <= address)
        {
            start = Math.Max(start, mappings[i].Start);
            return new Segment(SegmentKind.Memory, start, Math.Min(end, mappings[i].End), mappings[i].Physical(start), Closed(mappings[i].Rights));
        }

        start = i > 0 ? Math.Max(start, mappings[i - 1].End) : start;
        end = i < mappings.Count ? Math.Min(end, mappings[i].Start) : end;
        return FindChunk(address, start, end);
    }

    /// <summary>W implies R (privileged specification, chapter "Sv39").</summary>
    public static PageRights Closed(PageRights rights) => (rights & PageRights.Write) != 0 ? rights | PageRights.Read : rights;

    /// <summary>Makes the chunk of zeros at an address that is a hole. False: the owner's quota, or the kernel's addresses, are used up.</summary>
    public bool TryFill(ulong address)
    {
        if (!owner.Owner.CanCharge() || !kernel.Ranges.TryTake(PhysicalRanges.OrderOf(ChunkSize), out var physical))
        {
            return false;
        }

        ulong start = address & ~(ChunkSize - 1);
        owner.Owner.Charge();
        _chunks.Insert(IndexOfChunk(start), (start, physical));
        return true;
    }

    /// <summary>Gives the chunk at the address back if it holds nothing.</summary>
    public void Release(ulong address)
    {
        int i = IndexOfChunk(address);
        if (i == _chunks.Count || _chunks[i].Start > address)
        {
            return;
        }

        var (start, physical) = _chunks[i];
        if (!kernel.Cpu.Memory.TryFindPresent(physical, physical + ChunkSize, out _))
        {
            _chunks.RemoveAt(i);
            owner.Virtual.Forget(start, start + ChunkSize);
            kernel.Ranges.Return(physical, PhysicalRanges.OrderOf(ChunkSize));
            owner.Owner.Refund();
        }
    }

    /// <summary>After the owner's death: hands at most so many chunks to the reclaimer. True: there is none left.</summary>
    public bool TearDown(Reclaimer reclaimer, int most)
    {
        for (; most > 0 && _torn < _chunks.Count; most--)
        {
            reclaimer.Add(_chunks[_torn++].Physical, ChunkSize, PhysicalRanges.OrderOf(ChunkSize), owner.Owner);
        }

        return _torn == _chunks.Count;
    }

    /// <summary>At the owner's death: its quota has them back.</summary>
    public void Refund() => owner.Owner.Refund(_chunks.Count);

    /// <summary>
    /// Finds the first page of a range that was mapped once and is a hole now. A holder that is the pager may still have what was in it;
    /// what was never mapped is taken for zeros.
    /// </summary>
    public bool TryFindAway(ulong start, ulong end, out ulong address)
    {
        address = start;
        int i = _away.IndexAtOrAfter(start >> Pages.Shift);
        if (!owner.Intercepts.MissingPages || i == _away.Count || _away[i].First << Pages.Shift >= end)
        {
            return false;
        }

        address = Math.Max(start, _away[i].First << Pages.Shift);
        return true;
    }

    void IAddressSpace.Map(VirtualAddress address, PhysicalAddress physical, ulong length, PageRights rights)
    {
        _away.Remove(address.PageNumber, length >> Pages.Shift);
        Changed(address, length);
    }

    void IAddressSpace.Protect(VirtualAddress address, ulong length, PageRights rights) => Changed(address, length);

    void IAddressSpace.Unmap(VirtualAddress address, ulong length)
    {
        if (owner.IsDead)
        {
            return;
        }

        ulong first = address.PageNumber;
        ulong count = length >> Pages.Shift;
        if (_away.Count >= MostAway)
        {
            // One range for all of them: a pager is asked for more than it has, and nothing else changes.
            ulong end = Math.Max(first + count, _away[^1].End);
            first = Math.Min(first, _away[0].First);
            count = end - first;
        }

        _away.Remove(first, count);
        _away.Add(new Extent(first, count, first, PageRights.None));
        Changed(address, length);
    }

    void IDisposable.Dispose()
    {
        if (!owner.IsDead)
        {
            owner.Virtual.Forget(0, ulong.MaxValue);
        }
    }

    private void Changed(VirtualAddress address, ulong length) => owner.Virtual.Forget(address.Value, address.Value + length);

    private Segment FindChunk(ulong address, ulong start, ulong end)
    {
        int i = IndexOfChunk(address);
        if (i < _chunks.Count && _chunks[i].Start <= address)
        {
            var (first, physical) = _chunks[i];
            start = Math.Max(start, first);
            end = Math.Min(end, first + ChunkSize);
            return new Segment(SegmentKind.Memory, start, end, physical + (start - first), PageRights.Read | PageRights.Write | PageRights.Execute);
        }

        start = i > 0 ? Math.Max(start, _chunks[i - 1].Start + ChunkSize) : start;
        end = i < _chunks.Count ? Math.Min(end, _chunks[i].Start) : end;
        return new Segment(SegmentKind.Hole, start, end, default, PageRights.None);
    }

    /// <summary>The index of the chunk that holds the address, else of the first one above it.</summary>
    private int IndexOfChunk(ulong address)
    {
        int low = 0;
        int high = _chunks.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_chunks[middle].Start + ChunkSize <= address)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    private static void Cut(ulong address, ulong first, ulong last, ref ulong start, ref ulong end)
    {
        if (last <= address)
        {
            start = Math.Max(start, last);
        }
        else
        {
            end = Math.Min(end, first);
        }
    }
}
