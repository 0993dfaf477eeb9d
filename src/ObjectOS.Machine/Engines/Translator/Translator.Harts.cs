using ObjectOS.Machine.Harts;
using ObjectOS.Machine.Isa;
using ObjectOS.Machine.Mmu;

namespace ObjectOS.Machine.Engines.Translator;

/// <content>Code of supervisor- and machine-mode harts.</content>
internal sealed unsafe partial class Translator
{
    /// <summary>The translated code of all harts.</summary>
    public HartCode Harts { get; } = new();

    /// <summary>The pages that a regime has executed in its present fetch epoch.</summary>
    public FetchView ViewOf(Regime code, bool hidesFloats)
    {
        FetchView view = HartCode.RegimeOf((Translation)code).View;
        if (view.Epoch != code.FetchEpoch || view.Generation != Harts.Generation)
            view.Begin(code.FetchEpoch, Harts.Generation, code.Key.Virtual.Number, hidesFloats);
        return view;
    }

    /// <summary>
    /// What is translated of the page at an address that the hart has fetched from in this epoch, perhaps nothing yet. Null: the page cannot
    /// be remembered, or the epoch has ended.
    /// </summary>
    public TranslatedPage? PageOf(FetchView view, Translation code, ulong pc)
    {
        if (view.Find(pc) is { } known)
            return known;
        if (code.Fetch(pc) is not { } fetched || code.Fetched(pc) != fetched || code.FetchEpoch != view.Epoch)
            return null;
        if (Harts.PageOf(pc & ~4095UL, fetched, view.VirtualMode, view.HidesFloats) is not { } page)
        {
            Clear(Harts);
            return null;
        }

        view.Set(page);
        return page;
    }

    /// <summary>The translation at an address of a page; 0: there is none, or the page after has to be fetched first.</summary>
    public static nint Find(FetchView view, TranslatedPage page, ulong pc)
    {
        if (!page.IsCrossing(pc))
            return page.Entries.GetValueOrDefault(pc);
        return page.Next is { } next && view.Find(next.Page) == next ? page.Crossing : 0;
    }

    /// <summary>Translates the code at an address of a page. 0: it cannot be translated.</summary>
    public nint Translate(FetchView view, Translation code, TranslatedPage page, ulong pc)
    {
        bool isCrossing = page.IsCrossing(pc);
        TranslatedPage? next = isCrossing ? PageOf(view, code, page.Page + 4096) : null;
        if (code.FetchEpoch != view.Epoch || Harts.Generation != view.Generation || (isCrossing && next is null))
            return 0;
        if (Find(view, page, pc) is not 0 and var known)
            return known;
        IsaConfiguration isa = view.HidesFloats ? _isa.WithoutFloats : _isa;
        var source = new RegionSource(page.Page, page.Code, next?.Code, page.Code.Blocks(view.HidesFloats), page.Entries, isa);
        EmitRules rules = EmitRules.Hart | (view.HidesFloats ? EmitRules.HidesFloats : EmitRules.None);

        // One that ends in the next page is translated alone: who enters it has to have fetched from there.
        Dictionary<ulong, nint> entries = isCrossing ? [] : page.Entries;
        for (int most = isCrossing ? 1 : MostInstructions; most >= (isCrossing ? 1 : LeastInstructions); most /= 2)
        {
            _region.Find(source, (int)(pc - page.Page), most);
            if (_region.Count == 0)
                return 0;
            if (!TryEmit(Harts, new EmitTarget(entries, page.Id, rules)))
                continue;

            // If room was made by clearing everything, the page is forgotten, too.
            if (Harts.Generation != view.Generation)
                return 0;
            Regions++;
            if (isCrossing)
                page.SetCrossing(next!, entries[pc]);
            return entries[pc];
        }

        return 0;
    }

    /// <summary>
    /// The translation at an address for code of other pages: it checks first that the regime has the page. 0: there is no room for it.
    /// </summary>
    public nint CheckedEntry(TranslatedPage page, ulong pc, nint entry)
    {
        if (page.CheckedEntries.TryGetValue(pc, out nint known))
            return known;
        TranslatedPage? next = page.IsCrossing(pc) ? page.Next : null;
        nint made = _emitter.TryEmitCheckedEntry(Harts, page, next, pc, entry, _arena.ToExecuted);
        if (made == 0 && _arena.Free > 0 && TryTakeChunk(Harts))
            made = _emitter.TryEmitCheckedEntry(Harts, page, next, pc, entry, _arena.ToExecuted);
        if (made != 0)
            page.CheckedEntries[pc] = made;
        return made;
    }
}
