using System.Buffers.Binary;

namespace ObjectOS.Services.Vmm;

/// <summary>The checksum of the Internet's protocols (RFC 1071).</summary>
internal static class InternetChecksum
{
    /// <summary>Adds bytes to a sum; all but the last piece of what is summed have an even length.</summary>
    public static uint Add(uint sum, ReadOnlySpan<byte> bytes)
    {
        ulong total = sum;
        for (; bytes.Length >= 2; bytes = bytes[2..])
        {
            total += BinaryPrimitives.ReadUInt16BigEndian(bytes);
        }

        total += bytes.IsEmpty ? 0 : (uint)bytes[0] << 8;
        while (total >> 16 != 0)
        {
            total = (total & 0xffff) + (total >> 16);
        }

        return (uint)total;
    }

    /// <summary>What goes into the checksum's field. Over a whole with a right checksum: 0.</summary>
    public static ushort Of(uint sum) => (ushort)~sum;

    /// <summary>The sum of the pseudo-header of UDP and TCP (RFC 768, RFC 9293 3.1).</summary>
    public static uint Pseudo(uint source, uint destination, byte protocol, int length)
    {
        Span<byte> header = stackalloc byte[12];
        BinaryPrimitives.WriteUInt32BigEndian(header, source);
        BinaryPrimitives.WriteUInt32BigEndian(header[4..], destination);
        header[8] = 0;
        header[9] = protocol;
        BinaryPrimitives.WriteUInt16BigEndian(header[10..], (ushort)length);
        return Add(0, header);
    }
}
