using System.Buffers.Binary;

namespace ObjectOS.Cli.Conformance;

/// <summary>Reads a section of build attributes piece by piece. What is cut short reads as zeros, and as the end.</summary>
internal ref struct AttributeReader(ReadOnlySpan<byte> bytes)
{
    private const int LengthBytes = 4;

    private ReadOnlySpan<byte> _bytes = bytes;

    public readonly bool IsAtEnd => _bytes.IsEmpty;

    public byte TakeByte()
    {
        byte first = _bytes.IsEmpty ? (byte)0 : _bytes[0];
        _bytes = _bytes.IsEmpty ? _bytes : _bytes[1..];
        return first;
    }

    /// <summary>A number in ULEB128.</summary>
    public ulong TakeNumber()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64 && !IsAtEnd; shift += 7)
        {
            byte part = TakeByte();
            value |= (ulong)(part & 0x7f) << shift;
            if (part < 0x80)
            {
                break;
            }
        }

        return value;
    }

    /// <summary>A text that a NUL ends.</summary>
    public ReadOnlySpan<byte> TakeText()
    {
        int length = _bytes.IndexOf((byte)0);
        var text = length < 0 ? _bytes : _bytes[..length];
        _bytes = length < 0 ? [] : _bytes[(length + 1)..];
        return text;
    }

    /// <summary>A part that begins with its length, which counts itself.</summary>
    public bool TryTakePart(out AttributeReader part) => TryTake(0, out part);

    /// <summary>A scope's number, then a length that counts both, then its part.</summary>
    public bool TryTakeScope(out ulong scope, out AttributeReader part)
    {
        int before = _bytes.Length;
        scope = TakeNumber();
        return TryTake(before - _bytes.Length, out part);
    }

    private bool TryTake(int before, out AttributeReader part)
    {
        part = default;
        uint length = _bytes.Length < LengthBytes ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(_bytes);
        if (length < LengthBytes + before || length - before > _bytes.Length)
        {
            return false;
        }

        part = new AttributeReader(_bytes[LengthBytes..((int)length - before)]);
        _bytes = _bytes[((int)length - before)..];
        return true;
    }
}
