using System.Runtime.CompilerServices;

namespace ObjectOS.Machine.Engines.Translator;

/// <summary>
/// Which translated pages a regime has where, as far as it has executed them in its fetch epoch: a direct-mapped table of page numbers that
/// translated code compares wherever it comes from another page.
/// </summary>
internal sealed unsafe class FetchView
{
    private const int Count = 512;

    private readonly int[] _ids = GC.AllocateArray<int>(Count, pinned: true);
    private readonly TranslatedPage?[] _pages = new TranslatedPage?[Count];

    /// <summary>The regime's fetch epoch that it is true in.</summary>
    public ulong Epoch { get; private set; }

    /// <summary>The generation of the code that it refers to.</summary>
    public int Generation { get; private set; } = -1;

    /// <summary>The regime's <see cref="Harts.VirtualMode.Number"/>.</summary>
    public int VirtualMode { get; private set; }

    /// <summary>True if floating-point instructions decode as illegal.</summary>
    public bool HidesFloats { get; private set; }

    // Safety: the array is pinned.
    /// <summary>The table; good for as long as this lives.</summary>
    public nint Address => (nint)Unsafe.AsPointer(ref _ids[0]);

    /// <summary>Byte offset in the table of a page's entry.</summary>
    public static int OffsetOf(ulong pc) => IndexOf(pc) * sizeof(int);

    public TranslatedPage? Find(ulong pc) => _pages[IndexOf(pc)] is { } page && page.Page == (pc & ~4095UL) ? page : null;

    public void Set(TranslatedPage page)
    {
        int index = IndexOf(page.Page);
        _pages[index] = page;
        _ids[index] = page.Id;
    }

    /// <summary>Forgets everything; from now on it is true in an epoch.</summary>
    public void Begin(ulong epoch, int generation, int virtualMode, bool hidesFloats)
    {
        (Epoch, Generation, VirtualMode, HidesFloats) = (epoch, generation, virtualMode, hidesFloats);
        Array.Clear(_ids);
        Array.Clear(_pages);
    }

    private static int IndexOf(ulong pc) => (int)(pc >> 12) & (Count - 1);
}

/// <summary>What the translator keeps for a regime of a hart.</summary>
internal sealed unsafe class TranslatedRegime(StateBlock state)
{
    /// <summary>The state of code whose loads and stores go through the regime; its TLB is in it.</summary>
    public StateBlock State => state;

    /// <summary>The pages of code that is fetched through the regime.</summary>
    public FetchView View { get; } = new();
}
