using ObjectOS.Abi;

namespace ObjectOS.Objects;

/// <summary>Signals.</summary>
internal static class NotificationCalls
{
    public static KernelStatus Create(ref Invocation call)
    {
        var status = call.Target<Cell>(out var cell);
        if (status == KernelStatus.Ok)
        {
            status = call.CheckCreate(cell);
        }

        if (status == KernelStatus.Ok)
        {
            call.PutNew(new Notification(cell));
        }

        return status;
    }

    public static KernelStatus Signal(ref Invocation call)
    {
        var status = call.Target<Notification>(out var notification);
        if (status == KernelStatus.Ok)
        {
            call.Kernel.Signal(notification, call[1]);
        }

        return status;
    }

    public static KernelStatus Wait(ref Invocation call)
    {
        var status = call.Target<Notification>(out var notification);
        if (status != KernelStatus.Ok)
        {
            return status;
        }

        if (notification.Bits != 0)
        {
            call[1] = notification.Take();
            return KernelStatus.Ok;
        }

        if (call.Thread is not { } thread)
        {
            return KernelStatus.WouldBlock;
        }

        call.Kernel.Block(thread, ThreadState.Waiting);
        thread.WaitNode = notification.Waiters.AddLast(thread);
        return Outcome.Blocked;
    }

    public static KernelStatus Poll(ref Invocation call)
    {
        var status = call.Target<Notification>(out var notification);
        if (status == KernelStatus.Ok)
        {
            call[1] = notification.Take();
        }

        return status;
    }
}
