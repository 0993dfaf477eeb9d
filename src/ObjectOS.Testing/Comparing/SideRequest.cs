using ObjectOS.Events;

namespace ObjectOS.Testing.Comparing;

/// <summary>What one run of a version is to keep.</summary>
/// <param name="Seed">The seed of all that is random to guests; null: the version's own.</param>
/// <param name="Watch">The event around which events are kept as text; null: none.</param>
/// <param name="Windows">Parts of lanes that are kept as text.</param>
public sealed record SideRequest(ulong? Seed = null, EventWatch? Watch = null, IReadOnlyList<EventWindow>? Windows = null);
