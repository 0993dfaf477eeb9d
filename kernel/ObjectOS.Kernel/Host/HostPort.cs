using ObjectOS.Abi;

namespace ObjectOS.Objects;

/// <summary>The way to work done by the host; completions of its requests go to the bound endpoint.</summary>
public sealed class HostPort : KernelObject
{
    internal HostPort(Cell owner)
        : base(ObjectKind.HostPort, owner)
    {
    }

    internal Endpoint? Bound { get; private set; }

    internal void Bind(Kernel kernel, Endpoint? endpoint)
    {
        endpoint?.Retain();
        Bound?.Release(kernel);
        Bound = endpoint;
    }

    private protected override void OnDestroy(Kernel kernel) => Bind(kernel, null);
}
