using ObjectOS.Machine.Interpreter;
using ObjectOS.Machine.Isa;
using ObjectOS.Machine.Memory;
using ObjectOS.Machine.Mmu;

namespace ObjectOS.Machine.Engines.Translator;

/// <summary>
/// Translates guest code that has become hot into code of the host, and keeps the translations of the address spaces that ran last and of
/// harts. One per CPU, on its host thread; no translated code runs while its members are called.
/// </summary>
internal sealed unsafe partial class Translator : IDisposable
{
    private const int MostInstructions = 300;
    private const int LeastInstructions = 16;
    private const int MostSpaces = 64;
    private const long BytesOfSpace = StateLayout.Before + StateLayout.End;
    private const long BytesOfChunk = CodeArena.ChunkCode + CodeArena.ChunkData;
    private const int CrossingOffset = 4094;

    private readonly IsaConfiguration _isa;
    private readonly CodeMeter _meter;
    private readonly CodeArena _arena;
    private readonly Stubs _stubs;
    private readonly Emitter _emitter;
    private readonly Region _region = new();
    private readonly Dictionary<Translation, TranslatedSpace> _spaces = [];
    private TranslatedSpace? _current;
    private long _entries;

    private Translator(IsaConfiguration isa, CodeMeter meter, CodeArena arena)
    {
        (_isa, _meter, _arena) = (isa, meter, arena);
        arena.TryTake(out int chunk);
        var encoder = new X64Encoder { P = arena.CodeOf(chunk), ToExecuted = arena.ToExecuted };
        _stubs = new Stubs(ref encoder, arena.DataOf(chunk));
        _emitter = new Emitter(_stubs);
    }

    /// <summary>Where code of the host enters translated code.</summary>
    public nint Enter => _stubs.Enter;

    /// <summary>Regions translated so far; for tests.</summary>
    public long Regions { get; private set; }

    /// <summary>Makes one; null if the host cannot run generated code.</summary>
    public static Translator? TryCreate(IsaConfiguration isa, CodeMeter meter, int chunks) =>
        CodeArena.TryCreate(chunks) is { } arena ? new Translator(isa, meter, arena) : null;

    /// <summary>The translations of a space; those that its map or its memory has made untrue are gone.</summary>
    public TranslatedSpace SpaceOf(Translation translation)
    {
        if (_current is not { } space || space.Translation != translation)
        {
            if (!_spaces.TryGetValue(translation, out space!))
                space = Add(translation);
            _current = space;
        }

        space.LastUse = ++_entries;
        if (space.Epoch != translation.FetchEpoch)
            Revalidate(space);
        return space;
    }

    /// <summary>The translation of the code at an address; made now if there is none. 0: it cannot be translated.</summary>
    public nint Translate(TranslatedSpace space, ulong pc)
    {
        if (space.Entries.TryGetValue(pc, out nint known))
            return known;
        Translation translation = space.Translation;
        ulong page = pc & ~4095UL;
        if (translation.Fetch(pc) is not { } code)
            return 0;
        bool mayCross = (code.Bytes[CrossingOffset] & 3) == 3;
        CodePage? next = mayCross ? translation.Fetch(page + 4096) : null;
        if (translation.FetchEpoch != space.Epoch)
            return 0;
        var source = new RegionSource(page, code, next, code.Blocks(hidesFloats: false), space.Entries, _isa);
        for (int most = MostInstructions; most >= LeastInstructions; most /= 2)
        {
            _region.Find(source, (int)(pc - page), most);
            if (_region.Count == 0)
                return 0;
            if (!TryEmit(space, new EmitTarget(space.Entries, PageId: 0, EmitRules.None)))
                continue;
            Regions++;
            space.Pages[page] = code;
            if (_region.CrossesPage)
                space.Pages[page + 4096] = next!;
            return space.Entries[pc];
        }

        return 0;
    }

    // Into the chunk that is being filled, else into a new one.
    private bool TryEmit(CodeStore store, in EmitTarget target) =>
        (store.Chunks.Count > 0 && _emitter.TryEmit(_region, store, target, _arena.ToExecuted))
        || (TryTakeChunk(store) && _emitter.TryEmit(_region, store, target, _arena.ToExecuted));

    /// <summary>Drops all translations.</summary>
    public void Clear()
    {
        foreach (TranslatedSpace space in _spaces.Values)
            Clear(space);
        Clear(Harts);
    }

    public void Dispose()
    {
        Clear(Harts);
        foreach (TranslatedSpace space in _spaces.Values)
            Release(space);
        _spaces.Clear();
        _current = null;
        _arena.Dispose();
    }

    private TranslatedSpace Add(Translation translation)
    {
        foreach (TranslatedSpace ended in _spaces.Values.Where(one => one.Translation.IsDisposed).ToList())
            Remove(ended);
        if (_spaces.Count == MostSpaces)
            Remove(Oldest(but: null)!);
        var space = new TranslatedSpace(translation, _meter) { Epoch = translation.FetchEpoch };
        _spaces.Add(translation, space);
        _meter.Add(BytesOfSpace);
        return space;
    }

    // A page that is not what it was takes all translations of the space along: they jump into each other.
    private void Revalidate(TranslatedSpace space)
    {
        foreach (var (page, code) in space.Pages)
        {
            if (code.IsStale || space.Translation.Fetch(page) != code)
            {
                Clear(space);
                break;
            }
        }

        space.Epoch = space.Translation.FetchEpoch;
    }

    // From the space that ran longest ago if none is left, then from harts, then from the store itself.
    private bool TryTakeChunk(CodeStore store)
    {
        if (_arena.Free == 0 && Oldest(but: store) is { } other)
            Remove(other);
        if (_arena.Free == 0)
            Clear(Harts);
        if (!_arena.TryTake(out int chunk))
        {
            Clear(store);
            if (!_arena.TryTake(out chunk))
                return false;
        }

        _meter.Add(BytesOfChunk);
        store.Chunks.Add(chunk);
        byte* code = _arena.CodeOf(chunk), data = _arena.DataOf(chunk);
        store.Cursor = new CodeCursor(code, code + CodeArena.ChunkCode, data, data + CodeArena.ChunkData);
        return true;
    }

    // With chunks, if others than one are asked for.
    private TranslatedSpace? Oldest(CodeStore? but) =>
        _spaces.Values.Where(space => space != but && (but is null || space.Chunks.Count > 0)).MinBy(space => space.LastUse);

    private void Clear(CodeStore store)
    {
        foreach (int chunk in store.Chunks)
            _arena.Give(chunk);
        _meter.Add(-BytesOfChunk * store.Chunks.Count);
        store.Clear();
    }

    private void Remove(TranslatedSpace space)
    {
        _spaces.Remove(space.Translation);
        Release(space);
    }

    private void Release(TranslatedSpace space)
    {
        Clear(space);
        space.Release();
        _meter.Add(-BytesOfSpace);
    }
}
