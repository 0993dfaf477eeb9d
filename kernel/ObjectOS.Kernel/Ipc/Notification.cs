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
        if (BoundTo is { } endpoint)
        {
            kernel.Bind(endpoint, null);
        }

        if (!TryWakeAll(kernel, Reclaimer.StepUnits))
        {
            kernel.Reclaimer.Add(this);
        }
    }

    /// <summary>After its death, one bounded step of telling those that still wait. True: it was the last.</summary>
    internal override bool TearDown(Reclaimer reclaimer) => TryWakeAll(reclaimer.Kernel, Reclaimer.StepUnits);

    private bool TryWakeAll(Kernel kernel, int most)
    {
        for (; most > 0 && Waiters.First is { } first; most--)
        {
            first.Value.EndWait(kernel, KernelStatus.Dead);
        }

        return Waiters.Count == 0;
    }
}
