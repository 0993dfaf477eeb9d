using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace ObjectOS.Host;

/// <summary>A UDP socket of the host at a port of the loopback address, which sends only to those it heard of. Any thread.</summary>
internal sealed class DatagramSocket : IDisposable
{
    /// <summary>Most clients that are known; of more, the one least recently heard of or answered is forgotten until it is heard of again.</summary>
    private const int MostClients = 1024;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, LinkedListNode<ulong>> _clients = [];

    /// <summary>Least recently used first.</summary>
    private readonly LinkedList<ulong> _order = [];

    /// <param name="port">The port.</param>
    /// <param name="mostWaiting">Bytes of datagrams that the host's kernel may keep; it drops what comes then.</param>
    /// <exception cref="SocketException">The port cannot be had.</exception>
    public DatagramSocket(ushort port, int mostWaiting)
    {
        try
        {
            _socket.ReceiveBufferSize = mostWaiting;
            _socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
    }

    /// <summary>The next datagram of up to so many bytes, larger ones are passed over; and who sent it: its IPv4 address times 65536 plus its port.</summary>
    public async Task<(ulong Client, ReadOnlyMemory<byte> Data)> ReceiveAsync(int most, CancellationToken cancellationToken)
    {
        // One byte more shows a larger one.
        var buffer = new byte[most + 1];
        while (true)
        {
            try
            {
                var received = await _socket.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), cancellationToken).ConfigureAwait(false);
                if (received.ReceivedBytes <= most)
                {
                    ulong client = Number((IPEndPoint)received.RemoteEndPoint);
                    Note(client);
                    return (client, buffer.AsMemory(0, received.ReceivedBytes));
                }
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.MessageSize or SocketError.ConnectionReset)
            {
                // Windows says so of a larger one, and of a client that is gone.
            }

            // Whoever sends large ones without end does not hold up the thread that asked.
            await Task.Yield();
        }
    }

    /// <summary>Sends a datagram; false: such a client has sent none, or too many others have since.</summary>
    public async Task<bool> SendAsync(ulong client, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        if (!Use(client))
        {
            return false;
        }

        await _socket.SendToAsync(data, SocketFlags.None, EndPoint(client), cancellationToken).ConfigureAwait(false);
        return true;
    }

    public void Dispose() => _socket.Dispose();

    private static ulong Number(IPEndPoint client)
    {
        Span<byte> address = stackalloc byte[4];
        client.Address.TryWriteBytes(address, out _);
        return ((ulong)BinaryPrimitives.ReadUInt32BigEndian(address) << 16) | (ushort)client.Port;
    }

    private static IPEndPoint EndPoint(ulong client)
    {
        Span<byte> address = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(address, (uint)(client >> 16));
        return new IPEndPoint(new IPAddress(address), (ushort)client);
    }

    private void Note(ulong client)
    {
        lock (_lock)
        {
            if (Use(client))
            {
                return;
            }

            _clients.Add(client, _order.AddLast(client));
            if (_order.Count > MostClients)
            {
                _clients.Remove(_order.First!.Value);
                _order.RemoveFirst();
            }
        }
    }

    /// <summary>True: the client is known, and the most recently used one now.</summary>
    private bool Use(ulong client)
    {
        lock (_lock)
        {
            if (!_clients.TryGetValue(client, out var node))
            {
                return false;
            }

            _order.Remove(node);
            _order.AddLast(node);
            return true;
        }
    }
}
