using ObjectOS.Abi;

namespace ObjectOS.Objects;

/// <summary>A deadline in guest time that signals a notification.</summary>
public sealed class Timer : KernelObject
{
    internal Timer(Cell owner, uint number, Notification notification, ulong bits)
        : base(ObjectKind.Timer, owner)
    {
        Number = number;
        Notification = notification;
        Bits = bits;
        notification.Retain();
    }

    /// <summary>Orders timers of the same deadline.</summary>
    internal uint Number { get; }

    internal Notification Notification { get; }

    internal ulong Bits { get; }

    /// <summary>Guest nanoseconds; null while it does not run.</summary>
    public ulong? Deadline { get; internal set; }

    /// <summary>Nanoseconds between signals; 0: it signals once.</summary>
    public ulong Period { get; internal set; }

    private protected override void OnDestroy(Kernel kernel)
    {
        kernel.Timers.Cancel(this);
        Notification.Release(kernel);
    }
}
