namespace ObjectOS.Host.Symbols;

/// <summary>Names the source files of a unit of the line table.</summary>
/// <param name="lineTexts">The section <c>.debug_line_str</c>.</param>
/// <param name="texts">The section <c>.debug_str</c>.</param>
internal sealed class LineFiles(ReadOnlyMemory<byte> lineTexts, ReadOnlyMemory<byte> texts)
{
    /// <summary>Most bytes of a unit's tables that are read, so that a hostile file costs little.</summary>
    private const int MostTableBytes = 1 << 20;

    // DWARF 5, sections 7.5.6 (forms) and 7.22 (content types).
    private const ulong PathContent = 1;
    private const ulong DirectoryContent = 2;

    /// <summary>Returns the path of a file, with its directory; null if the tables are damaged or have no such file.</summary>
    public string? Find(ReadOnlySpan<byte> unit, LineUnit header, ulong file)
    {
        var tables = unit[..Math.Min(unit.Length, header.Tables + MostTableBytes)];
        var cursor = new ByteCursor(tables, header.Tables);
        return header.Version >= 5 ? FindByFormat(ref cursor, header.IsWide, file) : FindByOrder(ref cursor, file);
    }

    /// <summary>Up to version 4 the tables have one form; directory 0 and file 0 are implied.</summary>
    private static string? FindByOrder(ref ByteCursor cursor, ulong file)
    {
        var first = cursor;
        while (!cursor.Text(SymbolText.Most).IsEmpty)
        {
        }

        for (ulong i = 1; cursor.HasMore; i++)
        {
            var name = cursor.Text(SymbolText.Most);
            ulong directory = cursor.Uleb();
            cursor.Uleb();
            cursor.Uleb();
            if (name.IsEmpty || !cursor.IsValid)
            {
                return null;
            }

            if (i == file)
            {
                ReadOnlySpan<byte> path = [];
                for (ulong k = 1; k <= directory && first.HasMore; k++)
                {
                    path = first.Text(SymbolText.Most);
                }

                return Join(path, name);
            }
        }

        return null;
    }

    private string? FindByFormat(ref ByteCursor cursor, bool isWide, ulong file)
    {
        var directories = cursor;
        Walk(ref cursor, isWide, ulong.MaxValue, out _, out _);
        if (!Walk(ref cursor, isWide, file, out var name, out ulong directory))
        {
            return null;
        }

        var root = directories;
        Walk(ref directories, isWide, directory, out var path, out _);
        if (path.IsEmpty || path[0] == (byte)'/' || directory == 0)
        {
            return Join(path, name);
        }

        Walk(ref root, isWide, 0, out var rootPath, out _);
        return rootPath.IsEmpty ? Join(path, name) : Join([.. rootPath, (byte)'/', .. path], name);
    }

    /// <summary>Reads a table of directories or files up to the entry of a number, or to its end. False if there is no such entry.</summary>
    private bool Walk(ref ByteCursor cursor, bool isWide, ulong wanted, out ReadOnlySpan<byte> path, out ulong directory)
    {
        path = [];
        directory = 0;
        Span<(ulong Content, ulong Form)> format = stackalloc (ulong, ulong)[cursor.U8()];
        foreach (ref var field in format)
        {
            field = (cursor.Uleb(), cursor.Uleb());
        }

        ulong count = cursor.Uleb();
        if (format.IsEmpty)
        {
            return false; // Entries without a byte could be more than any count of steps.
        }

        for (ulong i = 0; i < count && cursor.IsValid; i++)
        {
            foreach (var (content, form) in format)
            {
                ulong number = Field(ref cursor, form, isWide, out var text);
                path = content == PathContent ? text : path;
                directory = content == DirectoryContent ? number : directory;
            }

            if (i == wanted)
            {
                return cursor.IsValid && !path.IsEmpty;
            }
        }

        path = [];
        return false;
    }

    private ulong Field(ref ByteCursor cursor, ulong form, bool isWide, out ReadOnlySpan<byte> text)
    {
        text = [];
        switch (form)
        {
            case 0x08:
                text = cursor.Text(SymbolText.Most);
                return 0;
            case 0x0e or 0x1f:
                ulong offset = cursor.Offset(isWide);
                text = new ByteCursor((form == 0x0e ? texts : lineTexts).Span, (int)Math.Min(offset, int.MaxValue)).Text(SymbolText.Most);
                return 0;
            case 0x0b:
                return cursor.U8();
            case 0x05:
                return cursor.U16();
            case 0x06:
                return cursor.U32();
            case 0x07:
                return cursor.U64();
            case 0x0f:
                return cursor.Uleb();
            case 0x09:
                cursor.Take(cursor.Uleb());
                return 0;
            case 0x1e:
                cursor.Take(16);
                return 0;
            default:
                cursor.Take(ulong.MaxValue); // A form that line tables do not use: nothing after it can be read.
                return 0;
        }
    }

    private static string Join(ReadOnlySpan<byte> directory, ReadOnlySpan<byte> name) =>
        directory.IsEmpty || name[0] == (byte)'/' ? SymbolText.Of(name) : $"{SymbolText.Of(directory)}/{SymbolText.Of(name)}";
}
