namespace ObjectOS.Services.Linux;

/// <summary>Which threads wait for what. What is waited for is a number of its own: a pipe's, a stream's, a process's children.</summary>
internal sealed class WaitQueues
{
    private readonly Dictionary<ulong, List<LinuxThread>> _queues = [];

    public void Add(ulong wait, LinuxThread thread)
    {
        if (!_queues.TryGetValue(wait, out var queue))
        {
            _queues.Add(wait, queue = []);
        }

        queue.Add(thread);
        thread.Call.WaitsFor.Add(wait);
    }

    public void Remove(LinuxThread thread)
    {
        foreach (ulong wait in thread.Call.WaitsFor)
        {
            if (_queues.TryGetValue(wait, out var queue))
            {
                queue.Remove(thread);
                if (queue.Count == 0)
                {
                    _queues.Remove(wait);
                }
            }
        }

        thread.Call.WaitsFor.Clear();
    }

    /// <summary>Writes who waits, in the order in which they are woken.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(_queues.Count);
        foreach (var (wait, queue) in _queues.OrderBy(entry => entry.Key))
        {
            writer.Write(wait);
            writer.Write(queue.Count);
            queue.ForEach(thread => writer.Write(thread.Number));
        }
    }

    /// <summary>Takes what <see cref="Save"/> wrote; what each call waits for is restored with it.</summary>
    public void Restore(BinaryReader reader, IReadOnlyDictionary<ulong, LinuxThread> threads)
    {
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            var queue = new List<LinuxThread>();
            _queues.Add(reader.ReadUInt64(), queue);
            for (int waiting = reader.ReadInt32(); waiting > 0; waiting--)
            {
                queue.Add(threads[reader.ReadUInt64()]);
            }
        }
    }

    public IReadOnlyList<LinuxThread> Of(ulong wait) => _queues.TryGetValue(wait, out var queue) ? queue : [];
}
