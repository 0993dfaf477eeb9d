using ObjectOS.Abi;

namespace ObjectOS.Services.Vmm;

/// <content>Published ports: what the host is asked for, and the connections that come of it.</content>
public sealed partial class Gateway
{
    /// <summary>Most connections at once.</summary>
    public const int MostConnections = 256;

    private const int MostPublished = 64;
    private const int MostAtOnce = 32 * 1024;
    private const ushort FirstLocalPort = 49152;
    private const ulong RetryAfter = 1_000_000;

    /// <summary>Guest time from an answer that nothing has come until the host is asked again, for each such question holds a deterministic kernel up.</summary>
    private const ulong AskAgainAfter = 10_000_000;

    private readonly List<PublishedPort> _published = [];
    private readonly List<TcpConnection> _connections = [];

    private uint _opened;
    private bool _wasRefused;

    /// <summary>
    /// Connections, or datagrams, to a port of the host's loopback address go to a port of a machine, at the address that it is leased. False: there are
    /// too many, or the host's port is published already.
    /// </summary>
    public bool Publish(SwitchPort port, in PortGrant grant)
    {
        var (hostPort, protocol) = (grant.HostPort, grant.Protocol);
        if (_published.Count >= MostPublished || _published.Exists(p => p.Grant.HostPort == hostPort && p.Grant.Protocol == protocol))
        {
            return false;
        }

        _published.Add(new PublishedPort(port, grant));
        Pump();
        return true;
    }

    /// <summary>True where connections, bytes or datagrams may come from the host: there may be input for a machine that waits.</summary>
    public bool AwaitsHost => _published.Exists(p => !p.HasFailed) || _connections.Exists(c => c.State == TcpState.Open && !c.HostHasEnded);

    internal void OnDeadline()
    {
        foreach (var connection in _connections.ToArray())
        {
            if (connection.Deadline <= Now)
            {
                connection.OnDeadline();
            }
        }

        Pump();
    }

    internal bool OnCompletion(ulong id, long result, ReadOnlySpan<byte> data)
    {
        bool isOurs = true;
        if (_published.Find(p => p.Request == id) is { } published)
        {
            published.Request = 0;
            TakeListening(published, result, data);
        }
        else if (_published.Exists(p => p.Sending.Remove(id)))
        {
            // Sent or lost: that is all one to UDP.
        }
        else if (_connections.Find(c => c.ReceiveRequest == id) is { } receiving)
        {
            receiving.ReceiveRequest = 0;
            TakeReceived(receiving, result, data);
        }
        else if (_connections.Find(c => c.SendRequest == id) is { } sending)
        {
            sending.SendRequest = 0;
            TakeSent(sending, result);
        }
        else
        {
            isOurs = false;
        }

        Pump();
        return isOurs;
    }

    internal void SendSegment(TcpConnection connection, TcpFlags flags, uint sequence, uint acknowledgment, ushort window, ReadOnlySpan<byte> payload)
    {
        var to = MacOf(connection.Port);
        _network.SendFromGateway(to, TcpSegment.Make(
            to, Address, connection.LocalPort, DhcpServer.AddressOf(connection.Port), connection.GuestPort, sequence, acknowledgment, flags, window, payload));
    }

    internal void CloseHost(in PortGrant grant, ulong connection, SocketCloseMode mode) =>
        _host.Request(HostRequestKind.SocketClose, grant.Target, [], connection, (ulong)mode);

    private MacAddress MacOf(SwitchPort port) => _neighbours[DhcpServer.AddressOf(port) & ~Mask] is { } known && known.Port == port.Index ? known.Mac : port.Mac;

    private void ReceiveTcp(SwitchPort from, MacAddress sender, InternetPacket packet)
    {
        if (!TcpSegment.TryParse(packet, out var segment))
        {
            Malformed++;
            return;
        }

        foreach (var connection in _connections)
        {
            if (connection.Port == from && connection.LocalPort == segment.DestinationPort && connection.GuestPort == segment.SourcePort
                && packet.Source == DhcpServer.AddressOf(from) && connection.State != TcpState.Closed)
            {
                connection.Receive(segment);
                return;
            }
        }

        if (!segment.Has(TcpFlags.Reset))
        {
            // RFC 9293, 3.10.7.1: nobody listens here.
            bool acknowledges = segment.Has(TcpFlags.Acknowledge);
            _network.SendFromGateway(sender, TcpSegment.Make(
                sender, Address, segment.DestinationPort, packet.Source, segment.SourcePort, acknowledges ? segment.Acknowledgment : 0,
                acknowledges ? 0 : segment.Sequence + segment.Length, acknowledges ? TcpFlags.Reset : TcpFlags.Reset | TcpFlags.Acknowledge, 0, default));
        }
    }

    private void TakeListening(PublishedPort published, long result, ReadOnlySpan<byte> data)
    {
        if (published.Listener == 0)
        {
            published.Listener = result > 0 ? (ulong)result : 0;
            published.HasFailed = result <= 0 && result != -(long)HostError.Interrupted;
        }
        else if (published.IsUdp)
        {
            TakeDatagram(published, result, data);
        }
        else if (result > 0)
        {
            // A clock drives the initial number (RFC 9293, 3.4.1); the guest's own, so that the same run has the same.
            uint sequence = (uint)(Now / 4000) + (_opened * 64000);
            var connection = new TcpConnection(this, published.Port, published.Grant, (ulong)result, NextLocalPort(), sequence);
            _connections.Add(connection);
            connection.Open();
        }
        else
        {
            published.HasFailed = result is not (-(long)HostError.TryAgain or -(long)HostError.Interrupted);
            published.NotBefore = Now + AskAgainAfter;
        }
    }

