using System.Buffers.Binary;

namespace ObjectOS.Host.Symbols;

/// <summary>
/// Reads little-endian fields of a section that may be damaged. A read beyond the end returns 0 and clears <see cref="IsValid"/> for good; nothing
/// throws.
/// </summary>
/// <param name="bytes">The section.</param>
/// <param name="at">The offset of the first field.</param>
internal ref struct ByteCursor(ReadOnlySpan<byte> bytes, int at = 0)
{
    /// <summary>Bytes of the longest LEB128 number of 64 bits.</summary>
    private const int MostLebBytes = 10;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>The offset of the next field.</summary>
    public int At { get; private set; } = at;

    /// <summary>False after a read beyond the end.</summary>
    public bool IsValid { get; private set; } = at >= 0 && at <= bytes.Length;

    /// <summary>True if there is something left to read.</summary>
    public readonly bool HasMore => IsValid && At < _bytes.Length;

    /// <summary>Reads <paramref name="count"/> bytes.</summary>
    public ReadOnlySpan<byte> Take(ulong count)
    {
        if (!IsValid || count > (ulong)(_bytes.Length - At))
        {
            IsValid = false;
            return [];
        }

        var taken = _bytes.Slice(At, (int)count);
        At += (int)count;
        return taken;
    }

    public byte U8() => (byte)Fixed(1);

    public ushort U16() => (ushort)Fixed(2);

    public uint U32() => (uint)Fixed(4);

    public ulong U64() => Fixed(8);

    /// <summary>Reads an unsigned number of 1, 2, 4 or 8 bytes.</summary>
    public ulong Fixed(int width)
    {
        var field = Take((ulong)width);
        return field.Length switch
        {
            1 => field[0],
            2 => BinaryPrimitives.ReadUInt16LittleEndian(field),
            4 => BinaryPrimitives.ReadUInt32LittleEndian(field),
            8 => BinaryPrimitives.ReadUInt64LittleEndian(field),
            _ => 0,
        };
    }

    /// <summary>Reads an offset into a section: 8 bytes in the 64-bit format of DWARF, else 4 (DWARF 5, section 7.4).</summary>
    public ulong Offset(bool isWide) => Fixed(isWide ? 8 : 4);

    /// <summary>Reads the length that begins a unit, and tells which format the unit has.</summary>
    public ulong UnitLength(out bool isWide)
    {
        uint length = U32();
        isWide = length == uint.MaxValue;
        return isWide ? U64() : length;
    }

    /// <summary>Reads an unsigned LEB128 number.</summary>
    public ulong Uleb() => Leb(isSigned: false);

    /// <summary>Reads a signed LEB128 number.</summary>
    public long Sleb() => (long)Leb(isSigned: true);

    /// <summary>Reads a text that ends with a zero byte, which is not returned. A longer text than <paramref name="most"/> bytes is invalid.</summary>
    public ReadOnlySpan<byte> Text(int most)
    {
        if (!IsValid)
        {
            return [];
        }

        var rest = _bytes[At..];
        int length = rest[..Math.Min(rest.Length, most + 1)].IndexOf((byte)0);
        if (length < 0)
        {
            IsValid = false;
            return [];
        }

        At += length + 1;
        return rest[..length];
    }

    private ulong Leb(bool isSigned)
    {
        ulong value = 0;
        int shift = 0;
        for (int i = 0; i < MostLebBytes; i++)
        {
            byte part = U8();
            value |= (ulong)(part & 0x7f) << shift;
            shift += 7;
            if ((part & 0x80) == 0)
            {
                return isSigned && shift < 64 && (part & 0x40) != 0 ? value | (ulong.MaxValue << shift) : value;
            }
        }

        IsValid = false;
        return 0;
    }
}
