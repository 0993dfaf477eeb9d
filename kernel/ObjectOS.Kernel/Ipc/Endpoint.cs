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
        while (Letters.First is { } first)
        {
            Letters.RemoveFirst();
            first.Value.Reject(kernel);
        }

        while (Receivers.First is { } first)
        {
            first.Value.EndWait(kernel, KernelStatus.Dead);
        }

        kernel.Bind(this, null);
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
