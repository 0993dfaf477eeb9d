using ObjectOS.Abi;

namespace ObjectOS.Objects;

/// <summary>Pages of an address space that lie one behind the other in physical memory as well. Numbers of pages, not bytes.</summary>
internal readonly record struct Extent(ulong First, ulong Count, ulong Physical, PageRights Rights)
{
    public ulong End => First + Count;

    /// <summary>The part that lies in a range that overlaps it.</summary>
    public Extent Part(ulong first, ulong end)
    {
        ulong from = Math.Max(first, First);
        return new Extent(from, Math.Min(end, End) - from, Physical + (from - First), Rights);
    }
}

/// <summary>Extents that do not overlap, ascending by address.</summary>
internal sealed class ExtentList
{
    private readonly List<Extent> _items = [];

    public int Count => _items.Count;

    public Extent this[int index] => _items[index];

    /// <summary>The index of the extent that holds the page, else of the first one above it.</summary>
    public int IndexAtOrAfter(ulong page)
    {
        int low = 0;
        int high = _items.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_items[middle].End <= page)
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

    public bool TryFind(ulong page, out Extent extent)
    {
        int i = IndexAtOrAfter(page);
        extent = i < _items.Count ? _items[i] : default;
        return i < _items.Count && extent.First <= page;
    }

    public bool Overlaps(ulong first, ulong count)
    {
        int i = IndexAtOrAfter(first);
        return i < _items.Count && _items[i].First < first + count;
    }

    public bool Covers(ulong first, ulong count)
    {
        ulong at = first;
        for (int i = IndexAtOrAfter(first); at < first + count; i++)
        {
            if (i == _items.Count || _items[i].First > at)
            {
                return false;
            }

            at = _items[i].End;
        }

        return true;
    }

    public void Add(Extent extent) => _items.Insert(IndexAtOrAfter(extent.First), extent);

    public void Remove(ulong first, ulong count)
    {
        int from = Split(first);
        int to = Split(first + count);
        _items.RemoveRange(from, to - from);
    }

    public void SetRights(ulong first, ulong count, PageRights rights)
    {
        int from = Split(first);
        int to = Split(first + count);
        for (int i = from; i < to; i++)
        {
            _items[i] = _items[i] with { Rights = rights };
        }
    }

    /// <summary>Makes a boundary at the page; the index of the first extent at or above it.</summary>
    private int Split(ulong page)
    {
        int i = IndexAtOrAfter(page);
        if (i < _items.Count && _items[i].First < page)
        {
            var whole = _items[i];
            _items[i] = whole.Part(whole.First, page);
            _items.Insert(++i, whole.Part(page, whole.End));
        }

        return i;
    }
}
