using System.Buffers.Binary;
using System.Globalization;
using ObjectOS.Cpu;
using ObjectOS.Services.Programs;

namespace ObjectOS.Host.Symbols;

/// <summary>The variables of a program or an image: the objects of its symbol table that lie in segments that can be written.</summary>
internal sealed class DataSymbols
{
    /// <summary>Most bytes of variables that are looked at.</summary>
    public const int MostBytes = 1 << 20;

    private const int SymbolBytes = 24, Object = 1, Function = 2;
    private const int HeaderBytes = 64, ProgramHeaderBytes = 56;
    private const uint Load = 1, Write = 2;

    private readonly List<DataSymbol> _named = [];
    private readonly IReadOnlyList<(ulong Start, ulong End)> _writable;

    private DataSymbols(ElfSections file, ulong loadBase, IReadOnlyList<(ulong Start, ulong End)> writable)
    {
        _writable = writable;
        if (file.Find(".symtab"u8) is not { } symbols || file.Find(symbols.Link) is not { } texts)
        {
            return;
        }

        for (int i = 0; i + SymbolBytes <= symbols.Bytes.Length; i += SymbolBytes)
        {
            var symbol = symbols.Bytes.Span.Slice(i, SymbolBytes);
            ulong start = BinaryPrimitives.ReadUInt64LittleEndian(symbol[8..]) + loadBase, size = BinaryPrimitives.ReadUInt64LittleEndian(symbol[16..]);
            int kind = symbol[4] & 0xf;
            var text = new ByteCursor(texts.Bytes.Span, (int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(symbol), int.MaxValue)).Text(SymbolText.Most);
            if (kind is Object or Function && size > 0 && BinaryPrimitives.ReadUInt16LittleEndian(symbol[6..]) != 0 && !text.IsEmpty)
            {
                bool isVariable = kind == Object && size <= MostBytes && writable.Any(range => start >= range.Start && start < range.End && size <= range.End - start);
                _named.Add(new DataSymbol(SymbolText.Of(text), start, size, isVariable));
            }
        }

        _named.Sort((a, b) => a.Address != b.Address ? a.Address.CompareTo(b.Address) : string.CompareOrdinal(a.Name, b.Name));
        Variables = [.. Distinct()];
    }

    /// <summary>The variables, by address; of several names for one address the first.</summary>
    public IReadOnlyList<DataSymbol> Variables { get; } = [];

    /// <summary>Where they are.</summary>
    public IReadOnlyList<MemoryRange> Ranges => [.. Variables.Select(variable => new MemoryRange(variable.Address, (int)variable.Size))];

    /// <summary>Those of a Linux program, and of an image of a machine that runs at the virtual addresses of its file; none if the file is damaged or has no symbols.</summary>
    public static DataSymbols? Of(ReadOnlyMemory<byte> file, bool isMachine)
    {
        try
        {
            return isMachine ? WritableOf(file.Span) is { } writable ? new DataSymbols(new ElfSections(file), 0, writable) : null
                : ElfImage.TryParse(file.Span, out var image, out _)
                    ? new DataSymbols(
                        new ElfSections(file), image.LoadBase, [.. image.Segments.Where(segment => segment.Rights.HasFlag(Abi.PageRights.Write)).Select(segment => (segment.Address, segment.End))])
                : null;
        }
        catch (Exception)
        {
            // The file is a guest's: damage that the readers do not foresee means no symbols.
            return null;
        }
    }

    /// <summary>Writes a word of 8 bytes: as the place of a symbol if it is the address of one, else as a number. Data without a name lies elsewhere in each build: its addresses look alike.</summary>
    public string Show(ulong word)
    {
        int low = 0, high = _named.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = _named[middle].Address <= word ? (middle + 1, high) : (low, middle);
        }

        return low > 0 && _named[low - 1] is var symbol && word - symbol.Address < symbol.Size ? "&" + Place(symbol.Name, word - symbol.Address)
            : _writable.Any(range => word >= range.Start && word <= range.End) ? "&(data without a name)"
            : string.Create(CultureInfo.InvariantCulture, $"0x{word:x}");
    }

    /// <summary>Writes a place in a symbol.</summary>
    public static string Place(string name, ulong offset) => offset == 0 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}+0x{offset:x}");

    private IEnumerable<DataSymbol> Distinct()
    {
        ulong total = 0, end = 0;
        foreach (var symbol in _named.Where(symbol => symbol.IsVariable))
        {
            if (symbol.Address >= end && total + symbol.Size <= MostBytes)
            {
                (total, end) = (total + symbol.Size, symbol.Address + symbol.Size);
                yield return symbol;
            }
        }
    }

    /// <summary>The segments of an image that can be written; null: the file is no 64-bit little-endian ELF.</summary>
    private static List<(ulong Start, ulong End)>? WritableOf(ReadOnlySpan<byte> file)
    {
        if (file.Length < HeaderBytes || !file.StartsWith("\u007fELF\u0002\u0001"u8))
        {
            return null;
        }

        ulong table = BinaryPrimitives.ReadUInt64LittleEndian(file[32..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(file[56..]);
        var ranges = new List<(ulong, ulong)>();
        for (int i = 0; i < count && table + ((ulong)(i + 1) * ProgramHeaderBytes) <= (ulong)file.Length; i++)
        {
            var header = file[((int)table + (i * ProgramHeaderBytes))..];
            ulong start = BinaryPrimitives.ReadUInt64LittleEndian(header[16..]), length = BinaryPrimitives.ReadUInt64LittleEndian(header[40..]);
            if (BinaryPrimitives.ReadUInt32LittleEndian(header) == Load && (BinaryPrimitives.ReadUInt32LittleEndian(header[4..]) & Write) != 0 && start + length >= start)
            {
                ranges.Add((start, start + length));
            }
        }

        return ranges;
    }
}

/// <summary>A symbol of a program's file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Address">Where it is in memory.</param>
/// <param name="Size">Its bytes.</param>
/// <param name="IsVariable">True if it is an object that can be written.</param>
internal readonly record struct DataSymbol(string Name, ulong Address, ulong Size, bool IsVariable);
