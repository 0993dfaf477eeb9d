namespace ObjectOS.Services.Linux;

/// <summary>A futex's name: private to an address space, or in a block that several share.</summary>
internal readonly record struct FutexKey(ulong Space, ulong Address);

/// <summary>Threads that wait on futexes, first come first.</summary>
internal sealed class FutexTable
{
    private static readonly Comparer<FutexKey> ByAddress = Comparer<FutexKey>.Create((a, b) => (a.Space, a.Address).CompareTo((b.Space, b.Address)));

    private readonly Dictionary<FutexKey, LinkedList<Waiter>> _queues = [];
    private readonly Dictionary<LinuxThread, LinkedListNode<Waiter>> _waiting = [];

    /// <summary>The thread that holds a lock others wait for, by number, and the locks of each such thread.</summary>
    private readonly Dictionary<FutexKey, ulong> _holders = [];
    private readonly Dictionary<ulong, SortedSet<FutexKey>> _held = [];

    private readonly record struct Waiter(FutexKey Key, LinuxThread Thread, uint Bits);

    public void Add(FutexKey key, LinuxThread thread, uint bits)
    {
        if (!_queues.TryGetValue(key, out var queue))
        {
            _queues.Add(key, queue = []);
        }

        _waiting[thread] = queue.AddLast(new Waiter(key, thread, bits));
    }

    /// <summary>Takes note of the thread that holds the lock while others wait for it.</summary>
    public void SetHolder(FutexKey key, ulong thread)
    {
        ClearHolder(key);
        if (_queues.ContainsKey(key))
        {
            _holders.Add(key, thread);
            if (!_held.TryGetValue(thread, out var held))
            {
                _held.Add(thread, held = new SortedSet<FutexKey>(ByAddress));
            }

            held.Add(key);
        }
    }

    /// <summary>The locks that a thread holds and others wait for, in the order of their addresses.</summary>
    public IReadOnlyCollection<FutexKey> HeldBy(ulong thread) => _held.TryGetValue(thread, out var held) ? [.. held] : [];

    private void ClearHolder(FutexKey key)
    {
        if (_holders.Remove(key, out ulong holder))
        {
            _held[holder].Remove(key);
            if (_held[holder].Count == 0)
            {
                _held.Remove(holder);
            }
        }
    }

    private void Drop(FutexKey key)
    {
        _queues.Remove(key);
        ClearHolder(key);
    }

    public void Remove(LinuxThread thread)
    {
        if (!_waiting.Remove(thread, out var node))
        {
            return;
        }

        var queue = node.List!;
        queue.Remove(node);
        if (queue.Count == 0)
        {
            Drop(node.Value.Key);
        }
    }

    public IReadOnlyCollection<LinuxThread> Of(FutexKey key) => _queues.TryGetValue(key, out var queue) ? [.. queue.Select(entry => entry.Thread)] : [];

    public bool IsWaiting(LinuxThread thread) => _waiting.ContainsKey(thread);

    /// <summary>Takes at most that many waiters out. <paramref name="seen"/> counts those that were looked at.</summary>
    public List<LinuxThread> Take(FutexKey key, ulong count, uint bits, out int seen)
    {
        seen = 0;
        var taken = new List<LinuxThread>();
        if (!_queues.TryGetValue(key, out var queue))
        {
            return taken;
        }

        for (var node = queue.First; node is not null && (ulong)taken.Count < count;)
        {
            var next = node.Next;
            seen++;
            if ((node.Value.Bits & bits) != 0)
            {
                queue.Remove(node);
                _waiting.Remove(node.Value.Thread);
                taken.Add(node.Value.Thread);
            }

            node = next;
        }

        if (queue.Count == 0)
        {
            Drop(key);
        }

#if LOST_WAKE_UP
        // Planted for tests: if four are woken at once, the last is removed from the queue but never woken.
        if (taken.Count > 3)
        {
            taken.RemoveAt(taken.Count - 1);
        }

#endif
        return taken;
    }

    /// <summary>Has at most that many waiters wait for another futex.</summary>
    public int Move(FutexKey from, FutexKey to, ulong count)
    {
        var moved = Take(from, count, uint.MaxValue, out _);
        foreach (var thread in moved)
        {
            Add(to, thread, uint.MaxValue);
        }

        return moved.Count;
    }

    public void Save(BinaryWriter writer)
    {
        writer.Write(_waiting.Count);
        foreach (var (key, queue) in _queues.OrderBy(queue => queue.Key, ByAddress))
        {
            foreach (var (_, thread, bits) in queue)
            {
                writer.Write(key.Space);
                writer.Write(key.Address);
                writer.Write(thread.Number);
                writer.Write(bits);
            }
        }

        writer.Write(_holders.Count);
        foreach (var (key, holder) in _holders.OrderBy(entry => entry.Key, ByAddress))
        {
            writer.Write(key.Space);
            writer.Write(key.Address);
            writer.Write(holder);
        }
    }

    public void Restore(BinaryReader reader, IReadOnlyDictionary<ulong, LinuxThread> threads)
    {
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            var key = new FutexKey(reader.ReadUInt64(), reader.ReadUInt64());
            var thread = threads[reader.ReadUInt64()];
            Add(key, thread, reader.ReadUInt32());
        }

        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            SetHolder(new FutexKey(reader.ReadUInt64(), reader.ReadUInt64()), reader.ReadUInt64());
        }
    }
}
