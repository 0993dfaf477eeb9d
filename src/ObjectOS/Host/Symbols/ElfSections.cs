using System.IO.Compression;

namespace ObjectOS.Host.Symbols;

/// <summary>A section of a program's file.</summary>
/// <param name="Address">Its address, before the program is moved.</param>
/// <param name="Link">The number of the section that it refers to.</param>
/// <param name="Bytes">Its contents.</param>
internal readonly record struct ElfSection(ulong Address, int Link, ReadOnlyMemory<byte> Bytes);

/// <summary>Finds sections of a program's file by name (System V ABI, chapter "Sections"). A section that is damaged is not found.</summary>
/// <param name="file">The file, an ELF64 one of little-endian order.</param>
internal sealed class ElfSections(ReadOnlyMemory<byte> file)
{
    private const int HeaderBytes = 64;
    private const int CompressionHeaderBytes = 24;
    private const uint NoBits = 8;
    private const ulong Compressed = 0x800;

    /// <summary>Most bytes that are unpacked of all compressed sections.</summary>
    private const int MostUnpacked = 128 << 20;

    private int _unpacked;

    /// <summary>Finds a section; null if it is not there or empty.</summary>
    public ElfSection? Find(ReadOnlySpan<byte> name)
    {
        if (!TryReadTable(out int table, out int count, out int namesIndex) || Read(table, namesIndex) is not { } names)
        {
            return null;
        }

        for (int i = 0; i < count; i++)
        {
            int nameAt = (int)Math.Min(new ByteCursor(file.Span, table + (i * HeaderBytes)).U32(), int.MaxValue);
            var cursor = new ByteCursor(names.Bytes.Span, nameAt);
            if (cursor.Text(name.Length).SequenceEqual(name) && cursor.IsValid)
            {
                return Read(table, i);
            }
        }

        return null;
    }

    /// <summary>Finds a section by its number; null if it is not there or empty.</summary>
    public ElfSection? Find(int number) =>
        TryReadTable(out int table, out int count, out _) && number >= 0 && number < count ? Read(table, number) : null;

    private bool TryReadTable(out int table, out int count, out int namesIndex)
    {
        var cursor = new ByteCursor(file.Span, Math.Min(40, file.Length));
        ulong at = cursor.U64();
        cursor.Take(10);
        int size = cursor.U16();
        (count, namesIndex) = (cursor.U16(), cursor.U16());
        ulong length = (ulong)count * HeaderBytes;
        bool isThere = cursor.IsValid && size == HeaderBytes && namesIndex < count && at <= (ulong)file.Length && (ulong)file.Length - at >= length;
        table = isThere ? (int)at : 0;
        return isThere;
    }

    private ElfSection? Read(int table, int number)
    {
        var cursor = new ByteCursor(file.Span, table + (number * HeaderBytes));
        cursor.U32();
        uint type = cursor.U32();
        ulong flags = cursor.U64();
        ulong address = cursor.U64();
        ulong offset = cursor.U64();
        ulong size = cursor.U64();
        uint link = cursor.U32();
        if (!cursor.IsValid || type == NoBits || size == 0 || offset > (ulong)file.Length || (ulong)file.Length - offset < size)
        {
            return null;
        }

        var bytes = file.Slice((int)offset, (int)size);
        bytes = (flags & Compressed) != 0 ? Unpack(bytes) : bytes;
        return bytes.IsEmpty || link > ushort.MaxValue ? null : new ElfSection(address, (int)link, bytes);
    }

    /// <summary>Unpacks a section (System V ABI, "Section Compression"); one of an unknown kind or size is empty.</summary>
    private ReadOnlyMemory<byte> Unpack(ReadOnlyMemory<byte> packed)
    {
        var cursor = new ByteCursor(packed.Span);
        bool isZlib = cursor.U32() == 1;
        cursor.U32();
        ulong size = cursor.U64();
        if (!isZlib || !cursor.IsValid || packed.Length < CompressionHeaderBytes || size > (ulong)(MostUnpacked - _unpacked))
        {
            return default;
        }

        _unpacked += (int)size;
        try
        {
            using var source = new MemoryStream(packed[CompressionHeaderBytes..].ToArray());
            using var zlib = new ZLibStream(source, CompressionMode.Decompress);
            byte[] bytes = new byte[(int)size];
            return zlib.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) == bytes.Length ? bytes : default;
        }
        catch (InvalidDataException)
        {
            return default;
        }
    }
}
