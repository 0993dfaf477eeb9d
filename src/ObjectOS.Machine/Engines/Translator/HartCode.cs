using System.Runtime.CompilerServices;
using ObjectOS.Machine.Harts;
using ObjectOS.Machine.Interpreter;
using ObjectOS.Machine.Mmu;

namespace ObjectOS.Machine.Engines.Translator;

/// <summary>
/// The translated code of all supervisor- and machine-mode harts of a CPU. A page's translations are shared by the regimes that have the
/// page at the same virtual address and are of one virtualization mode and VMID: a guest's kernel is translated once, whatever its processes' page tables.
/// </summary>
/// <remarks>
/// Code goes from page to page by checked entries alone: they compare the page's number with the view of the regime that runs, which has it
/// only if the regime has fetched the page in its fetch epoch. So no fence and no change of satp has to find translations.
/// </remarks>
internal sealed unsafe class HartCode : CodeStore
{
    private const int LeastToSweep = 256;

    private readonly Dictionary<PageKey, TranslatedPage> _pages = [];
    private readonly byte[]?[] _tables = new byte[2][];
    private int _lastId;
    private int _sweepAt = LeastToSweep;

    /// <summary>What is kept for a regime.</summary>
    public static TranslatedRegime RegimeOf(Translation regime) => regime.EngineState as TranslatedRegime ?? NewRegime(regime);

    /// <summary>What is kept for a regime of a hart, as it is now.</summary>
    public static TranslatedRegime RegimeOf(Regime regime)
    {
        TranslatedRegime kept = RegimeOf((Translation)regime);
        kept.State.Regime = (regime.Key.Virtual.IsVirtual ? 1UL : 0, regime.Key.Satp, regime.Key.Virtual.Hgatp);
        return kept;
    }

    /// <summary>Where targets of indirect jumps are looked up.</summary>
    public static nint AddressOf(byte[] table)
    {
        const int CacheLine = 64;
        return ((nint)Unsafe.AsPointer(ref table[0]) + CacheLine - 1) & ~(nint)(CacheLine - 1);
    }

    /// <summary>The table of indirect jumps of code that decodes floats in one way.</summary>
    public byte[] TableOf(bool hidesFloats)
    {
        ref byte[]? table = ref _tables[hidesFloats ? 1 : 0];
        return table ?? (table = NewTable());
    }

    /// <summary>Lets indirect jumps to an address go straight to its translation.</summary>
    public void RememberJump(bool hidesFloats, ulong pc, nint code) =>
        new JumpTable((byte*)AddressOf(TableOf(hidesFloats))).Remember(pc, code);

    /// <summary>What is translated of a page, perhaps nothing yet. Null: numbers have run out, all has to be cleared first.</summary>
    public TranslatedPage? PageOf(ulong page, CodePage code, int virtualMode, bool hidesFloats)
    {
        var key = new PageKey(code, page, virtualMode, hidesFloats);
        if (_pages.TryGetValue(key, out TranslatedPage? known))
            return known;
        if (_lastId == int.MaxValue)
            return null;
        if (_pages.Count >= _sweepAt)
            Sweep();
        var added = new TranslatedPage(page, code, ++_lastId);
        _pages.Add(key, added);
        return added;
    }

    public override void Clear()
    {
        base.Clear();
        _pages.Clear();
        (_lastId, _sweepAt) = (0, LeastToSweep);
        foreach (byte[]? table in _tables)
        {
            if (table is not null)
                new JumpTable((byte*)AddressOf(table)).Clear();
        }
    }

    // Nothing can reach what was translated from bytes that have changed; its decoded form need not be held for it.
    private void Sweep()
    {
        foreach (PageKey key in _pages.Keys.Where(key => key.Code.IsStale).ToList())
            _pages.Remove(key);
        _sweepAt = Math.Max(LeastToSweep, 2 * _pages.Count);
    }

    private static TranslatedRegime NewRegime(Translation regime)
    {
        var kept = new TranslatedRegime(new StateBlock(regime.Tlb.Entries - StateLayout.Tlb));
        regime.EngineState = kept;
        return kept;
    }

    private static byte[] NewTable()
    {
        const int CacheLine = 64;
        byte[] table = GC.AllocateArray<byte>((StateLayout.JumpEntries * StateLayout.JumpEntrySize) + CacheLine, pinned: true);
        new JumpTable((byte*)AddressOf(table)).Clear();
        return table;
    }

    private readonly record struct PageKey(CodePage Code, ulong Page, int VirtualMode, bool HidesFloats);
}
