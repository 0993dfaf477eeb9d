using ObjectOS.Abi;

namespace ObjectOS.Host;

/// <summary>The UDP ports of a network grant. Datagrams go to nobody but those who sent some.</summary>
/// <param name="ports">The ports of the host that guests may take datagrams at.</param>
/// <param name="post">Tells the kernel the end of a request; any thread.</param>
internal sealed class HostDatagrams(IReadOnlySet<ushort> ports, Action<Completion> post) : HostPorts<DatagramSocket>(ports, post)
{
    /// <summary>Most bytes of a datagram of IPv4.</summary>
    private const int MostInDatagram = 65507;

    /// <summary>Bytes of datagrams that the host's kernel may keep until they are asked for; it drops what comes then.</summary>
    private const int MostWaiting = 256 << 10;

    protected override HostError OtherError => HostError.InputOutput;

    protected override string NameOf(ushort port) => $"UDP port {port} of the host's loopback address cannot be opened";

    protected override DatagramSocket OpenPort(ushort port) => new(port, MostWaiting);

    protected override async Task<Completion> PerformAsync(HostRequest request) => request.Kind switch
    {
        HostRequestKind.DatagramOpen => Open(request),
        HostRequestKind.DatagramReceive => await ReceiveAsync(request).ConfigureAwait(false),
        HostRequestKind.DatagramSend => await SendAsync(request).ConfigureAwait(false),
        _ => Failed(request, HostError.InvalidArgument),
    };

    private async Task<Completion> ReceiveAsync(HostRequest request)
    {
        if (Find(request.Argument0) is not { } socket)
        {
            return Failed(request, HostError.InvalidArgument);
        }

        using var limit = Limit(request.Argument2);
        var (client, data) = await socket.ReceiveAsync((int)Math.Min(request.Argument1, MostInDatagram), limit.Token).ConfigureAwait(false);
        return new Completion(request.Id, (long)client, data);
    }

    private async Task<Completion> SendAsync(HostRequest request)
    {
        if (Find(request.Argument0) is not { } socket)
        {
            return Failed(request, HostError.InvalidArgument);
        }

        // The loopback takes a datagram at once. A limit of a millisecond would drop it on a busy host, whose timer comes first.
        using var limit = Limit(ulong.MaxValue);
        return await socket.SendAsync(request.Argument1, request.Data, limit.Token).ConfigureAwait(false)
            ? new Completion(request.Id, 0, default)
            : Failed(request, HostError.AccessDenied);
    }
}
