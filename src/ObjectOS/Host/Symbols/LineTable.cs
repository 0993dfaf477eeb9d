namespace ObjectOS.Host.Symbols;

/// <summary>Finds the source lines of addresses in <c>.debug_line</c> (DWARF 2 to 5, section 6.2). The work is bounded, whatever the bytes are.</summary>
internal sealed class LineTable
{
    /// <summary>Most bytes of the section that are read.</summary>
    private const int Most = 64 << 20;

    /// <summary>Most comparisons of a row with an address.</summary>
    private const long MostComparisons = 1L << 29;

    private readonly ReadOnlyMemory<byte> _section;
    private readonly LineFiles _files;
    private readonly ulong[] _addresses;
    private readonly ulong _lowest;
    private readonly ulong _highest;
    private readonly Hit[] _hits;
    private long _comparisons;

    private LineTable(ElfSections file, ReadOnlyMemory<byte> section, ReadOnlySpan<ulong> addresses)
    {
        _section = section;
        _files = new LineFiles(file.Find(".debug_line_str"u8)?.Bytes ?? default, file.Find(".debug_str"u8)?.Bytes ?? default);
        _addresses = addresses.ToArray();
        (_lowest, _highest) = (_addresses.Min(), _addresses.Max());
        _hits = new Hit[addresses.Length];
    }

    /// <summary>Returns file and line of each address of the file; null and 0 for those without debug information.</summary>
    public static (string? File, int Line)[] Of(ElfSections file, ReadOnlySpan<ulong> addresses)
    {
        if (addresses.IsEmpty || file.Find(".debug_line"u8) is not { } section)
        {
            return new (string?, int)[addresses.Length];
        }

        var table = new LineTable(file, section.Bytes[..Math.Min(section.Bytes.Length, Most)], addresses);
        table.Search();
        return [.. table._hits.Select(table.Read)];
    }

    private void Search()
    {
        var cursor = new ByteCursor(_section.Span);
        while (cursor.HasMore && _comparisons < MostComparisons)
        {
            ulong length = cursor.UnitLength(out bool isWide);
            int start = cursor.At;
            var unit = cursor.Take(length);
            if (cursor.IsValid && LineUnit.TryRead(unit, isWide, out var header))
            {
                Run(unit, header, start);
            }
        }
    }

    private (string? File, int Line) Read(Hit hit)
    {
        if (hit.Line == 0)
        {
            return (null, 0);
        }

        var unit = _section.Span.Slice(hit.Start, hit.Length);
        string? name = LineUnit.TryRead(unit, hit.IsWide, out var header) ? _files.Find(unit, header, hit.File) : null;
        return name is null ? (null, 0) : (name, hit.Line);
    }

    /// <summary>Runs the unit's program; each opcode makes at most one row.</summary>
    private void Run(ReadOnlySpan<byte> unit, LineUnit header, int start)
    {
        var cursor = new ByteCursor(unit, header.Program);
        var unitHit = new Hit(start, unit.Length, header.IsWide, 0, 0);
        Row row = new(0, 1, 1), last = default;
        bool hasLast = false;
        ulong constant = (ulong)((255 - header.OpcodeBase) / header.LineRange * header.Step);
        while (cursor.HasMore && _comparisons < MostComparisons)
        {
            byte opcode = cursor.U8();
            bool isRow = opcode >= header.OpcodeBase || opcode == 1, isEnd = false;
            if (opcode >= header.OpcodeBase)
            {
                int special = opcode - header.OpcodeBase;
                row.Address += (ulong)(special / header.LineRange * header.Step);
                row.Line += header.LineBase + (special % header.LineRange);
            }
            else if (opcode == 0)
            {
                isEnd = Extended(ref cursor, ref row);
            }
            else
            {
                Standard(ref cursor, unit, header, opcode, constant, ref row);
            }

            if (!isRow && !isEnd)
            {
                continue;
            }

            if (hasLast)
            {
                Note(unitHit, last, row.Address);
            }

            (last, hasLast) = (row, !isEnd);
            row = isEnd ? new Row(0, 1, 1) : row;
        }
    }

    /// <summary>True if the opcode ends a sequence.</summary>
    private static bool Extended(ref ByteCursor cursor, ref Row row)
    {
        var arguments = new ByteCursor(cursor.Take(cursor.Uleb()));
        switch (arguments.U8())
        {
            case 1:
                return true;
            case 2:
                row.Address = arguments.U64();
                return false;
            default:
                return false;
        }
    }

    private static void Standard(ref ByteCursor cursor, ReadOnlySpan<byte> unit, LineUnit header, byte opcode, ulong constant, ref Row row)
    {
        switch (opcode)
        {
            case 2:
                row.Address += cursor.Uleb() * header.Step;
                break;
            case 3:
                row.Line += cursor.Sleb();
                break;
            case 4:
                row.File = cursor.Uleb();
                break;
            case 8:
                row.Address += constant;
                break;
            case 9:
                row.Address += cursor.U16();
                break;
            default:
                for (int i = unit[header.Arguments + opcode - 1]; i > 0 && cursor.IsValid; i--)
                {
                    cursor.Uleb();
                }

                break;
        }
    }

    /// <summary>A row covers the addresses up to the next one.</summary>
    private void Note(Hit unit, Row row, ulong end)
    {
        if (row.Address > _highest || end <= _lowest || row.Line is <= 0 or > int.MaxValue)
        {
            return;
        }

        _comparisons += _addresses.Length;
        for (int i = 0; i < _addresses.Length; i++)
        {
            if (_addresses[i] >= row.Address && _addresses[i] < end && _hits[i].Line == 0)
            {
                _hits[i] = unit with { File = row.File, Line = (int)row.Line };
            }
        }
    }

    private record struct Row(ulong Address, ulong File, long Line);

    /// <summary>Where a line was found: the unit, and what its program said. A line of 0: nowhere.</summary>
    private readonly record struct Hit(int Start, int Length, bool IsWide, ulong File, int Line);
}
