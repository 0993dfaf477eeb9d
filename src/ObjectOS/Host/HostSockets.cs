using System.Net;
using System.Net.Sockets;
using ObjectOS.Abi;

namespace ObjectOS.Host;

/// <summary>The TCP ports of a network grant.</summary>
/// <param name="ports">The ports of the host that guests may listen on.</param>
/// <param name="post">Tells the kernel the end of a request; any thread.</param>
internal sealed class HostSockets(IReadOnlySet<ushort> ports, Action<Completion> post) : HostPorts<Socket>(ports, post)
{
    private const int MostConnections = 1024;
    private const int MostAtOnce = 1 << 16;
    private const int Backlog = 64;

    private readonly Dictionary<ulong, HostConnection> _connections = [];
    private readonly List<HostConnection> _closing = [];

    protected override HostError OtherError => HostError.BrokenPipe;

    /// <summary>Ends when all is written that connections took over which were closed in order, or the time is up.</summary>
    public async Task FlushAsync(TimeSpan limit)
    {
        Task[] writing;
        lock (Changes)
        {
            writing = [.. _closing.Select(connection => connection.Last())];
        }

        await Task.WhenAny(Task.WhenAll(writing), Task.Delay(limit)).ConfigureAwait(false);
    }

    protected override string NameOf(ushort port) => $"Port {port} of the host's loopback address cannot be listened on";

    protected override Socket OpenPort(ushort port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            socket.Listen(Backlog);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    protected override async Task<Completion> PerformAsync(HostRequest request) => request.Kind switch
    {
        HostRequestKind.SocketListen => Open(request),
        HostRequestKind.SocketAccept => await AcceptAsync(request).ConfigureAwait(false),
        HostRequestKind.SocketReceive => await ReceiveAsync(request).ConfigureAwait(false),
        HostRequestKind.SocketSend => await SendAsync(request).ConfigureAwait(false),
        HostRequestKind.SocketClose => Close(request),
        _ => Failed(request, HostError.InvalidArgument),
    };

    /// <summary>Connections that were not closed in order end by a reset.</summary>
    protected override void CloseRest()
    {
        foreach (var connection in _connections.Values)
        {
            connection.Close(SocketCloseMode.Reset);
        }

        foreach (var connection in _closing)
        {
            connection.Dispose();
        }

        _connections.Clear();
        _closing.Clear();
    }

    private async Task<Completion> AcceptAsync(HostRequest request)
    {
        if (Find(request.Argument0) is not { } listener)
        {
            return Failed(request, HostError.InvalidArgument);
        }

        using var limit = Limit(request.Argument1);
        var accepted = await listener.AcceptAsync(limit.Token).ConfigureAwait(false);
        lock (Changes)
        {
            _closing.RemoveAll(c => c.IsClosed);
            if (IsDisposed || _connections.Count + _closing.Count >= MostConnections)
            {
                accepted.Dispose();
                return Failed(request, IsDisposed ? HostError.Interrupted : HostError.TryAgain);
            }

            accepted.NoDelay = true;
            ulong number = NextNumber();
            _connections.Add(number, new HostConnection(accepted));
            return new Completion(request.Id, (long)number, default);
        }
    }

    private async Task<Completion> ReceiveAsync(HostRequest request)
    {
        if (Connection(request.Argument0) is not { } connection)
        {
            return Failed(request, HostError.InvalidArgument);
        }

        using var limit = Limit(request.Argument2);
        var buffer = new byte[Math.Clamp(request.Argument1, 1, MostAtOnce)];
        int read = await connection.Socket.ReceiveAsync(buffer, limit.Token).ConfigureAwait(false);
        return new Completion(request.Id, read, buffer.AsMemory(0, read));
    }

    private async Task<Completion> SendAsync(HostRequest request)
    {
        if (Connection(request.Argument0) is not { } connection)
        {
            return Failed(request, HostError.InvalidArgument);
        }

        using var limit = Limit(request.Argument1);
        await connection.SendAsync(request.Data, limit.Token).ConfigureAwait(false);
        return new Completion(request.Id, request.Data.Length, default);
    }

    private Completion Close(HostRequest request)
    {
        lock (Changes)
        {
            if (!_connections.TryGetValue(request.Argument0, out var connection))
            {
                return Failed(request, HostError.InvalidArgument);
            }

            if ((SocketCloseMode)request.Argument1 != SocketCloseMode.EndSending)
            {
                // It may still have to write.
                _connections.Remove(request.Argument0);
                _closing.RemoveAll(c => c.IsClosed);
                _closing.Add(connection);
            }

            connection.Close((SocketCloseMode)request.Argument1);
            return new Completion(request.Id, 0, default);
        }
    }

    private HostConnection? Connection(ulong number)
    {
        lock (Changes)
        {
            return _connections.GetValueOrDefault(number);
        }
    }
}
