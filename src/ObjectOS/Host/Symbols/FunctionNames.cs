using System.Buffers.Binary;

namespace ObjectOS.Host.Symbols;

/// <summary>Names the functions that hold addresses, by the symbol tables of a program's file (System V ABI, chapter "Symbol Table").</summary>
internal static class FunctionNames
{
    private const int SymbolBytes = 24;
    private const int Function = 2;

    /// <summary>Most symbols that are looked at.</summary>
    private const int MostSymbols = 1 << 21;

    /// <summary>Returns the function of each address of the file; null for those that lie in no function.</summary>
    public static string?[] Of(ElfSections file, ReadOnlySpan<ulong> addresses)
    {
        string?[] names = new string?[addresses.Length];
        Add(file, file.Find(".symtab"u8), addresses, names);
        Add(file, file.Find(".dynsym"u8), addresses, names);
        return names;
    }

    private static void Add(ElfSections file, ElfSection? table, ReadOnlySpan<ulong> addresses, string?[] names)
    {
        if (table is not { } symbols || file.Find(symbols.Link) is not { } texts || Array.IndexOf(names, null) < 0)
        {
            return;
        }

        var best = new Candidate[addresses.Length];
        int count = Math.Min(symbols.Bytes.Length / SymbolBytes, MostSymbols);
        for (int i = 0; i < count; i++)
        {
            Consider(symbols.Bytes.Span.Slice(i * SymbolBytes, SymbolBytes), addresses, best);
        }

        for (int i = 0; i < names.Length; i++)
        {
            if (names[i] is null && best[i].Rank > 0)
            {
                var text = new ByteCursor(texts.Bytes.Span, (int)Math.Min(best[i].Name, int.MaxValue)).Text(SymbolText.Most);
                names[i] = text.IsEmpty ? null : SymbolText.Of(text);
            }
        }
    }

    /// <summary>The function that begins last wins; of two names for the same one, a global name before a weak and a local one.</summary>
    private static void Consider(ReadOnlySpan<byte> symbol, ReadOnlySpan<ulong> addresses, Candidate[] best)
    {
        if ((symbol[4] & 0xf) != Function || BinaryPrimitives.ReadUInt16LittleEndian(symbol[6..]) == 0)
        {
            return;
        }

        ulong start = BinaryPrimitives.ReadUInt64LittleEndian(symbol[8..]);
        ulong size = BinaryPrimitives.ReadUInt64LittleEndian(symbol[16..]);
        int rank = (symbol[4] >> 4) switch
        {
            1 => 3,
            2 => 2,
            _ => 1,
        };
        for (int i = 0; i < addresses.Length; i++)
        {
            if (addresses[i] >= start && addresses[i] - start < size && (best[i].Rank == 0 || start > best[i].Start || (start == best[i].Start && rank > best[i].Rank)))
            {
                best[i] = new Candidate(start, rank, BinaryPrimitives.ReadUInt32LittleEndian(symbol));
            }
        }
    }

    /// <summary>The best symbol so far; a rank of 0 means none.</summary>
    private readonly record struct Candidate(ulong Start, int Rank, uint Name);
}
