using ObjectOS.Abi;

namespace ObjectOS.Objects;

/// <summary>A word of signal bits that threads wait for, or that is bound to an endpoint and comes as messages.</summary>
public sealed class Notification : KernelObject
{
    internal Notification(Cell owner)
        : base(ObjectKind.Notification, owner)
    {
    }

    /// <summary>Bits signalled and not yet taken.</summary>
    public ulong Bits { get; internal set; }

    /// <summary>Threads that wait, longest waiting first.</summary>
    internal LinkedList<Thread> Waiters { get; } = new();

    internal Endpoint? BoundTo { get; set; }

    /// <summary>Takes and clears the bits.</summary>
    internal ulong Take()
    {
        ulong bits = Bits;
        Bits = 0;
        return bits;
    }

    private protected override void OnDestroy(Kernel kernel)
    {
        while (Waiters.First is { } first)
        {
            first.Value.EndWait(kernel, KernelStatus.Dead);
        }

        if (BoundTo is { } endpoint)
        {
            kernel.Bind(endpoint, null);
        }
    }
}
