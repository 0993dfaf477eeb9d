using ObjectOS.Abi;
using ObjectOS.Client;

namespace ObjectOS.Services.Vmm;

/// <summary>What the service does for the switch of its kernel: a deadline, and requests to the host.</summary>
internal sealed class NetworkHost(HostPortCapability host) : INetworkHost
{
    private readonly SortedSet<ulong> _requests = [];

    /// <summary>When the switch wants to be called; null: it does not.</summary>
    public ulong? Deadline { get; private set; }

    public ulong Now => host.Invoker.Port.Now;

    public void SetDeadline(ulong? nanoseconds) => Deadline = nanoseconds;

    public ulong Request(HostRequestKind kind, ulong target, ReadOnlySpan<byte> data, ulong argument0, ulong argument1, ulong argument2, ulong argument3)
    {
        if (host.Request(kind, target, data, out ulong id, argument0, argument1, argument2, argument3) != KernelStatus.Ok)
        {
            return 0;
        }

        _requests.Add(id);
        return id;
    }

    /// <summary>True where the request was the switch's; it is over then.</summary>
    public bool TryTake(ulong request) => _requests.Remove(request);

    public void Save(BinaryWriter writer)
    {
        writer.Write(Deadline ?? ulong.MaxValue);
        writer.Write(_requests.Count);
        foreach (ulong request in _requests)
        {
            writer.Write(request);
        }
    }

    public void Restore(BinaryReader reader)
    {
        Deadline = reader.ReadUInt64() is var deadline and not ulong.MaxValue ? deadline : null;
        _requests.Clear();
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            _requests.Add(reader.ReadUInt64());
        }
    }
}
