using System.Buffers.Binary;

namespace ObjectOS.Tests.Vmm.Network;

/// <summary>Frames, written down by the RFCs without the product's help.</summary>
internal static class Wire
{
    public static readonly byte[] GatewayMac = [0x52, 0x55, 0x0a, 0x00, 0x02, 0x02];
    public static readonly byte[] GatewayAddress = [10, 0, 2, 2];
    public static readonly byte[] Everybody = [255, 255, 255, 255, 255, 255];

    public static byte[] Mac(int port) => [0x52, 0x54, 0x00, 0x12, 0x34, (byte)(0x56 + port)];

    public static byte[] Address(int port) => [10, 0, 2, (byte)(15 + port)];

    /// <summary>RFC 1071: the complement of the ones' complement sum.</summary>
    public static ushort Checksum(params byte[][] parts)
    {
        byte[] all = [.. parts.SelectMany(p => p)];
        uint sum = 0;
        for (int i = 0; i < all.Length; i++)
        {
            sum += (uint)(all[i] << (i % 2 == 0 ? 8 : 0));
        }

        while (sum > 0xffff)
        {
            sum = (sum & 0xffff) + (sum >> 16);
        }

        return (ushort)~sum;
    }

    public static byte[] Big(int value) => [(byte)(value >> 8), (byte)value];

    public static byte[] Big32(uint value) => [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];

    public static byte[] Ip(byte[] toMac, byte[] fromMac, byte protocol, byte[] source, byte[] destination, byte[] payload, int flags = 0x4000)
    {
        byte[] header = [0x45, 0, .. Big(20 + payload.Length), 0, 0, .. Big(flags), 64, protocol, 0, 0, .. source, .. destination];
        Big(Checksum(header)).CopyTo(header, 10);
        return [.. toMac, .. fromMac, 8, 0, .. header, .. payload];
    }

    public static byte[] Icmp(byte type, byte code, byte[] word, byte[] data)
    {
        byte[] message = [type, code, 0, 0, .. word, .. data];
        Big(Checksum(message)).CopyTo(message, 2);
        return message;
    }

    public static byte[] Udp(byte[] source, byte[] destination, int sourcePort, int destinationPort, byte[] data)
    {
        byte[] datagram = [.. Big(sourcePort), .. Big(destinationPort), .. Big(8 + data.Length), 0, 0, .. data];
        Big(Checksum([.. source, .. destination, 0, 17, .. Big(datagram.Length)], datagram)).CopyTo(datagram, 6);
        return datagram;
    }

    public static byte[] Tcp(
        byte[] source, byte[] destination, int sourcePort, int destinationPort, uint sequence, uint acknowledgment, byte flags, int window, byte[] data, byte[]? options = null)
    {
        options ??= [];
        byte[] segment = [.. Big(sourcePort), .. Big(destinationPort), .. Big32(sequence), .. Big32(acknowledgment), (byte)((5 + (options.Length / 4)) << 4), flags,
            .. Big(window), 0, 0, 0, 0, .. options, .. data];
        Big(Checksum([.. source, .. destination, 0, 6, .. Big(segment.Length)], segment)).CopyTo(segment, 16);
        return segment;
    }

    public static uint Read32(byte[] bytes, int at) => BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(at));

    public static int Read16(byte[] bytes, int at) => BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(at));
}
