using ObjectOS.Abi;

namespace ObjectOS.Host;

/// <summary>A network grant: carries out the requests of <see cref="HostRequestKind"/> for the TCP and UDP ports that it names. Threads as for its parts.</summary>
/// <param name="tcp">The TCP ports of the host that guests may listen on.</param>
/// <param name="udp">The UDP ports of the host that guests may take datagrams at.</param>
/// <param name="post">Tells the kernel the end of a request; any thread.</param>
internal sealed class HostNetwork(IReadOnlySet<ushort> tcp, IReadOnlySet<ushort> udp, Action<Completion> post) : IDisposable
{
    private readonly HostSockets _sockets = new(tcp, post);
    private readonly HostDatagrams _datagrams = new(udp, post);

    /// <summary>Opens every port, so that one that is taken is known before a machine starts.</summary>
    /// <exception cref="IOException">A port cannot be listened on or opened.</exception>
    public void OpenAll()
    {
        _sockets.OpenAll();
        _datagrams.OpenAll();
    }

    /// <summary>Begins a request; its end is posted, whatever happens.</summary>
    public void Begin(HostRequest request)
    {
        if (request.Kind >= HostRequestKind.DatagramOpen)
        {
            _datagrams.Begin(request);
        }
        else
        {
            _sockets.Begin(request);
        }
    }

    /// <summary>Ends when all is written that connections took over which were closed in order, or the time is up.</summary>
    public Task FlushAsync(TimeSpan limit) => _sockets.FlushAsync(limit);

    /// <summary>Closes everything.</summary>
    public void Dispose()
    {
        _sockets.Dispose();
        _datagrams.Dispose();
    }
}
