namespace ObjectOS.Events;

/// <summary>Which events a stream keeps as text: those around one event.</summary>
/// <param name="Lane">The lane of the event.</param>
/// <param name="Ordinal">Its number on the lane, from 1.</param>
/// <param name="Before">Most events of all lanes to keep before it.</param>
/// <param name="After">Most events to keep from it on: each of its own lane.</param>
/// <param name="Record">The event's <see cref="GuestEvent.Record"/>, to keep memory with it; 0: none is kept.</param>
public sealed record EventWatch(string Lane, long Ordinal, int Before = 256, int After = 64, ulong Record = 0);
