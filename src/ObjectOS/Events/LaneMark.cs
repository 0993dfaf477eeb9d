namespace ObjectOS.Events;

/// <summary>A lane after some of its events.</summary>
/// <param name="Digest">The digest of all events up to there.</param>
/// <param name="Time">Guest time in nanoseconds.</param>
/// <param name="Retired">Instructions that the thread had retired; 0 for a lane of no thread.</param>
/// <param name="Pages">Pages that the thread's cell held; 0 for a lane of no thread.</param>
public readonly record struct LaneMark(LaneDigest Digest, ulong Time, ulong Retired, ulong Pages);
