using System.Buffers.Binary;

namespace ObjectOS.Services.Vmm;

/// <summary>The control bits of TCP (RFC 9293, 3.1).</summary>
[Flags]
internal enum TcpFlags : byte
{
    None = 0,
    Fin = 1,
    Syn = 2,
    Reset = 4,
    Push = 8,
    Acknowledge = 16,
}

/// <summary>A segment of TCP (RFC 9293, 3.1).</summary>
internal readonly ref struct TcpSegment
{
    public const int Header = 20;

    public ushort SourcePort { get; private init; }

    public ushort DestinationPort { get; private init; }

    public uint Sequence { get; private init; }

    public uint Acknowledgment { get; private init; }

    public TcpFlags Flags { get; private init; }

    public ushort Window { get; private init; }

    /// <summary>What the other side takes in a segment; without the option 536 (RFC 9293, 3.7.1).</summary>
    public ushort MaximumSize { get; private init; }

    public ReadOnlySpan<byte> Payload { get; private init; }

    /// <summary>What it takes of the sequence's numbers.</summary>
    public uint Length => (uint)Payload.Length + (Has(TcpFlags.Syn) ? 1u : 0) + (Has(TcpFlags.Fin) ? 1u : 0);

    public bool Has(TcpFlags flag) => (Flags & flag) != 0;

    /// <summary>Takes a segment out of a packet. False: it is cut off or its checksum is wrong.</summary>
    public static bool TryParse(InternetPacket packet, out TcpSegment segment)
    {
        segment = default;
        var bytes = packet.Payload;
        int header = bytes.Length < Header ? 0 : (bytes[12] >> 4) * 4;
        if (header < Header || header > bytes.Length
            || InternetChecksum.Of(InternetChecksum.Add(InternetChecksum.Pseudo(packet.Source, packet.Destination, InternetPacket.Tcp, bytes.Length), bytes)) != 0)
        {
            return false;
        }

        segment = new TcpSegment
        {
            SourcePort = BinaryPrimitives.ReadUInt16BigEndian(bytes),
            DestinationPort = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]),
            Sequence = BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]),
            Acknowledgment = BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]),
            Flags = (TcpFlags)(bytes[13] & 0x1f),
            Window = BinaryPrimitives.ReadUInt16BigEndian(bytes[14..]),
            MaximumSize = FindMaximumSize(bytes[Header..header]),
            Payload = bytes[header..],
        };
        return true;
    }

    /// <summary>Writes a segment with the headers in front of it. With SYN it names the largest segment.</summary>
    public static byte[] Make(
        MacAddress to, uint source, ushort sourcePort, uint destination, ushort destinationPort, uint sequence, uint acknowledgment, TcpFlags flags,
        ushort window, ReadOnlySpan<byte> payload)
    {
        int header = Header + ((flags & TcpFlags.Syn) != 0 ? 4 : 0);
        byte[] frame = InternetPacket.Make(to, Gateway.Mac, InternetPacket.Tcp, source, destination, header + payload.Length);
        var bytes = frame.AsSpan(InternetPacket.EthernetHeader + InternetPacket.Header);
        BinaryPrimitives.WriteUInt16BigEndian(bytes, sourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[2..], destinationPort);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[4..], sequence);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[8..], acknowledgment);
        bytes[12] = (byte)(header / 4 << 4);
        bytes[13] = (byte)flags;
        BinaryPrimitives.WriteUInt16BigEndian(bytes[14..], window);
        if (header > Header)
        {
            bytes[20] = 2;
            bytes[21] = 4;
            BinaryPrimitives.WriteUInt16BigEndian(bytes[22..], TcpConnection.MostInSegment);
        }

        payload.CopyTo(bytes[header..]);
        uint sum = InternetChecksum.Add(InternetChecksum.Pseudo(source, destination, InternetPacket.Tcp, bytes.Length), bytes);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[16..], InternetChecksum.Of(sum));
        return frame;
    }

    private static ushort FindMaximumSize(ReadOnlySpan<byte> options)
    {
        while (!options.IsEmpty && options[0] != 0)
        {
            if (options[0] == 1)
            {
                options = options[1..];
                continue;
            }

            if (options.Length < 2 || options[1] < 2 || options[1] > options.Length)
            {
                break;
            }

            if (options[0] == 2 && options[1] == 4)
            {
                return BinaryPrimitives.ReadUInt16BigEndian(options[2..]);
            }

            options = options[options[1]..];
        }

        return 536;
    }
}