    private ushort NextLocalPort()
    {
        ushort port;
        do
        {
            port = (ushort)(FirstLocalPort + (_opened++ % (ushort.MaxValue - FirstLocalPort)));
        }
        while (_connections.Exists(c => c.LocalPort == port));
        return port;
    }

    private void TakeReceived(TcpConnection connection, long result, ReadOnlySpan<byte> data)
    {
        if (result == -(long)HostError.TryAgain || connection.State != TcpState.Open)
        {
            connection.NotBefore = Now + AskAgainAfter;
            return;
        }

        if (result < 0)
        {
            connection.Abort();
        }
        else
        {
            connection.FromHost(data[..(int)Math.Min(result, data.Length)]);
        }
    }

    private static void TakeSent(TcpConnection connection, long result)
    {
        if (result == -(long)HostError.TryAgain || connection.State != TcpState.Open)
        {
            return;
        }

        if (result < 0)
        {
            connection.Abort();
        }
        else
        {
            connection.HostTook((int)Math.Min(result, connection.ToHost.Length));
        }
    }

    /// <summary>Asks the host for all that is wanted and not asked for, forgets what is over, and sets the next deadline.</summary>
    private void Pump()
    {
        _wasRefused = false;
        foreach (var published in _published)
        {
            if (published.Request != 0 || published.HasFailed || published.NotBefore > Now || _network.Port(published.Port.Index) != published.Port)
            {
                continue;
            }

            var grant = published.Grant;
            published.Request = published.Listener == 0 ? Ask(published.IsUdp ? HostRequestKind.DatagramOpen : HostRequestKind.SocketListen, grant, [], grant.HostPort)
                : published.IsUdp ? Ask(HostRequestKind.DatagramReceive, grant, [], published.Listener, MostInDatagram, grant.WaitMilliseconds)
                : _connections.Count < MostConnections ? Ask(HostRequestKind.SocketAccept, grant, [], published.Listener, grant.WaitMilliseconds)
                : 0;
        }

        foreach (var connection in _connections)
        {
            Pump(connection);
        }

        _connections.RemoveAll(c => c.State == TcpState.Closed);
        ulong? next = _wasRefused ? Now + RetryAfter : null;
        foreach (var connection in _connections)
        {
            next = Earlier(next, connection.Deadline);
            next = Earlier(next, connection.WantsBytes && connection.NotBefore > Now ? connection.NotBefore : null);
        }

        foreach (var published in _published)
        {
            next = Earlier(next, published.Request == 0 && !published.HasFailed && published.NotBefore > Now ? published.NotBefore : null);
        }

        _host.SetDeadline(next);
    }

    private static ulong? Earlier(ulong? left, ulong? right) => right is null || left < right ? left : right;

    private void Pump(TcpConnection connection)
    {
        if (connection.State != TcpState.Open)
        {
            return;
        }

        if (connection.WantsBytes && connection.NotBefore <= Now)
        {
            connection.ReceiveRequest = Ask(
                HostRequestKind.SocketReceive, connection.Grant, [], connection.HostConnection, (ulong)Math.Min(connection.Room, MostAtOnce), connection.Grant.WaitMilliseconds);
        }

        if (connection.SendRequest != 0)
        {
            return;
        }

        if (!connection.ToHost.IsEmpty)
        {
            var bytes = connection.ToHost[..Math.Min(connection.ToHost.Length, MostAtOnce)];
            connection.SendLength = bytes.Length;
            connection.SendRequest = Ask(HostRequestKind.SocketSend, connection.Grant, bytes, connection.HostConnection, connection.Grant.WaitMilliseconds);
        }
        else if (connection.GuestHasEnded && !connection.HostWasTold)
        {
            connection.HostWasTold = Ask(HostRequestKind.SocketClose, connection.Grant, [], connection.HostConnection, (ulong)SocketCloseMode.EndSending) != 0;
            connection.Finish();
        }
    }

    private ulong Ask(HostRequestKind kind, in PortGrant grant, ReadOnlySpan<byte> data, ulong argument0, ulong argument1 = 0, ulong argument2 = 0)
    {
        ulong id = _host.Request(kind, grant.Target, data, argument0, argument1, argument2);
        _wasRefused |= id == 0;
        return id;
    }

    private void Withdraw(SwitchPort port)
    {
        foreach (var connection in _connections.Where(c => c.Port == port))
        {
            if (connection.State == TcpState.Open && connection.GuestHasEnded)
            {
                HandOver(connection);
            }

            connection.Abort(tellGuest: false);
        }

        // The listener stays with the host until its grant ends; what it still accepts is closed.
        _published.RemoveAll(p => p.Port == port);
    }

    /// <summary>A machine has gone that had said all on a connection: what was acknowledged to it still goes to the host.</summary>
    private void HandOver(TcpConnection connection)
    {
        var rest = connection.ToHost[(connection.SendRequest == 0 ? 0 : connection.SendLength)..];
        for (int length; !rest.IsEmpty; rest = rest[length..])
        {
            length = Math.Min(rest.Length, MostAtOnce);
            Ask(HostRequestKind.SocketSend, connection.Grant, rest[..length], connection.HostConnection, connection.Grant.WaitMilliseconds);
        }

        CloseHost(connection.Grant, connection.HostConnection, SocketCloseMode.Orderly);
        connection.HostIsClosed = true;
    }
}
