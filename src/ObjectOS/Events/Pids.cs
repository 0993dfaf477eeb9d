namespace ObjectOS.Events;

/// <summary>Which lane has which number of a process or thread, as system calls show it: numbers differ between versions, lanes do not.</summary>
internal sealed class Pids
{
    private readonly Dictionary<(string Family, ulong Number), EventLane> _lanes = [];

    /// <summary>Notes that a lane's thread has a number.</summary>
    public void Learn(EventLane lane, ulong number)
    {
        if (number is > 0 and < int.MaxValue)
        {
            _lanes.TryAdd((FamilyOf(lane), number), lane);
        }
    }

    /// <summary>The lane that has the number among the relatives of <paramref name="of"/>; null if none is known.</summary>
    public EventLane? Find(EventLane of, ulong number) => _lanes.GetValueOrDefault((FamilyOf(of), number));

    /// <summary>The oldest ancestor's name: each program numbers its own processes.</summary>
    private static string FamilyOf(EventLane lane) => lane.Name.IndexOf('.', lane.Name.IndexOf('/')) is var dot and >= 0 ? lane.Name[..dot] : lane.Name;
}
