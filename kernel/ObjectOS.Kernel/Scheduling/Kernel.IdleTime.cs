using ObjectOS.Cpu;
using ObjectOS.Objects;

namespace ObjectOS;

/// <content>Idle time: how guest time goes on while no thread can run.</content>
public sealed partial class Kernel
{
    /// <summary>Nanoseconds of idle time that this slice may still use; null: no limit.</summary>
    private ulong? _idleLeft;

    /// <summary>True if the last slice ended because idle time is paced.</summary>
    private bool _isPacing;

    /// <summary>The time that has passed while the guest was idle comes before what arrived meanwhile.</summary>
    private void BeginIdleTime(ulong? idleTime)
    {
        _idleLeft = idleTime;
        if (_isPacing && NextEvent() is { } next)
        {
            UseIdleTime(next);
        }

        _isPacing = false;
    }

    /// <summary>Nothing can run: advances to the next event, or as far as the slice allows. A value ends the slice.</summary>
    private SliceEnd? LetTimePass(in SliceLimits limits)
    {
        if (NextEvent() is not { } next)
        {
            return HostQueue.IsWaiting || _vcpusAwaitingHost > 0 ? SliceEnd.AwaitingHost : SliceEnd.Idle;
        }

        if (limits.HostTime is not null && next > Now)
        {
            return SliceEnd.Idle;
        }

        if (!IsPaced || next == HostQueue.NextDue)
        {
            // The latency of a request is no idle time.
            Now = Math.Max(Now, next);
            return null;
        }

        UseIdleTime(next);
        _isPacing = next > Now;
        return _isPacing ? SliceEnd.Idle : null;
    }

    /// <summary>
    /// True if idle time passes no faster than the slice says. With live input that is also so while this kernel, or one under it, awaits an
    /// answer of the host: a timer that jumped ahead would end every time-out before a person has typed a key.
    /// </summary>
    private bool IsPaced => _idleLeft is not null
        && (_options.PacesIdleTime || _sleepers > 0 || (!_options.DeterministicCompletions && (HostQueue.IsWaiting || _vcpusAwaitingHost > 0)));

    private void UseIdleTime(ulong next)
    {
        ulong step = Math.Min(_idleLeft ?? 0, next - Math.Min(next, Now));
        Now += step;
        _idleLeft -= step;
    }
}
