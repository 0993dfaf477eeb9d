using ObjectOS.Abi;

namespace ObjectOS.Objects;

/// <summary>Scheduling contexts and timers.</summary>
internal static class SchedulingCalls
{
    /// <summary>Shortest period, in nanoseconds: below it a periodic timer would do nothing but fire.</summary>
    private const ulong ShortestPeriod = 1000;

    private const ulong Longest = 1UL << 62;

    public static KernelStatus CreateContext(ref Invocation call)
    {
        var status = call.Target<Cell>(out var cell);
        if (status == KernelStatus.Ok && !IsShare(call[2], call[3]))
        {
            status = KernelStatus.InvalidArgument;
        }

        if (status == KernelStatus.Ok)
        {
            status = call.CheckCreate(cell);
        }

        if (status == KernelStatus.Ok)
        {
            call.PutNew(new SchedulingContext(cell, call[2], call[3], call.Kernel.Now));
        }

        return status;
    }

    public static KernelStatus ConfigureContext(ref Invocation call)
    {
        var status = call.Target<SchedulingContext>(out var context);
        if (status == KernelStatus.Ok && !IsShare(call[1], call[2]))
        {
            status = KernelStatus.InvalidArgument;
        }

        if (status == KernelStatus.Ok)
        {
            context.Configure(call[1], call[2], call.Kernel.Now);
        }

        return status;
    }

    public static KernelStatus CreateTimer(ref Invocation call)
    {
        var status = call.Target<Cell>(out var cell);
        Notification notification = null!;
        if (status == KernelStatus.Ok)
        {
            status = call.Get(2, CapabilityRights.Write, out notification);
        }

        if (status == KernelStatus.Ok)
        {
            status = call.CheckCreate(cell);
        }

        if (status == KernelStatus.Ok)
        {
            call.PutNew(new Timer(cell, call.Kernel.NextNumber(), notification, call[3]));
        }

        return status;
    }

    public static KernelStatus SetTimer(ref Invocation call)
    {
        var status = call.Target<Timer>(out var timer);
        if (status == KernelStatus.Ok && (call[1] > Longest || call[2] is (> 0 and < ShortestPeriod) or > Longest))
        {
            status = KernelStatus.InvalidArgument;
        }

        if (status == KernelStatus.Ok)
        {
            call.Kernel.Timers.Set(timer, call[1], call[2]);
        }

        return status;
    }

    public static KernelStatus CancelTimer(ref Invocation call)
    {
        var status = call.Target<Timer>(out var timer);
        if (status == KernelStatus.Ok)
        {
            call.Kernel.Timers.Cancel(timer);
        }

        return status;
    }

    private static bool IsShare(ulong budget, ulong period) => budget > 0 && period >= ShortestPeriod && budget <= period && period <= Longest;
}
