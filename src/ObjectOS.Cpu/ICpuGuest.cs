using ObjectOS.Abi;

namespace ObjectOS.Cpu;

/// <summary>What a slice may use.</summary>
/// <param name="Budget">Virtual instructions (retired and charged) after which the slice ends. The last item of work may pass it by its own cost.</param>
/// <param name="HostTime">
/// Where guest time follows the host: nanoseconds since the kernel was made. Guest time is then never behind it, and an idle guest waits
/// instead of going forward to its next event. Null: time is virtual.
/// </param>
/// <param name="IdleTime">
/// Where time is virtual and idle time is paced: nanoseconds that have passed since the guest said that it is idle. Guest time advances by at most
/// that while nothing can run. Null: idle time jumps to the next event.
/// </param>
public readonly record struct SliceLimits(ulong Budget, ulong? HostTime = null, ulong? IdleTime = null);

/// <summary>Why a slice ended.</summary>
public enum SliceEnd : byte
{
    /// <summary>The budget is used up.</summary>
    Budget,

    /// <summary>No thread can run until time has passed or the inbox has brought something.</summary>
    Idle,

    /// <summary>An ancestor has to act.</summary>
    Suspended,

    /// <summary>A host request is due whose completion has not been posted.</summary>
    AwaitingHost,

    /// <summary>A host thread interrupted it; the inbox was drained.</summary>
    Interrupted,

    /// <summary>The guest has halted for good; its report says why.</summary>
    Halted,
}

/// <summary>How a slice ended.</summary>
/// <param name="End">Why.</param>
/// <param name="Used">Virtual instructions used: retired and charged, without idle time.</param>
/// <param name="IdleFor">For an idle guest that waits for time to pass: nanoseconds until its next event; null: only the inbox can wake it.</param>
public readonly record struct SliceResult(SliceEnd End, ulong Used, ulong? IdleFor = null);

/// <summary>
/// What runs on a CPU: a kernel, as its parent or the host sees it. It is run, it does not run away: nothing happens outside
/// of <see cref="RunSlice"/>.
/// </summary>
public interface ICpuGuest
{
    /// <summary>Schedules the guest's threads until the slice ends. On one host thread at a time.</summary>
    SliceResult RunSlice(in SliceLimits limits);

    /// <summary>Puts a completion into the inbox; drained at defined points of the guest's run. From any host thread.</summary>
    void Post(Completion completion);

    /// <summary>Takes the oldest request to the host that nobody has taken; false where there is none. On the slice's thread.</summary>
    bool TryTakeRequest(out HostRequest request);

    /// <summary>Figures so far; consistent between slices.</summary>
    GuestStatistics Statistics { get; }
}
