using System.Buffers.Binary;

namespace ObjectOS.Services.Vmm;

/// <summary>
/// The gateway of a switch, 10.0.2.2 in 10.0.2.0/24: it answers ARP (RFC 826) and echo (RFC 792), gives addresses, and leads from the host
/// to guests where a port was published. It leads nowhere else: what a guest sends beyond its network is refused.
/// </summary>
public sealed partial class Gateway
{
    /// <summary>The network, 10.0.2.0.</summary>
    public const uint Network = 0x0a00_0200;

    /// <summary>Its mask.</summary>
    public const uint Mask = 0xffff_ff00;

    /// <summary>The gateway's address, 10.0.2.2.</summary>
    public const uint Address = Network + 2;

    private const ushort ArpType = 0x0806;
    private const ushort InternetType = 0x0800;
    private const int ArpLength = 28;
    private const uint SavedVersion = 3;

    private readonly VirtualSwitch _network;
    private readonly INetworkHost _host;
    private readonly DhcpServer _dhcp = new();

    /// <summary>By the last byte of an address: who said to have it, from which port.</summary>
    private readonly (MacAddress Mac, int Port)?[] _neighbours = new (MacAddress, int)?[256];

    internal Gateway(VirtualSwitch network, INetworkHost host) => (_network, _host) = (network, host);

    /// <summary>Its address on the switch.</summary>
    public static MacAddress Mac { get; } = new(0x5255_0a00_0202);

    /// <summary>Frames for the gateway that were cut off, had a wrong checksum, or were pieces of packets.</summary>
    public ulong Malformed { get; private set; }

    /// <summary>Packets that would have left the network.</summary>
    public ulong Refused { get; private set; }

    internal ulong Now => _host.Now;

    /// <summary>A frame for the gateway or for all.</summary>
    internal void Receive(SwitchPort from, ReadOnlySpan<byte> frame)
    {
        switch (BinaryPrimitives.ReadUInt16BigEndian(frame[12..]))
        {
            case ArpType:
                ReceiveArp(from, frame);
                break;
            case InternetType when InternetPacket.TryParse(frame, out var packet):
                ReceivePacket(from, MacAddress.Read(frame[6..]), packet, !MacAddress.Read(frame).IsGroup);
                break;
            case InternetType:
                Malformed++;
                break;
        }

        Pump();
    }

    /// <summary>A machine has gone.</summary>
    internal void Forget(SwitchPort port)
    {
        for (int i = 0; i < _neighbours.Length; i++)
        {
            _neighbours[i] = _neighbours[i]?.Port == port.Index ? null : _neighbours[i];
        }

        _dhcp.Forget(port);
        Withdraw(port);
        Pump();
    }

    internal void Save(BinaryWriter writer)
    {
        writer.Write(SavedVersion);
        writer.Write(Malformed);
        writer.Write(Refused);
        writer.Write(Dropped);
        _dhcp.Save(writer);
        foreach (var neighbour in _neighbours)
        {
            writer.Write(neighbour?.Mac.Value ?? 0);
            writer.Write(neighbour?.Port ?? -1);
        }

        SaveConnections(writer);
    }

    internal void Restore(BinaryReader reader)
    {
        Saved.Version(reader, SavedVersion, "a gateway");
        Malformed = reader.ReadUInt64();
        Refused = reader.ReadUInt64();
        Dropped = reader.ReadUInt64();
        _dhcp.Restore(reader);
        for (int i = 0; i < _neighbours.Length; i++)
        {
            var mac = new MacAddress(reader.ReadUInt64());
            int port = reader.ReadInt32();
            _neighbours[i] = port >= 0 ? (mac, port) : null;
        }

        RestoreConnections(reader);
    }

    /// <summary>Notes who has an address. That of a port's own lease is taken from nobody else.</summary>
    private void Learn(SwitchPort from, uint address, MacAddress mac)
    {
        int last = (int)(address & ~Mask);
        int owner = last - 15;
        if ((address & Mask) == Network && address != Address && !mac.IsGroup && (owner == from.Index || _network.Port(owner) is null))
        {
            _neighbours[last] = (mac, from.Index);
        }
    }

