namespace ObjectOS.Services.Linux;

/// <summary>The timers of a process.</summary>
internal sealed class ProcessTimers(LinuxProcess process)
{
    /// <summary>Most timers of a process.</summary>
    private const int Most = 1024;

    private readonly SortedDictionary<int, ProcessTimer> _timers = [];
    private int _nextId;

    /// <summary>When one of them is to be looked at.</summary>
    public ulong WakeAt { get; private set; } = LinuxCall.Never;

    public bool HasRoom => _timers.Count < Most && process.Job.Tree.HasRoomFor(ProcessTimer.Cost);

    /// <summary>The number that the next one gets.</summary>
    public int NextId => _nextId;

    public ProcessTimer? Find(int id) => _timers.GetValueOrDefault(id);

    public void Add(ProcessTimer timer)
    {
        process.Job.Tree.Hold(ProcessTimer.Cost);
        _timers.Add(timer.Id, timer);
        _nextId = timer.Id + 1;
    }

    public void Remove(int id)
    {
        _timers.Remove(id);
        process.Job.Tree.Return(ProcessTimer.Cost);
        Renew();
    }

    public void Clear()
    {
        process.Job.Tree.Return((ulong)_timers.Count * ProcessTimer.Cost);
        _timers.Clear();
        WakeAt = LinuxCall.Never;
    }

    /// <summary>Finds out anew when one of them is to be looked at.</summary>
    public void Renew() => WakeAt = _timers.Count == 0 ? LinuxCall.Never : _timers.Values.Min(timer => timer.Timer.WakeAt);

    /// <summary>Sends the signals of those that have expired.</summary>
    public void Fire(ulong now)
    {
        foreach (var timer in _timers.Values.Where(timer => timer.Timer.WakeAt <= now).ToArray())
        {
            Send(timer, (int)Math.Min(timer.Timer.Advance(now), int.MaxValue));
        }

        Renew();
    }

    private void Send(ProcessTimer timer, int times)
    {
        const int None = 1;
        const int Thread = 4;
        if (times == 0 || timer.Notify == None)
        {
            return;
        }

        var thread = timer.Notify == Thread ? process.Threads.Find(thread => thread.Id == timer.ThreadId) : null;
        if (timer.Notify == Thread && thread is null)
        {
            return;
        }

        if ((thread?.Pending ?? process.Pending).TryAddOverrun(timer.Signal, timer.Id, times))
        {
            timer.Overrun = (int)Math.Min(int.MaxValue, (long)timer.Overrun + times);
            return;
        }

        timer.Overrun = times - 1;
        var info = new SignalInfo(timer.Signal, SignalInfo.FromTimer, timer.Id, timer.Value) { Overrun = timer.Overrun };
        if (thread is not null)
        {
            process.System.Send(thread, info);
        }
        else
        {
            process.System.Send(process, info);
        }
    }

    public void Save(BinaryWriter writer)
    {
        writer.Write(_nextId);
        writer.Write(_timers.Count);
        foreach (var timer in _timers.Values)
        {
            timer.Save(writer);
        }
    }

    public void Restore(BinaryReader reader)
    {
        _nextId = reader.ReadInt32();
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            var timer = ProcessTimer.Restore(reader);
            _timers.Add(timer.Id, timer);
        }

        Renew();
    }
}
