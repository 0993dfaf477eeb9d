using System.Buffers.Binary;
using System.Text;

namespace ObjectOS.Recording;

/// <summary>Bytes of records that are being written: numbers in as few bytes as they need, seven bits each, the lowest first.</summary>
internal sealed class RecordBuffer
{
    private byte[] _bytes = new byte[1 << 12];

    /// <summary>Bytes so far.</summary>
    public int Length { get; private set; }

    /// <summary>The bytes so far; good until the next write.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

    /// <summary>Drops the bytes behind the first so many.</summary>
    public void Truncate(int length) => Length = length;

    /// <summary>Drops all bytes.</summary>
    public void Clear() => Length = 0;

    public void Byte(byte value) => Reserve(1)[0] = value;

    /// <summary>64 bits, little-endian.</summary>
    public void Fixed(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Reserve(8), value);

    /// <summary>An unsigned number in 1 to 10 bytes.</summary>
    public void Number(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            Byte((byte)(value | 0x80));
        }

        Byte((byte)value);
    }

    /// <summary>A signed number: small magnitudes take few bytes.</summary>
    public void Signed(long value) => Number((ulong)((value << 1) ^ (value >> 63)));

    /// <summary>A length and so many bytes.</summary>
    public void Blob(ReadOnlySpan<byte> bytes)
    {
        Number((ulong)bytes.Length);
        bytes.CopyTo(Reserve(bytes.Length));
    }

    /// <summary>A length in bytes and UTF-8.</summary>
    public void Text(string text) => Blob(Encoding.UTF8.GetBytes(text));

    private Span<byte> Reserve(int count)
    {
        if (Length + count > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + count));
        }

        Length += count;
        return _bytes.AsSpan(Length - count, count);
    }
}
