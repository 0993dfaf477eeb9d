using System.Buffers.Binary;

namespace ObjectOS.Services.Vmm;

/// <summary>A packet of IPv4 (RFC 791), as far as it is used here: whole, options passed over.</summary>
internal readonly ref struct InternetPacket
{
    public const int EthernetHeader = 14;
    public const int Header = 20;
    public const byte Icmp = 1;
    public const byte Tcp = 6;
    public const byte Udp = 17;

    private InternetPacket(ReadOnlySpan<byte> whole, int headerLength)
    {
        Whole = whole;
        Payload = whole[headerLength..];
    }

    /// <summary>Header and payload.</summary>
    public ReadOnlySpan<byte> Whole { get; }

    public ReadOnlySpan<byte> Payload { get; }

    public byte Protocol => Whole[9];

    public uint Source => BinaryPrimitives.ReadUInt32BigEndian(Whole[12..]);

    public uint Destination => BinaryPrimitives.ReadUInt32BigEndian(Whole[16..]);

    /// <summary>Takes a packet out of a frame. False: it is cut off, wrong, or a fragment.</summary>
    public static bool TryParse(ReadOnlySpan<byte> frame, out InternetPacket packet)
    {
        packet = default;
        var bytes = frame[EthernetHeader..];
        if (bytes.Length < Header || bytes[0] >> 4 != 4)
        {
            return false;
        }

        int headerLength = (bytes[0] & 15) * 4;
        int length = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        if (headerLength < Header || length < headerLength || length > bytes.Length
            || InternetChecksum.Of(InternetChecksum.Add(0, bytes[..headerLength])) != 0
            || (BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]) & 0x3fff) != 0)
        {
            return false;
        }

        packet = new InternetPacket(bytes[..length], headerLength);
        return true;
    }

    /// <summary>Makes a frame with a packet whose payload the caller fills in behind <see cref="EthernetHeader"/> + <see cref="Header"/>.</summary>
    public static byte[] Make(MacAddress to, MacAddress from, byte protocol, uint source, uint destination, int payloadLength)
    {
        var frame = new byte[EthernetHeader + Header + payloadLength];
        to.Write(frame);
        from.Write(frame.AsSpan(6));
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12), 0x0800);
        var header = frame.AsSpan(EthernetHeader, Header);
        header[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(header[2..], (ushort)(Header + payloadLength));

        // Never in pieces, so that the identification may be 0 (RFC 6864, 4.1).
        header[6] = 0x40;
        header[8] = 64;
        header[9] = protocol;
        BinaryPrimitives.WriteUInt32BigEndian(header[12..], source);
        BinaryPrimitives.WriteUInt32BigEndian(header[16..], destination);
        BinaryPrimitives.WriteUInt16BigEndian(header[10..], InternetChecksum.Of(InternetChecksum.Add(0, header)));
        return frame;
    }
}
