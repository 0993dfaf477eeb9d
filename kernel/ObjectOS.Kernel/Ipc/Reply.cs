using ObjectOS.Abi;

namespace ObjectOS.Objects;

/// <summary>The right to answer one call, once. Where it goes unused, the caller is told that the other side is dead.</summary>
public sealed class Reply : KernelObject
{
    internal Reply(Cell owner, Thread caller)
        : base(ObjectKind.Reply, owner)
    {
        Caller = caller;
        caller.AwaitedReply = this;
    }

    /// <summary>The thread that waits; null once it was answered or went away.</summary>
    internal Thread? Caller { get; private set; }

    /// <summary>The one capability that names it.</summary>
    internal Capability? Right { get; set; }

    /// <summary>The caller goes away, or stops waiting: the right is worth nothing any more and leaves its slot.</summary>
    internal void Withdraw(Kernel kernel)
    {
        TakeCaller();
        Right?.Table.Remove(kernel, Right);
    }

    /// <summary>Unties thread and reply; the thread is then waiting for nothing.</summary>
    internal Thread? TakeCaller()
    {
        var caller = Caller;
        if (caller is not null)
        {
            caller.AwaitedReply = null;
            Caller = null;
        }

        return caller;
    }

    private protected override void OnDestroy(Kernel kernel)
    {
        if (TakeCaller() is { } caller)
        {
            kernel.FailCall(caller, KernelStatus.Dead);
        }
    }
}
