using ObjectOS.Cpu;

namespace ObjectOS.Events;

/// <summary>
/// The events of an OS object and of those under it: one lane per thread, console, disk and network, with rolling digests. Set
/// <see cref="ObjectOsOptions.Events"/> to one. Runs with the same seed and deterministic inputs have the same lanes with the same digests.
/// </summary>
/// <remarks>The OS object's thread adds events; read the lanes after its disposal, or between slices. A stream serves one tree of OS objects.</remarks>
/// <param name="watch">The events to keep as text; null: none, and digests alone are kept, which costs least.</param>
public sealed class EventStream(EventWatch? watch = null)
{
    private readonly Dictionary<string, EventLane> _lanes = [];
    private readonly Queue<GuestEvent> _before = new();
    private readonly List<GuestEvent> _after = [];
    private readonly List<LevelEvents> _levels = [];
    private long _sequence;
    private bool _isFound;

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

    /// <summary>The number of events of all lanes.</summary>
    public long Count => _sequence;

    /// <summary>What the kernel has to keep of each event.</summary>
    internal EventDetail Detail => watch is null ? EventDetail.Digests : EventDetail.Samples;

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
        lane.Add(digest, record.Retired, record.Time);
        _sequence++;
        if (watch is null || (_isFound && (_after.Count >= watch.After || lane.Name != watch.Lane)))
        {
            return;
        }

        var kept = new GuestEvent(lane.Name, lane.Count, _sequence, text.Write(record), digest)
        {
            Retired = record.Retired, Time = record.Time, Pc = record.Pc, Cause = cause, Registers = record.Registers, Stack = record.Stack,
        };
        _isFound |= lane.Name == watch.Lane && lane.Count == watch.Ordinal;
        if (_isFound)
        {
            _after.Add(kept);
            return;
        }

        _before.Enqueue(kept);
        if (_before.Count > watch.Before)
        {
            _before.Dequeue();
        }
    }
}
