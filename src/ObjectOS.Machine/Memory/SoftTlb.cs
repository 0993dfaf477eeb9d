using System.Runtime.CompilerServices;
using ObjectOS.Abi;

namespace ObjectOS.Machine.Memory;

/// <summary>
/// What one address space may touch without asking: a direct-mapped table from virtual pages to host memory. A hit is a shift, a
/// mask, one compare and the access. What may be in it, and when it is taken out, is told in <see cref="Mmu.Coherence"/>.
/// </summary>
internal sealed unsafe class SoftTlb
{
    private const int SmallCount = 32;
    private const int LargeCount = 256;
    private const int EntryShift = 5;
    private const int GrowAfterFills = 512;

    // Compared with the page of an address; translated code leaves the lowest three bits of the address in, so that it compares
    // unequal if the access is not aligned. This bit is in neither.
    private const ulong NoPage = 1 << 11;

    /// <summary>Bytes before a lasting table: the state of translated code, which finds the table by a fixed distance.</summary>
    public const int RoomBefore = 704;

    /// <summary>Entries of a lasting table, and of one that is lent.</summary>
    public const int LastingCount = 1024;

    /// <summary>The words of <see cref="SecondTlb"/>, in bytes before a lasting table or one that is lent.</summary>
    public const int SecondWords = 360;

    // Fills of a table that is lent after which it gets a second one, and after which that is larger.
    private const int FillsToSecond = 4096, FillsToLarger = 1 << 16;
    private const int SecondEntries = 1 << 14, LargerEntries = 1 << 16;

    private const int MostNoted = 64;

    private readonly FramePool _pool;
    private readonly bool _isLasting;

    // The entries that were filled since all were forgotten, as long as they are few: the others hold nothing.
    private readonly ushort[] _noted = new ushort[MostNoted];
    private int _notes;

    // On the pinned heap: the pointer into it stays good, and an address space that nobody disposes leaks nothing.
    private byte[] _storage;
    private byte* _entries;
    private ulong _offsetMask;
    private int _fills;
    private bool _isLent;
    private SecondTlb? _second;
    private CodeMeter? _meter;

