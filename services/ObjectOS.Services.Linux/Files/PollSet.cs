namespace ObjectOS.Services.Linux;

/// <summary>
/// The files that an epoll descriptor watches (epoll(7)). An item comes onto the list of ready ones when its file may have become ready; a wait
/// looks at that list alone, so its work is bounded by what has happened, not by what is watched.
/// </summary>
internal sealed class PollSet(OpenFile file)
{
    /// <summary>How deep sets may watch sets (EP_MAX_NESTS of fs/eventpoll.c).</summary>
    public const int MostNested = 4;

    private readonly SortedDictionary<(int Descriptor, ulong File), PollItem> _items = [];

    /// <summary>The open file that the set is.</summary>
    public OpenFile File => file;

    /// <summary>Items that may be ready, in the order in which they are reported.</summary>
    public LinkedList<PollItem> Ready { get; } = [];

    public IReadOnlyCollection<PollItem> Items => _items.Values;

    public PollItem? Find(int descriptor, OpenFile watched) => _items.GetValueOrDefault((descriptor, watched.Id));

    public PollItem Add(WaitQueues waits, int descriptor, OpenFile watched, ulong wait, ulong order)
    {
        var item = new PollItem(this, descriptor, watched, wait, order);
        _items.Add((descriptor, watched.Id), item);
        watched.Watchers.AddLast(item.FileNode);
        waits.Watch(item);
        return item;
    }

    public void Remove(WaitQueues waits, PollItem item)
    {
        _items.Remove((item.Descriptor, item.File.Id));
        item.IsReady = false;
        waits.Unwatch(item);
        item.FileNode.List?.Remove(item.FileNode);
    }

    /// <summary>Removes all items: the set's last descriptor is closed.</summary>
    public void Clear(WaitQueues waits)
    {
        foreach (var item in _items.Values.ToArray())
        {
            Remove(waits, item);
        }
    }

    public void Save(BinaryWriter writer)
    {
        writer.Write(_items.Count);
        foreach (var item in _items.Values)
        {
            item.Save(writer);
        }

        writer.Write(Ready.Count);
        foreach (var item in Ready)
        {
            writer.Write(item.Descriptor);
            writer.Write(item.File.Id);
        }
    }

    /// <summary>Reads the items; <see cref="Link"/> connects them once every file is there.</summary>
    public PollSetRecord Restore(BinaryReader reader)
    {
        var record = new PollSetRecord(this);
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            record.Items.Add((reader.ReadInt32(), reader.ReadUInt64(), reader.ReadUInt64(), reader.ReadUInt64(), reader.ReadUInt32(), reader.ReadUInt64()));
        }

        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            record.Ready.Add((reader.ReadInt32(), reader.ReadUInt64()));
        }

        return record;
    }

    /// <summary>Connects the items of all sets of a job: what watches one file keeps its order.</summary>
    public static void Link(IEnumerable<PollSetRecord> records, IReadOnlyDictionary<ulong, OpenFile> files, WaitQueues waits)
    {
        var all = records.ToList();
        foreach (var (set, (descriptor, id, wait, order, events, data)) in all.SelectMany(record => record.Items.Select(item => (record.Set, item))).OrderBy(entry => entry.item.Order))
        {
            var item = set.Add(waits, descriptor, files[id], wait, order);
            item.Events = events;
            item.Data = data;
        }

        foreach (var record in all)
        {
            foreach (var (descriptor, id) in record.Ready)
            {
                record.Set._items[(descriptor, id)].IsReady = true;
            }
        }
    }
}

/// <summary>What a saved poll set says, before its files are known.</summary>
internal sealed record PollSetRecord(PollSet Set)
{
    public List<(int Descriptor, ulong File, ulong Wait, ulong Order, uint Events, ulong Data)> Items { get; } = [];

    public List<(int Descriptor, ulong File)> Ready { get; } = [];
}
