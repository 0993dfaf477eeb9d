using ObjectOS.Abi;

namespace ObjectOS.Objects;

/// <summary>A rendezvous for messages: letters that wait for a receiver, or receivers that wait for a letter, never both.</summary>
public sealed class Endpoint : KernelObject
{
    internal Endpoint(Cell owner)
        : base(ObjectKind.Endpoint, owner)
    {
    }

    /// <summary>Letters that nobody has received, oldest first.</summary>
    internal LinkedList<Letter> Letters { get; } = new();

    /// <summary>Threads that wait to receive, longest waiting first.</summary>
    internal LinkedList<Thread> Receivers { get; } = new();

    /// <summary>Whose signals come as messages.</summary>
    internal Notification? Bound { get; set; }

    /// <summary>The managed thread that alone receives here, if there is one.</summary>
    internal Thread? Managed { get; set; }

    /// <summary>True where a receiver would not have to wait.</summary>
    internal bool HasWork => Letters.Count > 0 || Bound is { Bits: not 0 };

    private protected override void OnDestroy(Kernel kernel)
    {
        kernel.Bind(this, null);
        if (!TryRejectAll(kernel, Reclaimer.StepUnits))
        {
            kernel.Reclaimer.Add(this);
        }
    }

    /// <summary>After its death, one bounded step of telling those that still wait. True: it was the last.</summary>
    internal override bool TearDown(Reclaimer reclaimer) => TryRejectAll(reclaimer.Kernel, Reclaimer.StepUnits);

    private bool TryRejectAll(Kernel kernel, int most)
    {
        for (; most > 0 && Letters.First is { } first; most--)
        {
            Letters.RemoveFirst();
            first.Value.Reject(kernel);
        }

        for (; most > 0 && Receivers.First is { } first; most--)
        {
            first.Value.EndWait(kernel, KernelStatus.Dead);
        }

        return Letters.Count + Receivers.Count == 0;
    }
}

/// <summary>An endpoint as one capability names it.</summary>
internal struct BadgedEndpoint
{
    public Endpoint? Endpoint;
    public ulong Badge;

    /// <summary>The endpoint while it lives.</summary>
    public readonly Endpoint? Live => Endpoint is { IsDead: false } ? Endpoint : null;

    public void Set(Kernel kernel, Capability? capability)
    {
        capability?.Object.Retain();
        Clear(kernel);
        Endpoint = (Endpoint?)capability?.Object;
        Badge = capability?.Badge ?? 0;
    }

    public void Clear(Kernel kernel)
    {
        var old = Endpoint;
        Endpoint = null;
        Badge = 0;
        old?.Release(kernel);
    }
}
