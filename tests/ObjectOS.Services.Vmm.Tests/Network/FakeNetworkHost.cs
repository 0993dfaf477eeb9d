using ObjectOS.Abi;
using ObjectOS.Services.Vmm;

namespace ObjectOS.Tests.Vmm.Network;

/// <summary>A service for a switch: time stands until it is moved, requests are kept.</summary>
internal sealed class FakeNetworkHost : INetworkHost
{
    private ulong _lastId;

    public ulong Now { get; set; }

    public ulong? Deadline { get; private set; }

    public Queue<HostRequest> Requests { get; } = [];

    public bool RefusesRequests { get; set; }

    public void SetDeadline(ulong? nanoseconds) => Deadline = nanoseconds;

    public ulong Request(HostRequestKind kind, ulong target, ReadOnlySpan<byte> data, ulong argument0, ulong argument1, ulong argument2, ulong argument3)
    {
        if (RefusesRequests)
        {
            return 0;
        }

        Requests.Enqueue(new HostRequest(++_lastId, kind, target, argument0, argument1, argument2, argument3, data.ToArray()));
        return _lastId;
    }
}
