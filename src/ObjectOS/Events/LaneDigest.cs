using ObjectOS.Abi;

namespace ObjectOS.Events;

/// <summary>
/// Rolling digests of the events of a lane, in three parts: two runs of different versions may differ in time and be equal otherwise. Equal
/// digests mean equal events, but for the rare collision of 64 bits.
/// </summary>
/// <param name="Control">Which events in which order, with the arguments and results that are the same in every version.</param>
/// <param name="Payload">The bytes that went in and out.</param>
/// <param name="Timing">Times, and bytes that hold times.</param>
public readonly record struct LaneDigest(ulong Control, ulong Payload, ulong Timing)
{
    /// <summary>Returns the digest followed by an event.</summary>
    public LaneDigest Add(LaneDigest next) =>
        new(Digest64.Add(Control, next.Control), Digest64.Add(Payload, next.Payload), Digest64.Add(Timing, next.Timing));
}
