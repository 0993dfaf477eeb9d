namespace ObjectOS.Services.Linux;

/// <summary>
/// Which threads wait for which numbers, and which items of poll sets watch them. A number stands for what is waited for: a pipe's readers, a stream,
/// a process's children. A thread stands once in a queue, however often its call names it, and leaves each queue in constant time.
/// </summary>
internal sealed class WaitQueues
{
    private readonly Dictionary<ulong, LinkedList<LinuxThread>> _queues = [];
    private readonly Dictionary<ulong, LinkedList<PollItem>> _watchers = [];

    /// <summary>Has a thread wait. One that waits for it already keeps its place.</summary>
    public void Add(ulong wait, LinuxThread thread)
    {
        thread.Call.Renewed.Add(wait);
        if (thread.Call.WaitsFor.ContainsKey(wait))
        {
            return;
        }

        if (!_queues.TryGetValue(wait, out var queue))
        {
            _queues.Add(wait, queue = []);
        }

        thread.Call.WaitsFor.Add(wait, queue.AddLast(thread));
    }

    public void Remove(LinuxThread thread)
    {
        foreach (var (wait, node) in thread.Call.WaitsFor)
        {
            Remove(wait, node);
        }

        thread.Call.WaitsFor.Clear();
    }

    /// <summary>Takes a thread from all queues but those in <paramref name="kept"/>, where it keeps its place.</summary>
    public void RemoveAllBut(IReadOnlySet<ulong> kept, LinuxThread thread)
    {
        foreach (var (wait, node) in thread.Call.WaitsFor.Where(entry => !kept.Contains(entry.Key)).ToArray())
        {
            Remove(wait, node);
            thread.Call.WaitsFor.Remove(wait);
        }
    }

    private void Remove(ulong wait, LinkedListNode<LinuxThread> node)
    {
        var queue = _queues[wait];
        queue.Remove(node);
        if (queue.Count == 0)
        {
            _queues.Remove(wait);
        }
    }

    /// <summary>The threads that wait for it, in the order in which they are woken.</summary>
    public IReadOnlyCollection<LinuxThread> Of(ulong wait) => _queues.TryGetValue(wait, out var queue) ? queue : [];

    /// <summary>Has an item of a poll set watch a number.</summary>
    public void Watch(PollItem item)
    {
        if (!_watchers.TryGetValue(item.Wait, out var watchers))
        {
            _watchers.Add(item.Wait, watchers = []);
        }

        watchers.AddLast(item.WatchNode);
    }

    public void Unwatch(PollItem item)
    {
        if (item.WatchNode.List is { } watchers)
        {
            watchers.Remove(item.WatchNode);
            if (watchers.Count == 0)
            {
                _watchers.Remove(item.Wait);
            }
        }
    }

    /// <summary>The items that watch it, oldest first.</summary>
    public IReadOnlyCollection<PollItem> WatchersOf(ulong wait) => _watchers.TryGetValue(wait, out var watchers) ? watchers : [];

    /// <summary>Writes which threads wait, in the order in which they are woken. The poll sets write their items.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(_queues.Count);
        foreach (var (wait, queue) in _queues.OrderBy(entry => entry.Key))
        {
            writer.Write(wait);
            writer.Write(queue.Count);
            foreach (var thread in queue)
            {
                writer.Write(thread.Number);
            }
        }
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public void Restore(BinaryReader reader, IReadOnlyDictionary<ulong, LinuxThread> threads)
    {
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            ulong wait = reader.ReadUInt64();
            for (int waiting = reader.ReadInt32(); waiting > 0; waiting--)
            {
                Add(wait, threads[reader.ReadUInt64()]);
            }
        }
    }
}
