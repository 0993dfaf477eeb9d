using System.Buffers.Binary;
using System.Text;

namespace ObjectOS.Recording;

/// <summary>Reads what <see cref="RecordBuffer"/> wrote. Every length is checked against the bytes that are left before it is used.</summary>
/// <param name="bytes">The bytes.</param>
/// <param name="offset">Where they stand in the file; messages name it.</param>
internal sealed class RecordCursor(ReadOnlyMemory<byte> bytes, long offset)
{
    private int _at;
    private int _record;

    /// <summary>True at the end.</summary>
    public bool IsAtEnd => _at == bytes.Length;

    /// <summary>The offset in the file of the next byte.</summary>
    public long Offset => offset + _at;

    /// <summary>The bytes since <see cref="BeginRecord"/>.</summary>
    public ReadOnlySpan<byte> RecordBytes => bytes.Span[_record.._at];

    private int Left => bytes.Length - _at;

    public void BeginRecord() => _record = _at;

    public byte Byte() => Take(1)[0];

    public ulong Fixed() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    public ulong Number()
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte part = Byte();
            if (shift == 63 && part > 1)
            {
                throw Damaged("a number does not fit into 64 bits");
            }

            value |= (ulong)(part & 0x7f) << shift;
            if (part < 0x80)
            {
                return value;
            }
        }
    }

    public long Signed()
    {
        ulong value = Number();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>A number that is at most <paramref name="most"/>.</summary>
    public ulong NumberUpTo(ulong most, string name)
    {
        ulong value = Number();
        return value <= most ? value : throw Damaged($"{name} is {value}, at most {most} is possible");
    }

    public int Int(int most, string name) => (int)NumberUpTo((ulong)most, name);

    public uint UInt(string name) => (uint)NumberUpTo(uint.MaxValue, name);

    public bool Flag() => Int(1, "a flag") == 1;

    /// <summary>A count of items of which each takes at least one byte.</summary>
    public int Count(string name) => Int(Left, name);

    public ReadOnlyMemory<byte> Blob()
    {
        int length = Count("a length");
        _at += length;
        return bytes.Slice(_at - length, length);
    }

    public string Text() => Encoding.UTF8.GetString(Blob().Span);

    public DamagedRecordingException Damaged(string what) => new($"offset {Offset}: {what}");

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > Left)
        {
            throw Damaged($"{count} bytes are wanted, {Left} are left");
        }

        _at += count;
        return bytes.Span.Slice(_at - count, count);
    }
}
