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

    public IReadOnlyList<LinuxThread> Of(ulong wait) => _queues.TryGetValue(wait, out var queue) ? queue : [];
}
