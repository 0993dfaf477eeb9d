using ObjectOS.Abi;

namespace ObjectOS.Objects;

/// <summary>Scheduling contexts and timers.</summary>
internal static class SchedulingCalls
{
    /// <summary>Shortest period, in nanoseconds: below it the kernel would do nothing but switch.</summary>
    private const ulong ShortestPeriod = 10_000;

    /// <summary>Smallest budget of a period, in nanoseconds: below it the world switches would cost more than the work.</summary>
    private const ulong SmallestBudget = 1000;

    /// <summary>Most virtual instructions that a program charges at once: some seconds.</summary>
    private const ulong MostWork = 1UL << 32;

    /// <summary>Longest period of a scheduling context, in nanoseconds: some minutes.</summary>
    private const ulong LongestShare = 1UL << 40;

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
            call.PutNew(new SchedulingContext(cell, call.Kernel.NextNumber(), call[2], call[3], call.Kernel.Now));
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

        if (status == KernelStatus.Ok && call.Thread?.SchedulingContext == context)
        {
            status = KernelStatus.MissingRights;
        }

        if (status == KernelStatus.Ok)
        {
            call.Kernel.Scheduler.Forget(context);
            context.Configure(call[1], call[2], call.Kernel.Now);
            call.ExtraCost = (ulong)call.Kernel.Scheduler.ReleaseHeld(context) * Scheduler.CostOfRelease;
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
        if (status == KernelStatus.Ok && (call[1] > TimerQueue.LastDeadline || call[2] is (> 0 and < ShortestPeriod) or > TimerQueue.LastDeadline))
        {
            status = KernelStatus.InvalidArgument;
        }

        if (status == KernelStatus.Ok && call[2] > 0 && !TimerQueue.CanRepeat(timer, call[2]))
        {
            status = KernelStatus.ObjectsExhausted;
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

    public static KernelStatus ChargeWork(ref Invocation call)
    {
        if (call.Thread is not null)
        {
            return KernelStatus.InvalidState;
        }

        if (call[1] > MostWork)
        {
            return KernelStatus.InvalidArgument;
        }

        call.ExtraCost = call[1];
        return KernelStatus.Ok;
    }

    private static bool IsShare(ulong budget, ulong period) => budget >= SmallestBudget && period >= ShortestPeriod && budget <= period && period <= LongestShare;
}
