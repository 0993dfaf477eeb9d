using System.Net;
using System.Net.Sockets;
using ObjectOS.Abi;

namespace ObjectOS.Host;

/// <summary>
/// The TCP ports of a network grant: carries out the socket requests of <see cref="HostRequestKind"/> for the ports that it names, on the loopback address only.
/// Requests may be begun on one thread at a time; their ends are told from any. Nothing stays open after it is disposed of.
/// </summary>
/// <param name="ports">The ports of the host that guests may listen on.</param>
/// <param name="post">Tells the kernel the end of a request; any thread.</param>
internal sealed class HostSockets(IReadOnlySet<ushort> ports, Action<Completion> post) : IDisposable
{
    private const int MostConnections = 1024;
    private const int MostAtOnce = 1 << 16;
    private const int Backlog = 64;

    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, Socket> _listeners = [];
    private readonly Dictionary<ushort, ulong> _listenersByPort = [];
    private readonly Dictionary<ulong, HostConnection> _connections = [];
    private readonly List<HostConnection> _closing = [];
    private readonly CancellationTokenSource _stopping = new();
    private ulong _lastNumber;
    private bool _isDisposed;

    /// <summary>Opens the listener of every port, so that one that is taken is known before a machine starts.</summary>
    /// <exception cref="IOException">A port cannot be listened on.</exception>
    public void ListenToAll()
    {
        foreach (ushort port in ports.Order())
        {
            try
            {
                Listen(port);
            }
            catch (SocketException e)
            {
                throw new IOException($"Port {port} of the host's loopback address cannot be listened on: {e.Message}.", e);
            }
        }
    }

    /// <summary>Begins a request; its end is posted, whatever happens.</summary>
    public void Begin(HostRequest request) => _ = FollowAsync(request);

    /// <summary>Ends when all is written that connections took over which were closed in order, or the time is up.</summary>
    public async Task FlushAsync(TimeSpan limit)
    {
        Task[] writing;
        lock (_lock)
        {
            writing = [.. _closing.Select(connection => connection.Last())];
        }

        await Task.WhenAny(Task.WhenAll(writing), Task.Delay(limit)).ConfigureAwait(false);
    }

    /// <summary>Closes everything, connections that were not closed in order by a reset; what is under way ends with <see cref="HostError.Interrupted"/>.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
        }

        _stopping.Cancel();
        lock (_lock)
        {
            foreach (var listener in _listeners.Values)
            {
                listener.Dispose();
            }

            foreach (var connection in _connections.Values)
            {
                connection.Close(SocketCloseMode.Reset);
            }

            foreach (var connection in _closing)
            {
                connection.Dispose();
            }

            _listeners.Clear();
            _connections.Clear();
            _closing.Clear();
        }

        _stopping.Dispose();
    }

    private async Task FollowAsync(HostRequest request)
    {
        Completion completion;
        try
        {
            completion = request.Kind switch
            {
                HostRequestKind.SocketListen => new Completion(request.Id, Listen(request.Argument0), default),
                HostRequestKind.SocketAccept => await AcceptAsync(request).ConfigureAwait(false),
                HostRequestKind.SocketReceive => await ReceiveAsync(request).ConfigureAwait(false),
                HostRequestKind.SocketSend => await SendAsync(request).ConfigureAwait(false),
                HostRequestKind.SocketClose => Close(request),
                _ => Failed(request, HostError.InvalidArgument),
            };
        }
        catch (OperationCanceledException)
        {
            completion = Failed(request, _isDisposed ? HostError.Interrupted : HostError.TryAgain);
        }
        catch (ObjectDisposedException)
        {
            completion = Failed(request, HostError.Interrupted);
        }
        catch (SocketException e)
        {
            completion = Failed(request, e.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied ? HostError.AccessDenied : HostError.BrokenPipe);
        }

        post(completion);
    }

    private long Listen(ulong port)
    {
        if (port > ushort.MaxValue || !ports.Contains((ushort)port))
        {
            return -(long)HostError.AccessDenied;
        }

        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_listenersByPort.TryGetValue((ushort)port, out ulong number))
            {
                return (long)number;
            }

            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, (int)port));
                socket.Listen(Backlog);
            }
            catch
            {
                socket.Dispose();
                throw;
            }

            number = ++_lastNumber;
            _listeners.Add(number, socket);
            _listenersByPort.Add((ushort)port, number);
            return (long)number;
        }
    }

    private async Task<Completion> AcceptAsync(HostRequest request)
    {
        if (Find(_listeners, request.Argument0) is not { } listener)
        {
            return Failed(request, HostError.InvalidArgument);
        }

        using var limit = Limit(request.Argument1);
        var accepted = await listener.AcceptAsync(limit.Token).ConfigureAwait(false);
        lock (_lock)
        {
            _closing.RemoveAll(c => c.IsClosed);
            if (_isDisposed || _connections.Count + _closing.Count >= MostConnections)
            {
                accepted.Dispose();
                return Failed(request, _isDisposed ? HostError.Interrupted : HostError.TryAgain);
            }

            accepted.NoDelay = true;
            _connections.Add(++_lastNumber, new HostConnection(accepted));
            return new Completion(request.Id, (long)_lastNumber, default);
        }
    }

    private async Task<Completion> ReceiveAsync(HostRequest request)
    {
        if (Find(_connections, request.Argument0) is not { } connection)
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
        if (Find(_connections, request.Argument0) is not { } connection)
        {
            return Failed(request, HostError.InvalidArgument);
        }

        using var limit = Limit(request.Argument1);
        await connection.SendAsync(request.Data, limit.Token).ConfigureAwait(false);
        return new Completion(request.Id, request.Data.Length, default);
    }

    private Completion Close(HostRequest request)
    {
        lock (_lock)
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

    private T? Find<T>(Dictionary<ulong, T> open, ulong number)
        where T : class
    {
        lock (_lock)
        {
            return open.GetValueOrDefault(number);
        }
    }

    private CancellationTokenSource Limit(ulong milliseconds)
    {
        var limit = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        if (milliseconds <= int.MaxValue)
        {
            limit.CancelAfter((int)Math.Max(milliseconds, 1));
        }

        return limit;
    }

    private static Completion Failed(HostRequest request, HostError error) => new(request.Id, -(long)error, default);
}
