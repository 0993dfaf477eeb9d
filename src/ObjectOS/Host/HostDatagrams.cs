using System.Net.Sockets;
using ObjectOS.Abi;

namespace ObjectOS.Host;

/// <summary>
/// The UDP ports of a network grant: carries out the datagram requests of <see cref="HostRequestKind"/> for the ports that it names, on the loopback
/// address only. Datagrams go to nobody but those who sent some. Requests may be begun on one thread at a time; their ends are told from any. Nothing
/// stays open after it is disposed of.
/// </summary>
/// <param name="ports">The ports of the host that guests may take datagrams at.</param>
/// <param name="post">Tells the kernel the end of a request; any thread.</param>
internal sealed class HostDatagrams(IReadOnlySet<ushort> ports, Action<Completion> post) : IDisposable
{
    /// <summary>Most bytes of a datagram of IPv4.</summary>
    private const int MostInDatagram = 65507;

    /// <summary>Bytes of datagrams that the host's kernel may keep until they are asked for; it drops what comes then.</summary>
    private const int MostWaiting = 256 << 10;

    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, DatagramSocket> _sockets = [];
    private readonly Dictionary<ushort, ulong> _socketsByPort = [];
    private readonly CancellationTokenSource _stopping = new();
    private ulong _lastNumber;
    private bool _isDisposed;

    /// <summary>Opens the socket of every port, so that one that is taken is known before a machine starts.</summary>
    /// <exception cref="IOException">A port cannot be opened.</exception>
    public void OpenAll()
    {
        foreach (ushort port in ports.Order())
        {
            try
            {
                Open(port);
            }
            catch (SocketException e)
            {
                throw new IOException($"UDP port {port} of the host's loopback address cannot be opened: {e.Message}.", e);
            }
        }
    }

    /// <summary>Begins a request; its end is posted, whatever happens.</summary>
    public void Begin(HostRequest request) => _ = FollowAsync(request);

    /// <summary>Closes everything; what is under way ends with <see cref="HostError.Interrupted"/>.</summary>
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
            foreach (var socket in _sockets.Values)
            {
                socket.Dispose();
            }

            _sockets.Clear();
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
                HostRequestKind.DatagramOpen => new Completion(request.Id, Open(request.Argument0), default),
                HostRequestKind.DatagramReceive => await ReceiveAsync(request).ConfigureAwait(false),
                HostRequestKind.DatagramSend => await SendAsync(request).ConfigureAwait(false),
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
            completion = Failed(request, e.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied ? HostError.AccessDenied : HostError.InputOutput);
        }

        post(completion);
    }

    private long Open(ulong port)
    {
        if (port > ushort.MaxValue || !ports.Contains((ushort)port))
        {
            return -(long)HostError.AccessDenied;
        }

        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (!_socketsByPort.TryGetValue((ushort)port, out ulong number))
            {
                var socket = new DatagramSocket((ushort)port, MostWaiting);
                number = ++_lastNumber;
                _sockets.Add(number, socket);
                _socketsByPort.Add((ushort)port, number);
            }

            return (long)number;
        }
    }

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

        using var limit = Limit(request.Argument2);
        return await socket.SendAsync(request.Argument1, request.Data, limit.Token).ConfigureAwait(false)
            ? new Completion(request.Id, 0, default)
            : Failed(request, HostError.AccessDenied);
    }

    private DatagramSocket? Find(ulong number)
    {
        lock (_lock)
        {
            return _sockets.GetValueOrDefault(number);
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
