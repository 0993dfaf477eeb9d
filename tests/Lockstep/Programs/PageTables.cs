namespace ObjectOS.Lockstep.Programs;

/// <summary>A range of virtual addresses at which parts of the layout are mapped, more or less: base + n is <see cref="Layout.Ram"/> + n.</summary>
/// <param name="Base">The first address.</param>
/// <param name="LeastLevels">It is reached under paging of so many levels and more.</param>
internal readonly record struct Window(ulong Base, int LeastLevels);

/// <summary>A page-table entry that a program may change.</summary>
/// <param name="Address">Where it lies.</param>
/// <param name="Virtual">An address that is translated by it.</param>
internal readonly record struct LeafEntry(ulong Address, ulong Virtual);

/// <summary>
/// Page tables of three, four and five levels that share their lower ones. The handler of supervisor mode is always mapped where it lies;
/// the rest is random: permissions, A and D, U, reserved bits, memory types, superpages, tables that are not where memory is.
/// </summary>
internal sealed class PageTables
{
    private const ulong V = 1, R = 2, W = 4, X = 8, U = 16, G = 32, A = 64, D = 128;
    private const int FirstCodePage = 8, FirstDataPage = 16, LastDataPage = 31;
    private const ulong LowTable = 0x0100_0000, OtherLowTable = 0x0120_0000, HighTable = 0xFFFF_FFFF_FFE0_0000;

    private readonly Random _random;
    private readonly ProgramImage _image;
    private readonly List<LeafEntry> _leaves = [];
    private readonly Dictionary<ulong, ulong> _flags = [];
    private int _tables;

    public PageTables(Random random, ProgramImage image)
    {
        _random = random;
        _image = image;
        ulong sv57 = NewTable(), sv48 = NewTable(), sv39 = NewTable();
        Roots = [sv39, sv48, sv57];
        Set(sv57, 0, Pointer(sv48));
        Set(sv48, 0, Pointer(sv39));
        MapHandler(sv39);
        MapLow(sv39);
        MapHigh(sv39, sv48, sv57);
        MapGiants(sv39, sv48, sv57);
    }

    /// <summary>The physical addresses of the root tables of Sv39, Sv48 and Sv57.</summary>
    public IReadOnlyList<ulong> Roots { get; }

    public IReadOnlyList<LeafEntry> Leaves => _leaves;

    public IReadOnlyList<Window> Windows { get; } =
    [
        new(Layout.Ram, 3), new(LowTable, 3), new(OtherLowTable, 3), new(0x0140_0000, 3), new(0x0160_0000, 3), new(0x0180_0000, 3), new(0x01A0_0000, 3),
        new(0x01C0_0000, 3), new(0x01E0_0000, 3), new(HighTable, 3), new(0x4000_0000, 3), new(0xC000_0000, 3), new(0x1_0000_0000, 3), new((5UL << 39) + Layout.Ram, 4),
        new((7UL << 48) + Layout.Ram, 5),
    ];

    /// <summary>What satp holds for paging of three to five levels.</summary>
    public ulong Satp(int levels, int identifier) => (ulong)(levels + 5) << 60 | (ulong)identifier << 44 | Roots[levels - 3] >> 12;

    /// <summary>True where a page of the layout can be used at a window by a mode, as far as its entry says at first.</summary>
    public bool IsUsable(Window window, ulong address, bool user, bool isCode)
    {
        ulong va = window.Base + (address - Layout.Ram);
        const ulong Bad = 0x7FUL << 54 | 1UL << 63;
        if (!_flags.TryGetValue(va >> 12, out ulong flags) && !_flags.TryGetValue(window.Base >> 12, out flags))
            return false;
        ulong wanted = V | (isCode ? X | A : R | W | A | D) | (user ? U : 0);
        return (flags & (wanted | U | Bad)) == wanted;
    }

    // The two pages that the handler of supervisor mode cannot do without.
    private void MapHandler(ulong sv39)
    {
        ulong middle = NewTable(), low = NewTable();
        Set(sv39, 2, Pointer(middle));
        Set(middle, 0, Pointer(low));
        MapPages(low, Layout.Ram);
        Set(low, 4, Leaf(Layout.SupervisorCode, V | R | X | A | D));
        Set(low, 5, Leaf(Layout.SupervisorSave, V | R | W | A | D));
    }

