using ObjectOS.Abi;

namespace ObjectOS.Machine.Mmu;

/// <summary>A run of virtual pages that goes to a run of physical pages with the same rights. Unit: pages.</summary>
internal readonly record struct Extent(ulong First, ulong Count, ulong Physical, PageRights Rights)
{
    /// <summary>The first page after it.</summary>
    public ulong End => First + Count;

    public bool Continues(in Extent before) =>
        before.End == First && before.Physical + before.Count == Physical && before.Rights == Rights;
}

/// <summary>The extents of an address space, sorted, apart from each other, joined where they can be.</summary>
internal sealed class ExtentMap
{
    private readonly List<Extent> _extents = [];

    // Where the last look-up ended; most go to the same extent.
    private int _recent;

    /// <summary>Extents; for tests.</summary>
    public int Count => _extents.Count;

    public bool TryFind(ulong page, out Extent extent)
    {
        if (_recent < _extents.Count)
        {
            extent = _extents[_recent];
            if (page - extent.First < extent.Count)
                return true;
        }

        int index = IndexOfLastBefore(page);
        if (index >= 0)
        {
            extent = _extents[index];
            if (page - extent.First < extent.Count)
            {
                _recent = index;
                return true;
            }
        }

        extent = default;
        return false;
    }

    public bool Overlaps(ulong first, ulong count)
    {
        int index = IndexOfLastBefore(first + count - 1);
        return index >= 0 && _extents[index].End > first;
    }

    /// <summary>True where every page of the range is mapped.</summary>
    public bool Covers(ulong first, ulong count)
    {
        ulong end = first + count;
        int index = IndexOfLastBefore(first);
        if (index < 0)
            return false;
        for (; index < _extents.Count && _extents[index].First <= first; index++)
        {
            if (_extents[index].End <= first)
                continue;
            first = _extents[index].End;
            if (first >= end)
                return true;
        }

        return false;
    }

    /// <summary>Adds an extent that overlaps none.</summary>
    public void Add(in Extent extent)
    {
        int index = IndexOfLastBefore(extent.First) + 1;
        _extents.Insert(index, extent);
        Join(index, index);
    }

    public void SetRights(ulong first, ulong count, PageRights rights)
    {
        (int from, int to) = Isolate(first, count);
        for (int i = from; i < to; i++)
            _extents[i] = _extents[i] with { Rights = rights };
        Join(from, to - 1);
    }

    public void Remove(ulong first, ulong count)
    {
        (int from, int to) = Isolate(first, count);
        _extents.RemoveRange(from, to - from);
    }

    public void Clear() => _extents.Clear();

    /// <summary>The last extent that begins at or before the page; −1: none.</summary>
    private int IndexOfLastBefore(ulong page)
    {
        int low = 0;
        int high = _extents.Count;
        while (low < high)
        {
            int middle = (low + high) >> 1;
            if (_extents[middle].First <= page)
                low = middle + 1;
            else
                high = middle;
        }

        return low - 1;
    }

    /// <summary>Splits extents at both ends of the range; the extents in it are those from the first index to before the second.</summary>
    private (int From, int To) Isolate(ulong first, ulong count) => (SplitAt(first), SplitAt(first + count));

    /// <summary>The index of the first extent that begins at or after the page, once none lies across it.</summary>
    private int SplitAt(ulong page)
    {
        int index = IndexOfLastBefore(page);
        if (index < 0)
            return 0;
        Extent extent = _extents[index];
        if (extent.First == page)
            return index;
        if (extent.End > page)
        {
            ulong head = page - extent.First;
            _extents[index] = extent with { Count = head };
            _extents.Insert(index + 1, new Extent(page, extent.Count - head, extent.Physical + head, extent.Rights));
        }

        return index + 1;
    }

    private void Join(int from, int to)
    {
        for (int i = Math.Min(to + 1, _extents.Count - 1); i > 0 && i >= from; i--)
        {
            if (!_extents[i].Continues(_extents[i - 1]))
                continue;
            _extents[i - 1] = _extents[i - 1] with { Count = _extents[i - 1].Count + _extents[i].Count };
            _extents.RemoveAt(i);
        }
    }
}