    private void ReceiveArp(SwitchPort from, ReadOnlySpan<byte> frame)
    {
        var arp = frame[InternetPacket.EthernetHeader..];
        if (arp.Length < ArpLength || BinaryPrimitives.ReadUInt64BigEndian(arp) >> 16 != 0x0001_0800_0604)
        {
            Malformed++;
            return;
        }

        var sender = MacAddress.Read(arp[8..]);
        uint senderAddress = BinaryPrimitives.ReadUInt32BigEndian(arp[14..]);
        Learn(from, senderAddress, sender);
        if (BinaryPrimitives.ReadUInt16BigEndian(arp[6..]) != 1 || BinaryPrimitives.ReadUInt32BigEndian(arp[24..]) != Address)
        {
            return;
        }

        var answer = new byte[InternetPacket.EthernetHeader + ArpLength];
        sender.Write(answer);
        Mac.Write(answer.AsSpan(6));
        BinaryPrimitives.WriteUInt16BigEndian(answer.AsSpan(12), ArpType);
        var body = answer.AsSpan(InternetPacket.EthernetHeader);
        arp[..6].CopyTo(body);
        body[7] = 2;
        Mac.Write(body[8..]);
        BinaryPrimitives.WriteUInt32BigEndian(body[14..], Address);
        sender.Write(body[18..]);
        BinaryPrimitives.WriteUInt32BigEndian(body[24..], senderAddress);
        _network.SendFromGateway(sender, answer);
    }

    private void ReceivePacket(SwitchPort from, MacAddress sender, InternetPacket packet, bool isUnicast)
    {
        Learn(from, packet.Source, sender);
        if (packet.Destination != Address && packet.Destination != uint.MaxValue && packet.Destination != (Network | ~Mask))
        {
            if (isUnicast)
            {
                Refuse(sender, packet);
            }

            return;
        }

        switch (packet.Protocol)
        {
            case InternetPacket.Icmp when isUnicast:
                ReceiveEcho(sender, packet);
                break;
            case InternetPacket.Udp:
                ReceiveUdp(from, packet, isUnicast);
                break;
            case InternetPacket.Tcp when isUnicast:
                ReceiveTcp(from, sender, packet);
                break;
        }
    }

    private void ReceiveEcho(MacAddress sender, InternetPacket packet)
    {
        if (packet.Payload.Length < 8 || InternetChecksum.Of(InternetChecksum.Add(0, packet.Payload)) != 0)
        {
            Malformed++;
            return;
        }

        if (packet.Payload[0] == 8 && packet.Payload[1] == 0)
        {
            SendIcmp(sender, packet.Source, 0, 0, packet.Payload[4..8], packet.Payload[8..]);
        }
    }

    /// <summary>RFC 1812, 5.2.7.1: communication administratively prohibited; never about ICMP, so that nothing goes round in circles.</summary>
    private void Refuse(MacAddress sender, InternetPacket packet)
    {
        Refused++;
        if (packet.Protocol != InternetPacket.Icmp && (packet.Source & Mask) == Network)
        {
            int headerLength = packet.Whole.Length - packet.Payload.Length;
            SendIcmp(sender, packet.Source, 3, 13, stackalloc byte[4], packet.Whole[..Math.Min(packet.Whole.Length, headerLength + 8)]);
        }
    }

    private void SendIcmp(MacAddress to, uint address, byte type, byte code, ReadOnlySpan<byte> word, ReadOnlySpan<byte> rest)
    {
        byte[] frame = InternetPacket.Make(to, Mac, InternetPacket.Icmp, Address, address, 8 + rest.Length);
        var message = frame.AsSpan(InternetPacket.EthernetHeader + InternetPacket.Header);
        message[0] = type;
        message[1] = code;
        word.CopyTo(message[4..]);
        rest.CopyTo(message[8..]);
        BinaryPrimitives.WriteUInt16BigEndian(message[2..], InternetChecksum.Of(InternetChecksum.Add(0, message)));
        _network.SendFromGateway(to, frame);
    }
}
