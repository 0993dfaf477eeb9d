using System.Buffers.Binary;
using System.Text;

namespace ObjectOS.Cli.Conformance;

/// <summary>
/// What a suite has to know of an ELF file: whether it is a test (ELF64, little-endian, RISC-V, ET_EXEC, with a symbol <c>tohost</c>), and for which ISA it says it is made
/// (RISC-V ELF psABI, chapter "Attributes"). Parsing never throws, whatever the bytes are.
/// </summary>
internal static class TestElf
{
    /// <summary>Bytes of a file's head that <see cref="IsCandidate"/> looks at.</summary>
    public const int HeaderBytes = 64;

    private const int SectionHeaderBytes = 64, SymbolBytes = 24;
    private const ushort RiscV = 243, Executable = 2;
    private const uint SymbolTable = 2, RiscVAttributes = 0x70000003;
    private const ulong FileScope = 1, ArchitectureTag = 5;

    /// <summary>True where a file's head is that of a RISC-V executable.</summary>
    public static bool IsCandidate(ReadOnlySpan<byte> head) =>
        head.Length >= HeaderBytes && head.StartsWith("\u007fELF"u8) && head[4] == 2 && head[5] == 1 && Half(head, 16) == Executable && Half(head, 18) == RiscV;

    /// <summary>True where the file has a symbol <c>tohost</c> of its own.</summary>
    public static bool IsTest(ReadOnlySpan<byte> file) => Defines(file, "tohost\0"u8);

    /// <summary>True where the file has a symbol of its own.</summary>
    /// <param name="file">A whole file of at least <see cref="HeaderBytes"/>.</param>
    /// <param name="name">The symbol's name and a NUL.</param>
    public static bool Defines(ReadOnlySpan<byte> file, ReadOnlySpan<byte> name)
    {
        for (int i = 0; TrySection(file, i, out var section); i++)
        {
            if (Word32(section, 4) == SymbolTable && TrySection(file, (int)Math.Min(Word32(section, 40), int.MaxValue), out var strings)
                && HasSymbol(Contents(file, section), Contents(file, strings), name))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The ISA string among the file's attributes; null: there is none.</summary>
    public static string? Architecture(ReadOnlySpan<byte> file)
    {
        for (int i = 0; TrySection(file, i, out var section); i++)
        {
            if (Word32(section, 4) == RiscVAttributes)
            {
                return Architecture(new AttributeReader(Contents(file, section)));
            }
        }

        return null;
    }

    /// <summary>Format version A, then vendors' parts, in each of them parts for a scope, in each of those tags with their values.</summary>
    private static string? Architecture(AttributeReader attributes)
    {
        if (attributes.TakeByte() != 'A')
        {
            return null;
        }

        while (attributes.TryTakePart(out var vendor))
        {
            if (!vendor.TakeText().SequenceEqual("riscv"u8))
            {
                continue;
            }

            while (vendor.TryTakeScope(out ulong scope, out var tags))
            {
                while (scope == FileScope && !tags.IsAtEnd)
                {
                    // Odd tags have texts, even ones numbers.
                    ulong tag = tags.TakeNumber();
                    var text = tag % 2 == 1 ? tags.TakeText() : [];
                    if (tag == ArchitectureTag)
                    {
                        return Encoding.ASCII.GetString(text);
                    }

                    if (tag % 2 == 0)
                    {
                        tags.TakeNumber();
                    }
                }
            }
        }

        return null;
    }

    private static bool HasSymbol(ReadOnlySpan<byte> symbols, ReadOnlySpan<byte> strings, ReadOnlySpan<byte> name)
    {
        for (; symbols.Length >= SymbolBytes; symbols = symbols[SymbolBytes..])
        {
            uint at = Word32(symbols, 0);
            if (Half(symbols, 6) != 0 && at < strings.Length && strings[(int)at..].StartsWith(name))
            {
                return true;
            }
        }

        return false;
    }

    private static bool TrySection(ReadOnlySpan<byte> file, int index, out ReadOnlySpan<byte> section)
    {
        section = [];
        ulong table = Word64(file, 40);
        ulong offset = (ulong)index * SectionHeaderBytes;
        if (index >= Half(file, 60) || Half(file, 58) != SectionHeaderBytes || !IsInside(file, table, offset + SectionHeaderBytes))
        {
            return false;
        }

        section = file.Slice((int)(table + offset), SectionHeaderBytes);
        return true;
    }

    private static ReadOnlySpan<byte> Contents(ReadOnlySpan<byte> file, ReadOnlySpan<byte> section) =>
        IsInside(file, Word64(section, 24), Word64(section, 32)) ? file.Slice((int)Word64(section, 24), (int)Word64(section, 32)) : [];

    private static bool IsInside(ReadOnlySpan<byte> file, ulong offset, ulong size) => offset <= (ulong)file.Length && size <= (ulong)file.Length - offset;

    private static ushort Half(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint Word32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static ulong Word64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);
}
