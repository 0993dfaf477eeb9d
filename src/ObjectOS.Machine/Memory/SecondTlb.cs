using System.Runtime.CompilerServices;
using ObjectOS.Abi;

namespace ObjectOS.Machine.Memory;

/// <summary>
/// A larger table after the <see cref="SoftTlb"/> of an address space that runs translated code: translated code looks here before it leaves
/// for a walk. One number invalidates all of it, so that its size costs nothing when pages are dropped.
/// </summary>
/// <remarks>
/// An entry is 16 bytes: a tag, and what to add to an address of the page to have the host's. The tag is the page, the epoch in bits 1 to 11,
/// and in bit 0 whether the page may be stored to.
/// </remarks>
// Safety: entries and words are on the pinned heap; the storage of the entries is held here, that of the words by the TLB that holds this.
// Every index is masked to the entries.
internal sealed unsafe class SecondTlb
{
    public const int EntryShift = 4;

    /// <summary>Bytes of the words that tell translated code where the table is.</summary>
    public const int WordBytes = 40;

    /// <summary>Bytes from the first of these words: the address of the entries, the epoch, the mask of their offsets.</summary>
    public const int EntriesWord = 0, EpochWord = 8, MaskWord = 16;

    // An entry in the words themselves, for a space without a table. No table reaches the last epoch, so that the entry matches nothing.
    private const int NoEntry = 24;
    private const ulong LastEpoch = 0x7FF;

    private readonly byte* _words;
    private readonly byte[] _storage;
    private readonly byte* _entries;
    private readonly ulong _mask;
    private ulong _epoch = 1;
    private bool _isEmpty = true;

    /// <param name="words">The words, which outlive this.</param>
    /// <param name="count">Entries, a power of two.</param>
    public SecondTlb(byte* words, int count)
    {
        const int CacheLine = 64;
        _words = words;
        Count = count;
        _mask = (ulong)(count - 1) << EntryShift;
        _storage = GC.AllocateArray<byte>((count << EntryShift) + CacheLine, pinned: true);
        _entries = (byte*)(((ulong)Unsafe.AsPointer(ref _storage[0]) + CacheLine - 1) & ~(ulong)(CacheLine - 1));
        *(byte**)(_words + EntriesWord) = _entries;
        *(ulong*)(_words + EpochWord) = _epoch << 1;
        *(ulong*)(_words + MaskWord) = _mask;
    }

    public int Count { get; }

    /// <summary>Tells translated code that there is no table.</summary>
    public static void Clear(byte* words)
    {
        *(byte**)(words + EntriesWord) = words + NoEntry;
        *(ulong*)(words + EpochWord) = 0;
        *(ulong*)(words + MaskWord) = 0;
        *(ulong*)(words + NoEntry) = LastEpoch << 1;
    }

    /// <summary>Adds a page, or the right to store to it. The right that an entry has already stays.</summary>
    public void Fill(ulong page, ulong offset, bool mayStore)
    {
        _isEmpty = false;
        ulong* entry = (ulong*)(_entries + ((page >> (Pages.Shift - EntryShift)) & _mask));
        ulong tag = page | (_epoch << 1);
        mayStore |= entry[0] == (tag | 1) && entry[1] == offset;
        entry[0] = mayStore ? tag | 1 : tag;
        entry[1] = offset;
    }

    /// <summary>Drops a page.</summary>
    public void Drop(ulong page)
    {
        ulong* entry = (ulong*)(_entries + ((page >> (Pages.Shift - EntryShift)) & _mask));
        if ((entry[0] & ~1UL) == (page | (_epoch << 1)))
            entry[0] = LastEpoch << 1;
    }

    /// <summary>Drops all.</summary>
    public void Flush()
    {
        if (_isEmpty)
            return;
        _isEmpty = true;
        if (++_epoch == LastEpoch)
        {
            _epoch = 1;
            Array.Clear(_storage);
        }

        *(ulong*)(_words + EpochWord) = _epoch << 1;
    }
}
