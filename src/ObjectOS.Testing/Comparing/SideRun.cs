using ObjectOS.Events;

namespace ObjectOS.Testing.Comparing;

/// <summary>What one run of a version left behind; plain data, that a worker process can send.</summary>
public sealed record SideRun
{
    /// <summary>How the guest ended.</summary>
    public required string End { get; init; }

    /// <summary>Its exit code.</summary>
    public int ExitCode { get; init; }

    /// <summary>One sentence, for every end but its own.</summary>
    public string? Message { get; init; }

    /// <summary>All that it wrote, as UTF-8.</summary>
    public string Output { get; init; } = "";

    /// <summary>Instructions that it retired.</summary>
    public ulong Instructions { get; init; }

    /// <summary>Virtual instructions: retired, and charged for the work of kernel and services.</summary>
    public ulong Charged { get; init; }

    /// <summary>Most memory that it held, in bytes.</summary>
    public ulong PeakMemory { get; init; }

    /// <summary>Guest time from the start of the kernel to the last event, in nanoseconds.</summary>
    public ulong Time { get; init; }

    /// <summary>SHA-256 over registers and memory at the end; null if it is not known.</summary>
    public string? StateHash { get; init; }

    /// <summary>What was not as the scenario wants it, one sentence each; empty: all was.</summary>
    public IReadOnlyList<string> Failures { get; init; } = [];

    /// <summary>Faults that were to happen and did not; empty in runs that may end before.</summary>
    public IReadOnlyList<UnreachedFault> UnreachedFaults { get; init; } = [];

    /// <summary>The lanes, by name in ordinal order.</summary>
    public IReadOnlyList<SideLane> Lanes { get; init; } = [];

    /// <summary>Events before the watched one.</summary>
    public IReadOnlyList<SideEvent> Before { get; init; } = [];

    /// <summary>The watched event and those after it on its lane.</summary>
    public IReadOnlyList<SideEvent> After { get; init; } = [];

    /// <summary>The guest's variables at the watched event, if the watch names its record and the guest's file has symbols.</summary>
    public IReadOnlyList<GuestVariable> Variables { get; init; } = [];

    /// <summary>Events of the windows.</summary>
    public IReadOnlyList<SideEvent> Kept { get; init; } = [];
}

/// <summary>A fault that was to happen in a run and did not.</summary>
/// <param name="Text">Which, and how far the guest came, in one sentence.</param>
/// <param name="IsOfVersion">True: the version's own, as in <c>left+fault:call:120</c>; false: the scenario's.</param>
public sealed record UnreachedFault(string Text, bool IsOfVersion);

/// <summary>A lane of a run.</summary>
/// <param name="Name">The name.</param>
/// <param name="Parent">The lane of the thread that made this one's.</param>
/// <param name="Birth">The number of events on the parent's lane at the birth.</param>
/// <param name="Count">The number of events.</param>
/// <param name="Digest">The digest of all of them.</param>
/// <param name="Retired">Instructions that the thread retired.</param>
/// <param name="FirstTime">Guest time of the first event, in nanoseconds.</param>
/// <param name="LastTime">Guest time of the last event, in nanoseconds.</param>
/// <param name="Marks">How the lane stood from time to time, each <see cref="EventLane.MarkInterval"/> events.</param>
public sealed record SideLane(
    string Name, string? Parent, long Birth, long Count, LaneDigest Digest, ulong Retired, ulong FirstTime, ulong LastTime, IReadOnlyList<LaneMark> Marks);

/// <summary>An event of a run.</summary>
/// <param name="Lane">The name of its lane.</param>
/// <param name="Ordinal">Its number on the lane, from 1.</param>
/// <param name="Sequence">Its number in the run, from 1.</param>
/// <param name="Text">What happened.</param>
/// <param name="Digest">Its digest.</param>
/// <param name="Retired">Instructions that the thread had retired.</param>
/// <param name="Time">Guest time in nanoseconds.</param>
/// <param name="Pc">The program counter; 0: of no thread.</param>
/// <param name="Cause">The lane that caused it; null: none, or its own.</param>
/// <param name="Stack">The functions that were active, innermost first; empty if they are not known.</param>
public sealed record SideEvent(
    string Lane, long Ordinal, long Sequence, string Text, LaneDigest Digest, ulong Retired, ulong Time, ulong Pc, string? Cause, IReadOnlyList<string> Stack)
{
    /// <summary>The number of the kernel's record that it is of, as <see cref="GuestEvent.Record"/>; 0: none.</summary>
    public ulong Record { get; init; }
}