    private void MapLow(ulong sv39)
    {
        ulong middle = NewTable(), low = NewTable(), other = NewTable();
        Set(sv39, 0, Pointer(middle));
        Set(middle, 8, Pointer(low));
        Set(middle, 9, Pointer(other));
        MapPages(low, LowTable);
        MapPages(other, OtherLowTable);

        // 2 MiB each: two good ones, one of a wrong address, and three tables that are none.
        Set(middle, 10, Leaf(Layout.Ram, Noted(0x0140_0000, Flags(true))));
        Set(middle, 11, Leaf(Layout.Ram, Noted(0x0160_0000, Flags(true))));
        Set(middle, 12, Leaf(Layout.Ram + 0x1000UL * (ulong)_random.Next(0, 3), Flags(true)));
        Set(middle, 13, Pointer(low) | _random.Of(A, D, U, G, 1UL << 54, 1UL << 58, 1UL << 59, 1UL << 60, 1UL << 61, 1UL << 63));
        Set(middle, 14, Pointer(_random.Of(Layout.Hole, Layout.Ram + Layout.RamSize, 1UL << 55)));
        Set(middle, 15, _random.Percent(50) ? Pointer(other) : Pointer(Layout.Data + 0x1000UL * (ulong)_random.Next(16)));
    }

    private void MapHigh(ulong sv39, ulong sv48, ulong sv57)
    {
        ulong middle = NewTable(), low = NewTable(), upper = NewTable(), top = NewTable();
        Set(sv39, 511, Pointer(middle));
        Set(middle, 511, Pointer(low));
        Set(upper, 511, Pointer(middle));
        Set(sv48, 511, Pointer(upper));
        Set(top, 511, Pointer(upper));
        Set(sv57, 511, Pointer(top));
        MapPages(low, HighTable);
    }

    // 1 GiB, 512 GiB and 256 TiB.
    private void MapGiants(ulong sv39, ulong sv48, ulong sv57)
    {
        Set(sv39, 1, Leaf(Layout.Ram, Noted(0x4000_0000, Flags(true))));
        Set(sv39, 3, Leaf(Layout.Ram, Noted(0xC000_0000, Flags(true))));
        Set(sv39, 4, Leaf(Layout.Ram + (_random.Percent(50) ? 1UL << 12 : 1UL << 21), Flags(true)));
        Set(sv48, 5, Leaf(0, Noted((5UL << 39) + Layout.Ram, Flags(true))));
        Set(sv57, 7, Leaf(_random.Percent(90) ? 0 : 1UL << 30, Noted((7UL << 48) + Layout.Ram, Flags(true))));
    }

    private void MapPages(ulong table, ulong va)
    {
        int[] data = [.. Enumerable.Range(FirstDataPage, LastDataPage - FirstDataPage + 1)];
        if (_random.Percent(50))
            _random.Shuffle(data);
        bool user = _random.Percent(50);
        for (int i = FirstCodePage; i <= LastDataPage; i++)
        {
            bool isCode = i < FirstDataPage;
            int page = isCode ? i : data[i - FirstDataPage];
            ulong physical = Layout.Ram + ((ulong)page << 12);
            if (_random.Percent(2))
                physical = _random.Of(Layout.Hole, Layout.Ram + Layout.RamSize, 0xFF_FFFF_FFFF_F000UL);
            Set(table, i, Leaf(physical, Noted(va + ((ulong)i << 12), Flags(isCode, user))));
            _leaves.Add(new LeafEntry(table + ((ulong)i * 8), va + ((ulong)i << 12)));
        }
    }

    private ulong Noted(ulong va, ulong flags) => _flags[va >> 12] = flags;

    private ulong Flags(bool isCode) => Flags(isCode, _random.Percent(50));

    private ulong Flags(bool isCode, bool user)
    {
        ulong flags = _random.Percent(96) ? V : 0;
        flags |= _random.Percent(92) ? R : 0;
        flags |= _random.Percent((flags & R) != 0 ? 80 : 20) ? W : 0;
        flags |= _random.Percent(isCode ? 90 : 30) ? X : 0;
        flags |= user != _random.Percent(12) ? U : 0;
        flags |= _random.Percent(30) ? G : 0;
        flags |= _random.Percent(75) ? A : 0;
        flags |= _random.Percent(65) ? D : 0;
        flags |= (ulong)_random.Next(4) << 8;
        flags |= _random.Percent(8) ? (ulong)_random.Next(4) << 61 : 0;
        flags |= _random.Percent(2) ? 1UL << _random.Next(54, 61) : 0;
        return flags | (_random.Percent(2) ? 1UL << 63 : 0);
    }

    private ulong NewTable() => Layout.Tables + ((ulong)_tables++ << 12);

    private void Set(ulong table, int index, ulong entry) => _image.Write(table + ((ulong)index * 8), entry);

    private static ulong Pointer(ulong table) => table >> 12 << 10 | V;

    private static ulong Leaf(ulong physical, ulong flags) => physical >> 12 << 10 | flags;
}