    /// <param name="pool">The frames.</param>
    /// <param name="isLasting">
    /// True: what the table holds depends on fills and drops alone, so that it is the same with each engine. A guest can notice it: a hart
    /// whose page tables have changed without a fence uses an old translation for as long as the table holds it.
    /// </param>
    public SoftTlb(FramePool pool, bool isLasting = false)
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("The machine needs a little-endian host: guest words are accessed in place.");
        _pool = pool;
        _storage = [];
        _isLasting = isLasting;
        Allocate(isLasting ? LastingCount : SmallCount);
    }

    /// <summary>Where a lasting table begins, for as long as this lives.</summary>
    public byte* Entries => _entries;

    /// <summary>Entries of the second table, 0 if there is none; for tests.</summary>
    public int SecondCount => _second?.Count ?? 0;

    /// <summary>Entries in the table now.</summary>
    public int Count => (int)(_offsetMask >> EntryShift) + 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryRead8(ulong va, out byte value)
    {
        Entry* entry = Find(va);
        if ((va & PageMask) != entry->ReadTag)
        {
            value = 0;
            return false;
        }

        value = *(byte*)(va + entry->ReadOffset);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryRead16(ulong va, out ushort value)
    {
        Entry* entry = Find(va);
        if (((va + 1) & PageMask) != entry->ReadTag)
        {
            value = 0;
            return false;
        }

        value = *(ushort*)(va + entry->ReadOffset);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryRead32(ulong va, out uint value)
    {
        Entry* entry = Find(va);
        if (((va + 3) & PageMask) != entry->ReadTag)
        {
            value = 0;
            return false;
        }

        value = *(uint*)(va + entry->ReadOffset);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryRead64(ulong va, out ulong value)
    {
        Entry* entry = Find(va);
        if (((va + 7) & PageMask) != entry->ReadTag)
        {
            value = 0;
            return false;
        }

        value = *(ulong*)(va + entry->ReadOffset);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryWrite8(ulong va, byte value)
    {
        Entry* entry = Find(va);
        if ((va & PageMask) != entry->WriteTag)
            return false;
        *(byte*)(va + entry->WriteOffset) = value;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryWrite16(ulong va, ushort value)
    {
        Entry* entry = Find(va);
        if (((va + 1) & PageMask) != entry->WriteTag)
            return false;
        *(ushort*)(va + entry->WriteOffset) = value;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryWrite32(ulong va, uint value)
    {
        Entry* entry = Find(va);
        if (((va + 3) & PageMask) != entry->WriteTag)
            return false;
        *(uint*)(va + entry->WriteOffset) = value;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryWrite64(ulong va, ulong value)
    {
        Entry* entry = Find(va);
        if (((va + 7) & PageMask) != entry->WriteTag)
            return false;
        *(ulong*)(va + entry->WriteOffset) = value;
        return true;
    }

    /// <summary>Lets loads from the page that holds <paramref name="va"/> go to <paramref name="frame"/>.</summary>
    public void FillRead(ulong va, uint frame)
    {
        CountFill();
        Entry* entry = NotedEntry(va);
        ulong page = va & PageMask;
        entry->ReadTag = page;
        entry->ReadOffset = (ulong)_pool.Address(frame) - page;
        _second?.Fill(page, entry->ReadOffset, mayStore: false);

        // Translated code asks for the right to store only where it loads and stores: who may store must be able to load.
        if (_isLasting && entry->WriteTag != page)
            entry->WriteTag = NoPage;
    }

    /// <summary>Lets loads and stores go to <paramref name="frame"/>.</summary>
    public void FillWrite(ulong va, uint frame)
    {
        CountFill();
        ulong page = va & PageMask;
        ulong offset = (ulong)_pool.Address(frame) - page;
        *NotedEntry(va) = new Entry { ReadTag = page, ReadOffset = offset, WriteTag = page, WriteOffset = offset };
        _second?.Fill(page, offset, mayStore: true);
    }

    /// <summary>
    /// Puts the table into storage of translated code, which looks it up itself: the caller keeps the address, for as long as this refers to
    /// <paramref name="owner"/>. What was cached is forgotten. <paramref name="meter"/> counts what this allocates from now on.
    /// </summary>
    public void MoveTo(byte[] owner, byte* entries, int count, CodeMeter meter)
    {
        _storage = owner;
        _entries = entries;
        _isLent = true;
        (_meter, _fills) = (meter, 0);
        SecondTlb.Clear(_entries - SecondWords);
        SetCount(count);
    }

    /// <summary>Gives the table storage of its own again.</summary>
    public void MoveBack()
    {
        _isLent = false;
        SetSecond(null);
        Allocate(SmallCount);
        _fills = 0;
    }

    /// <summary>Forgets the page that holds <paramref name="va"/>.</summary>
    public void Drop(ulong va)
    {
        Entry* entry = Find(va);
        if (entry->ReadTag == (va & PageMask))
            entry->ReadTag = NoPage;
        if (entry->WriteTag == (va & PageMask))
            entry->WriteTag = NoPage;
        _second?.Drop(va & PageMask);
    }

    /// <summary>Forgets what goes to <paramref name="frame"/>, by whatever address.</summary>
    public void DropReadsOf(uint frame)
    {
        _second?.Flush();
        ulong host = (ulong)_pool.Address(frame);
        for (int i = 0; i < Used; i++)
        {
            Entry* entry = UsedEntry(i);
            if (entry->ReadTag != NoPage && entry->ReadTag + entry->ReadOffset == host)
                entry->ReadTag = NoPage;
        }
    }

    /// <summary>Forgets stores that go to <paramref name="frame"/>, by whatever address.</summary>
    public void DropWritesOf(uint frame)
    {
        _second?.Flush();
        ulong host = (ulong)_pool.Address(frame);
        for (int i = 0; i < Used; i++)
        {
            Entry* entry = UsedEntry(i);
            if (entry->WriteTag != NoPage && entry->WriteTag + entry->WriteOffset == host)
                entry->WriteTag = NoPage;
        }
    }

    /// <summary>
    /// Forgets loads. A lasting table keeps those of pages that may be stored to: what they go to is nobody else's, so that it is no frame
    /// that a page has lost.
    /// </summary>
    public void FlushReads()
    {
        _second?.Flush();
        for (int i = 0; i < Used; i++)
        {
            Entry* entry = UsedEntry(i);
            if (!_isLasting || entry->WriteTag == NoPage)
                entry->ReadTag = NoPage;
        }
    }

    public void FlushWrites()
    {
        _second?.Flush();
        for (int i = 0; i < Used; i++)
            UsedEntry(i)->WriteTag = NoPage;
    }

    /// <summary>Forgets everything.</summary>
    public void Flush()
    {
        _second?.Flush();
        for (int i = 0; i < Used; i++)
        {
            Entry* entry = UsedEntry(i);
            (entry->ReadTag, entry->WriteTag) = (NoPage, NoPage);
        }

        if (_second is null)
            _notes = 0;
    }

    // The entries that may hold something: those noted, or all.
    private int Used => _notes <= MostNoted ? _notes : Count;

    private Entry* UsedEntry(int index) => (Entry*)_entries + (_notes <= MostNoted ? _noted[index] : index);

    private Entry* NotedEntry(ulong va)
    {
        Entry* entry = Find(va);
        if (_notes < MostNoted)
            _noted[_notes] = (ushort)(entry - (Entry*)_entries);
        if (_notes <= MostNoted)
            _notes++;
        return entry;
    }

    private const ulong PageMask = ~(ulong)(Pages.Size - 1);

    // The tag is compared with the page of the access's last byte while the entry is chosen by its first: an access that
    // crosses into the next page meets the tag of another entry's page, or none, and misses.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Entry* Find(ulong va) => (Entry*)(_entries + ((va >> (Pages.Shift - EntryShift)) & _offsetMask));

    private void CountFill()
    {
        if (_isLasting)
            return;
        _fills++;
        if (!_isLent && _fills == GrowAfterFills)
            Allocate(LargeCount);
        else if (_isLent && _fills is FillsToSecond or FillsToLarger)
            SetSecond(new SecondTlb(_entries - SecondWords, _fills == FillsToSecond ? SecondEntries : LargerEntries));
    }

    private void Allocate(int count)
    {
        const int CacheLine = 64;
        int before = _isLasting ? RoomBefore : 0;
        _storage = GC.AllocateArray<byte>(before + (count << EntryShift) + CacheLine, pinned: true);
        ulong start = (ulong)Unsafe.AsPointer(ref _storage[0]) + (ulong)before;
        _entries = (byte*)((start + CacheLine - 1) & ~(ulong)(CacheLine - 1));
        if (_isLasting)
            SecondTlb.Clear(_entries - SecondWords);
        SetCount(count);
    }

    // Translated code moves entries from a second table into this one, without a note.
    private void SetSecond(SecondTlb? table)
    {
        long before = _second?.Count ?? 0, after = table?.Count ?? 0;
        _meter?.Add((after - before) << SecondTlb.EntryShift);
        _second = table;
        _notes = MostNoted + 1;
    }

    private void SetCount(int count)
    {
        _offsetMask = (ulong)(count - 1) << EntryShift;
        _notes = MostNoted + 1;
        Flush();
    }

    /// <summary>32 bytes: the page that an access must be in, and what to add to its address to have the host's.</summary>
    private struct Entry
    {
        public ulong ReadTag;
        public ulong ReadOffset;
        public ulong WriteTag;
        public ulong WriteOffset;
    }
}
