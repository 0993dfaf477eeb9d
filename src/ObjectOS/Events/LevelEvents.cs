using System.Globalization;
using ObjectOS.Cpu;

namespace ObjectOS.Events;

/// <summary>Sorts the events of one kernel into lanes. Used between slices only.</summary>
internal sealed class LevelEvents
{
    private readonly EventStream _stream;
    private readonly string _level;
    private readonly CallEvents _calls;
    private readonly HostEvents _host;
    private readonly Dictionary<uint, EventLane> _threads = [];
    private readonly Dictionary<EventLane, int> _children = [];
    private readonly Dictionary<EventLane, EventLane> _youngest = [];
    private int _roots;
    private ulong _taken;

    public LevelEvents(EventStream stream, string level)
    {
        _stream = stream;
        _level = level;
        _calls = new CallEvents();
        _host = new HostEvents(stream, level);
        stream.Add(this);
    }

    /// <summary>Names a stream, directory, disk or network of the host that requests can have as their target.</summary>
    public void Name(ulong target, string name, bool isText = false) => _host.Name(target, name, isText);

    /// <summary>Takes every event that the kernel has kept.</summary>
    public void Drain(IKernel kernel)
    {
        while (kernel.TryTakeEvent(out var record))
        {
            _stream.Record = ++_taken;
            Take(record);
        }
    }

    /// <summary>Ends lines that have begun.</summary>
    public void Flush()
    {
        _stream.Record = 0;
        _host.Flush();
    }

    private void Take(in EventRecord record)
    {
        switch (record.Kind)
        {
            case EventKind.Born:
                NoteBirth(record);
                break;
            case EventKind.Request:
                _host.Request(record, _threads.GetValueOrDefault(record.Peer)?.Name);
                break;
            case EventKind.Completion:
                _host.Complete(record);
                break;
            case EventKind.CellEnd:
                break;
            default:
                if (_threads.TryGetValue(record.Thread, out var lane))
                {
                    _calls.Learn(lane, record, _youngest.GetValueOrDefault(lane));
                    _stream.Add(lane, record, _calls.Digest(lane, record), _calls);
                }

                break;
        }
    }

    private void NoteBirth(in EventRecord record)
    {
        var parent = _threads.GetValueOrDefault(record.Peer);
        if (parent is not null && record.Number == CallEvents.Execute)
        {
            // The thread of a program that replaced another goes on for the thread that called execve.
            _threads[record.Thread] = parent;
            _stream.Add(parent, record, new LaneDigest(CallEvents.Execute, 0, 0), _calls);
            return;
        }

        string name;
        if (parent is null)
        {
            name = string.Create(CultureInfo.InvariantCulture, $"{_level}/t{++_roots}");
        }
        else
        {
            int ordinal = _children.GetValueOrDefault(parent) + 1;
            _children[parent] = ordinal;
            name = string.Create(CultureInfo.InvariantCulture, $"{parent.Name}.{ordinal}");
        }

        var lane = _stream.Lane(name, parent?.Name);
        _threads[record.Thread] = lane;
        if (parent is not null)
        {
            _youngest[parent] = lane;
        }
    }
}
