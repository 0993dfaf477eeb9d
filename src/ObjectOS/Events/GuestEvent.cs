namespace ObjectOS.Events;

/// <summary>One event as text, with what it takes to find it again.</summary>
/// <param name="Lane">The name of its lane.</param>
/// <param name="Ordinal">Its number on the lane, from 1.</param>
/// <param name="Sequence">Its number among all events of the run, from 1.</param>
/// <param name="Text">What happened, such as <c>openat(-100, "/etc/passwd", 0x0, 0x0) = 3</c>.</param>
/// <param name="Digest">The digest of this event alone.</param>
public sealed record GuestEvent(string Lane, long Ordinal, long Sequence, string Text, LaneDigest Digest)
{
    /// <summary>Instructions that the thread had retired; 0 if the event is of no thread.</summary>
    public ulong Retired { get; init; }

    /// <summary>Guest time in nanoseconds.</summary>
    public ulong Time { get; init; }

    /// <summary>The program counter; 0 if the event is of no thread.</summary>
    public ulong Pc { get; init; }

    /// <summary>The lane that caused the event, such as the thread that made a request; null: none, or its own.</summary>
    public string? Cause { get; init; }

    /// <summary>The registers of the thread: pc, then x1–x31; empty if the event is of no thread.</summary>
    public ReadOnlyMemory<ulong> Registers { get; init; }

    /// <summary>The number of the kernel's record that the event is of, from 1: the same in every run of the version, whatever is kept. 0: none.</summary>
    public ulong Record { get; init; }

    /// <summary>The ranges of memory that the stream was made for, if this is the watched event; else empty.</summary>
    public ReadOnlyMemory<byte> Memory { get; init; }

    /// <summary>Bytes of the thread's memory from its stack pointer up.</summary>
    public ReadOnlyMemory<byte> Stack { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Lane}#{Ordinal} {Text}";
}
