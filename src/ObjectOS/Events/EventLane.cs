using ObjectOS.Cpu;

namespace ObjectOS.Events;

/// <summary>
/// The events of one thread, hart, stream, disk or network, in their order. Lanes have names by birth: <c>0/t1.2</c> is the second thread that the
/// first thread of the kernel at level 0 made; <c>0/1.stdout</c> is the standard output of the first program.
/// </summary>
public sealed class EventLane
{
    /// <summary>Events from mark to mark.</summary>
    public const int MarkInterval = 32;

    private readonly List<LaneMark> _marks = [];

    internal EventLane(string name, string? parent, long birth)
    {
        Name = name;
        Parent = parent;
        Birth = birth;
    }

    /// <summary>The name, unique in the run.</summary>
    public string Name { get; }

    /// <summary>The lane of the thread that made this one's; null: none did.</summary>
    public string? Parent { get; }

    /// <summary>The number of events on the parent's lane at the birth.</summary>
    public long Birth { get; }

    /// <summary>The number of events.</summary>
    public long Count { get; private set; }

    /// <summary>The digest of all events.</summary>
    public LaneDigest Digest { get; private set; }

    /// <summary>How the lane stood after each <see cref="MarkInterval"/> events.</summary>
    public IReadOnlyList<LaneMark> Marks => _marks;

    /// <summary>Instructions that the thread had retired at the last event; 0 for other lanes.</summary>
    public ulong Retired { get; private set; }

    /// <summary>Guest time of the first event, in nanoseconds.</summary>
    public ulong FirstTime { get; private set; }

    /// <summary>Guest time of the last event, in nanoseconds.</summary>
    public ulong Time { get; private set; }

    internal void Add(LaneDigest digest, in EventRecord record)
    {
        Digest = Digest.Add(digest);
        FirstTime = Count == 0 ? record.Time : FirstTime;
        Count++;
        (Retired, Time) = (Math.Max(Retired, record.Retired), record.Time);
        if (Count % MarkInterval == 0)
        {
            _marks.Add(new LaneMark(Digest, Time, Retired, record.Pages));
        }
    }
}
