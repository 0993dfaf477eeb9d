using System.Buffers.Binary;
using ObjectOS.Abi;

namespace ObjectOS.Services.Vmm;

/// <content>
/// UDP (RFC 768): DHCP, and datagrams through published ports. A client of the host is a port of the gateway's to the guest; what the guest answers to
/// that port goes back to that client. Datagrams that find no room are dropped, as those are that would not fit into one packet: nothing is fragmented.
/// </content>
public sealed partial class Gateway
{
    /// <summary>Most bytes of a datagram: what a packet of 1500 bytes has room for.</summary>
    public const int MostInDatagram = VirtualSwitch.MostInFrame - InternetPacket.EthernetHeader - InternetPacket.Header - UdpHeader;

    /// <summary>Most datagrams of a published port that the host has not yet sent; fewer where many ports are published.</summary>
    public const int MostSending = 128;

    /// <summary>The same of all published ports, each of which has its share: there must be room left in the kernel's queue of requests, of 4096.</summary>
    private const int MostSendingInAll = 2048;

    private const int UdpHeader = 8;

    private uint _clientsSeen;

    /// <summary>Datagrams for clients of the host that were dropped because too many were on their way.</summary>
    public ulong Dropped { get; private set; }

    private void ReceiveUdp(SwitchPort from, InternetPacket packet, bool isUnicast)
    {
        var bytes = packet.Payload;
        int length = bytes.Length < UdpHeader ? 0 : BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]);
        if (length < UdpHeader || length > bytes.Length
            || (BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]) != 0
                && InternetChecksum.Of(InternetChecksum.Add(InternetChecksum.Pseudo(packet.Source, packet.Destination, InternetPacket.Udp, length), bytes[..length])) != 0))
        {
            Malformed++;
            return;
        }

        ushort destinationPort = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        if (destinationPort == DhcpServer.ServerPort)
        {
            AnswerDhcp(from, bytes[UdpHeader..length]);
        }
        else if (isUnicast && packet.Destination == Address && packet.Source == DhcpServer.AddressOf(from))
        {
            SendToClient(from, BinaryPrimitives.ReadUInt16BigEndian(bytes), destinationPort, bytes[UdpHeader..length]);
        }
    }

    private void AnswerDhcp(SwitchPort from, ReadOnlySpan<byte> message)
    {
        if (_dhcp.Answer(from, message, out var client, out uint address, out bool isBroadcast) is { } answer)
        {
            SendUdp(isBroadcast ? MacAddress.Broadcast : client, isBroadcast ? uint.MaxValue : address, DhcpServer.ServerPort, DhcpServer.ClientPort, answer);
        }
    }

    /// <summary>A guest's datagram; to a port that stands for nobody, or from another port than the published one, it is dropped.</summary>
    private void SendToClient(SwitchPort from, ushort guestPort, ushort localPort, ReadOnlySpan<byte> data)
    {
        foreach (var published in _published)
        {
            if (!published.IsUdp || published.Port != from || published.Grant.GuestPort != guestPort || published.Clients.ClientOf(localPort) is not { } client)
            {
                continue;
            }

            ulong id = published.Listener == 0 || published.Sending.Count >= Math.Min(MostSending, MostSendingInAll / _published.Count) ? 0
                : _host.Request(HostRequestKind.DatagramSend, published.Grant.Target, data, published.Listener, client, published.Grant.WaitMilliseconds);
            if (id == 0)
            {
                Dropped++;
            }
            else
            {
                published.Sending.Add(id);
            }

            return;
        }
    }

    /// <summary>A client's datagram, or none: <paramref name="result"/> is the client, or why nothing came.</summary>
    private void TakeDatagram(PublishedPort published, long result, ReadOnlySpan<byte> data)
    {
        if (result < 0)
        {
            // Another error passes: the socket is there as long as its grant.
            published.HasFailed = result is -(long)HostError.AccessDenied or -(long)HostError.InvalidArgument;
            published.NotBefore = Now + AskAgainAfter;
            return;
        }

        if (data.Length > MostInDatagram)
        {
            return;
        }

        if (published.Clients.PortOf((ulong)result) is not { } localPort)
        {
            localPort = NextClientPort();
            published.Clients.Add((ulong)result, localPort);
        }

        SendUdp(MacOf(published.Port), DhcpServer.AddressOf(published.Port), localPort, published.Grant.GuestPort, data);
    }

    /// <summary>Ports come round again late, so that an answer to a client that has gone does not go to the next one.</summary>
    private ushort NextClientPort()
    {
        ushort port;
        do
        {
            port = (ushort)(FirstLocalPort + (_clientsSeen++ % (ushort.MaxValue - FirstLocalPort)));
        }
        while (_published.Exists(p => p.Clients.Has(port)));
        return port;
    }

    private void SendUdp(MacAddress to, uint address, ushort sourcePort, ushort destinationPort, ReadOnlySpan<byte> data)
    {
        byte[] frame = InternetPacket.Make(to, Mac, InternetPacket.Udp, Address, address, UdpHeader + data.Length);
        var bytes = frame.AsSpan(InternetPacket.EthernetHeader + InternetPacket.Header);
        BinaryPrimitives.WriteUInt16BigEndian(bytes, sourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[2..], destinationPort);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[4..], (ushort)bytes.Length);
        data.CopyTo(bytes[UdpHeader..]);
        ushort sum = InternetChecksum.Of(InternetChecksum.Add(InternetChecksum.Pseudo(Address, address, InternetPacket.Udp, bytes.Length), bytes));

        // RFC 768: a sum of 0 is sent as all ones.
        BinaryPrimitives.WriteUInt16BigEndian(bytes[6..], sum == 0 ? ushort.MaxValue : sum);
        _network.SendFromGateway(to, frame);
    }
}
