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

    private readonly FramePool _pool;

    // On the pinned heap: the pointer into it stays good, and an address space that nobody disposes leaks nothing.
    private byte[] _storage;
    private byte* _entries;
    private ulong _offsetMask;
    private int _fills;
    private bool _isLent;

    public SoftTlb(FramePool pool)
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("The machine needs a little-endian host: guest words are accessed in place.");
        _pool = pool;
        _storage = [];
        Allocate(SmallCount);
    }

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
        Entry* entry = Find(va);
        entry->ReadTag = va & PageMask;
        entry->ReadOffset = (ulong)_pool.Address(frame) - (va & PageMask);
    }

    /// <summary>Lets loads and stores go to <paramref name="frame"/>.</summary>
    public void FillWrite(ulong va, uint frame)
    {
        CountFill();
        Entry* entry = Find(va);
        ulong page = va & PageMask;
        ulong offset = (ulong)_pool.Address(frame) - page;
        *entry = new Entry { ReadTag = page, ReadOffset = offset, WriteTag = page, WriteOffset = offset };
    }

    /// <summary>
    /// Puts the table into storage of translated code, which looks it up itself: the caller keeps the address, for as long as this refers to
    /// <paramref name="owner"/>. What was cached is forgotten.
    /// </summary>
    public void MoveTo(byte[] owner, byte* entries, int count)
    {
        _storage = owner;
        _entries = entries;
        _isLent = true;
        SetCount(count);
    }

    /// <summary>Gives the table storage of its own again.</summary>
    public void MoveBack()
    {
        _isLent = false;
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
    }

    /// <summary>Forgets what goes to <paramref name="frame"/>, by whatever address.</summary>
    public void DropReadsOf(uint frame)
    {
        ulong host = (ulong)_pool.Address(frame);
        for (int i = 0; i < Count; i++)
        {
            Entry* entry = (Entry*)_entries + i;
            if (entry->ReadTag != NoPage && entry->ReadTag + entry->ReadOffset == host)
                entry->ReadTag = NoPage;
        }
    }

    /// <summary>Forgets stores that go to <paramref name="frame"/>, by whatever address.</summary>
    public void DropWritesOf(uint frame)
    {
        ulong host = (ulong)_pool.Address(frame);
        for (int i = 0; i < Count; i++)
        {
            Entry* entry = (Entry*)_entries + i;
            if (entry->WriteTag != NoPage && entry->WriteTag + entry->WriteOffset == host)
                entry->WriteTag = NoPage;
        }
    }

    public void FlushReads()
    {
        for (int i = 0; i < Count; i++)
            ((Entry*)_entries)[i].ReadTag = NoPage;
    }

    public void FlushWrites()
    {
        for (int i = 0; i < Count; i++)
            ((Entry*)_entries)[i].WriteTag = NoPage;
    }

    private const ulong PageMask = ~(ulong)(Pages.Size - 1);

    // The tag is compared with the page of the access's last byte while the entry is chosen by its first: an access that
    // crosses into the next page meets the tag of another entry's page, or none, and misses.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Entry* Find(ulong va) => (Entry*)(_entries + ((va >> (Pages.Shift - EntryShift)) & _offsetMask));

    private void CountFill()
    {
        if (++_fills == GrowAfterFills && !_isLent)
            Allocate(LargeCount);
    }

    private void Allocate(int count)
    {
        const int CacheLine = 64;
        _storage = GC.AllocateArray<byte>((count << EntryShift) + CacheLine, pinned: true);
        ulong start = (ulong)Unsafe.AsPointer(ref _storage[0]);
        _entries = (byte*)((start + CacheLine - 1) & ~(ulong)(CacheLine - 1));
        SetCount(count);
    }

    private void SetCount(int count)
    {
        _offsetMask = (ulong)(count - 1) << EntryShift;
        FlushReads();
        FlushWrites();
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
