using ObjectOS.Events;

namespace ObjectOS.Testing.Comparing;

/// <summary>Which part of events is compared. Control goes before payload, payload before timing.</summary>
internal enum EventPart
{
    Control,
    Payload,
    Timing,
}

/// <summary>Finds which lanes of two runs differ, and in which block of events first.</summary>
internal static class LaneComparison
{
    /// <summary>The first part in which any lane differs; null: none does.</summary>
    public static EventPart? FirstPart(SideRun left, SideRun right)
    {
        foreach (var part in Enum.GetValues<EventPart>())
        {
            if (Differing(left, right, part).Any())
            {
                return part;
            }
        }

        return null;
    }

    /// <summary>The lanes that differ in a part, or that only one run has.</summary>
    public static IEnumerable<string> Differing(SideRun left, SideRun right, EventPart part)
    {
        var lefts = left.Lanes.ToDictionary(lane => lane.Name);
        var rights = right.Lanes.ToDictionary(lane => lane.Name);
        return lefts.Keys.Union(rights.Keys).Order(StringComparer.Ordinal).Where(name =>
            !lefts.TryGetValue(name, out var a) || !rights.TryGetValue(name, out var b)
                ? part == EventPart.Control
                : Of(a.Digest, part) != Of(b.Digest, part) || (part == EventPart.Control && a.Count != b.Count));
    }

    /// <summary>
    /// The events among which the first difference of a lane is: rolling digests that differ once differ from then on, so that a binary search over the
    /// marks finds the block.
    /// </summary>
    public static EventWindow Window(SideRun left, SideRun right, string name, EventPart part)
    {
        var a = left.Lanes.FirstOrDefault(lane => lane.Name == name);
        var b = right.Lanes.FirstOrDefault(lane => lane.Name == name);
        if (a is null || b is null)
        {
            return new EventWindow(name, 1, EventLane.MarkInterval);
        }

        int low = 0, high = Math.Min(a.Marks.Count, b.Marks.Count);
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (Of(a.Marks[middle].Digest, part) == Of(b.Marks[middle].Digest, part))
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return new EventWindow(name, ((long)low * EventLane.MarkInterval) + 1, EventLane.MarkInterval);
    }

    /// <summary>The first event of a lane's window in which two runs differ; null if none does there.</summary>
    public static (long Ordinal, SideEvent? Left, SideEvent? Right)? First(IEnumerable<SideEvent> left, IEnumerable<SideEvent> right, EventPart part)
    {
        var lefts = left.ToDictionary(e => e.Ordinal);
        var rights = right.ToDictionary(e => e.Ordinal);
        foreach (long ordinal in lefts.Keys.Union(rights.Keys).Order())
        {
            var a = lefts.GetValueOrDefault(ordinal);
            var b = rights.GetValueOrDefault(ordinal);
            if (a is null || b is null || Of(a.Digest, part) != Of(b.Digest, part))
            {
                return (ordinal, a, b);
            }
        }

        return null;
    }

    private static ulong Of(LaneDigest digest, EventPart part) => part switch
    {
        EventPart.Control => digest.Control,
        EventPart.Payload => digest.Payload,
        _ => digest.Timing,
    };
}
