using ObjectOS.Cpu;

namespace ObjectOS.Events;

/// <summary>
/// The events of an OS object and of those under it: one lane per thread, console, disk and network, with rolling digests. Set
/// <see cref="ObjectOsOptions.Events"/> to one. Runs with the same seed and deterministic inputs have the same lanes with the same digests.
/// </summary>
/// <remarks>The OS object's thread adds events; read the lanes after its disposal, or between slices. A stream serves one tree of OS objects.</remarks>
public sealed class EventStream
{
    private readonly EventWatch? _watch;
    private readonly IReadOnlyList<EventWindow> _windows;
    private readonly Dictionary<string, EventLane> _lanes = [];
    private readonly Queue<GuestEvent> _before = new();
    private readonly List<GuestEvent> _after = [];
    private readonly List<GuestEvent> _kept = [];
    private readonly List<LevelEvents> _levels = [];
    private readonly IReadOnlyList<MemoryRange> _memory;
    private bool _isFound;

    /// <summary>Makes a stream without events.</summary>
    /// <param name="watch">An event; those around it are kept as text. Null: none are.</param>
    /// <param name="windows">Parts of lanes that are kept as text as well. Without a watch and windows only digests are kept, which costs least.</param>
    /// <param name="memory">Memory that is kept with the watched event, if the watch names its record: virtual addresses of its thread or hart. Null: none.</param>
    public EventStream(EventWatch? watch = null, IReadOnlyList<EventWindow>? windows = null, IReadOnlyList<MemoryRange>? memory = null)
    {
        _memory = memory ?? [];
        _watch = watch;
        _windows = windows ?? [];
    }

    /// <summary>Raised on the OS object's thread when the watched event and those to keep after it have come.</summary>
    public event Action? Complete;

    /// <summary>The lanes, by name in ordinal order.</summary>
    public IReadOnlyList<EventLane> Lanes
    {
        get
        {
            _levels.ForEach(level => level.Flush());
            return [.. _lanes.Values.OrderBy(lane => lane.Name, StringComparer.Ordinal)];
        }
    }

    /// <summary>The events before the watched one, on all lanes, oldest first; all last ones if it did not come.</summary>
    public IReadOnlyList<GuestEvent> Before => [.. _before];

    /// <summary>The watched event and those that followed it on its lane; empty if it did not come.</summary>
    public IReadOnlyList<GuestEvent> After => _after;

    /// <summary>The events of the windows, in their order.</summary>
    public IReadOnlyList<GuestEvent> Kept => _kept;

    /// <summary>The number of events of all lanes.</summary>
    public long Count { get; private set; }

    /// <summary>What the kernel has to keep of each event.</summary>
    internal EventDetail Detail => _watch is null && _windows.Count == 0 ? EventDetail.Digests : EventDetail.Samples;

    /// <summary>The number of the kernel's record that events are added of; 0: of none.</summary>
    internal ulong Record { get; set; }

    /// <summary>The memory that the kernel of a level keeps with the watched event; null: none.</summary>
    internal EventMemory? MemoryOf(string level) =>
        _watch is { Record: not 0 } watch && _memory.Count > 0 && watch.Lane.StartsWith(level + "/", StringComparison.Ordinal) ? new EventMemory(watch.Record, _memory) : null;

    /// <summary>The events of a lane so far, without lines that have begun; 0 if it has none.</summary>
    internal long CountOf(string lane) => _lanes.TryGetValue(lane, out var found) ? found.Count : 0;

    internal void Add(LevelEvents level) => _levels.Add(level);

    internal EventLane Lane(string name, string? parent = null)
    {
        if (!_lanes.TryGetValue(name, out var lane))
        {
            long birth = parent is not null && _lanes.TryGetValue(parent, out var above) ? above.Count : 0;
            _lanes.Add(name, lane = new EventLane(name, parent, birth));
        }

        return lane;
    }

    /// <summary>Adds an event to a lane.</summary>
    /// <param name="lane">The lane.</param>
    /// <param name="record">The kernel's record.</param>
    /// <param name="digest">The digest of the event alone.</param>
    /// <param name="text">Writes the event; asked only if the text is kept.</param>
    /// <param name="cause">The lane that caused it.</param>
    internal void Add(EventLane lane, in EventRecord record, LaneDigest digest, IEventText text, string? cause = null)
    {
        lane.Add(digest, record);
        Count++;
        bool isWatched = _watch is not null && (!_isFound || (_after.Count < _watch.After && lane.Name == _watch.Lane));
        bool isInWindow = IsInWindow(lane);
        if (!isWatched && !isInWindow)
        {
            return;
        }

        var kept = new GuestEvent(lane.Name, lane.Count, Count, text.Write(record), digest)
        {
            Retired = record.Retired, Time = record.Time, Pc = record.Pc, Cause = cause, Registers = record.Registers, Stack = record.Stack, Record = Record, Memory = record.Memory,
        };
        if (isInWindow)
        {
            _kept.Add(kept);
        }

        if (isWatched)
        {
            Watch(_watch!, lane, kept);
        }
    }

    private bool IsInWindow(EventLane lane)
    {
        foreach (var window in _windows)
        {
            if (window.Holds(lane))
            {
                return true;
            }
        }

        return false;
    }

    private void Watch(EventWatch watch, EventLane lane, GuestEvent kept)
    {
        _isFound |= lane.Name == watch.Lane && lane.Count == watch.Ordinal;
        if (!_isFound)
        {
            _before.Enqueue(kept);
            if (_before.Count > watch.Before)
            {
                _before.Dequeue();
            }

            return;
        }

        _after.Add(kept);
        if (_after.Count == watch.After)
        {
            Complete?.Invoke();
        }
    }
}
