namespace ObjectOS.Events;

/// <summary>Events of one lane that a stream keeps as text.</summary>
/// <param name="Lane">The name of the lane.</param>
/// <param name="First">The first event, from 1.</param>
/// <param name="Count">The number of events.</param>
public sealed record EventWindow(string Lane, long First, int Count)
{
    internal bool Holds(EventLane lane) => lane.Name == Lane && lane.Count >= First && lane.Count - First < Count;
}
