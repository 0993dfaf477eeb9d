using System.Runtime.CompilerServices;
using ObjectOS.Abi;
using ObjectOS.Machine.Interpreter;

namespace ObjectOS.Machine.Mmu;

/// <summary>The decoded pages that an address space executed last, direct-mapped by virtual page.</summary>
internal sealed class FetchCache
{
    private const int SmallCount = 16;
    private const int LargeCount = 64;
    private const int GrowAfterFills = 128;

    private Entry[] _entries = new Entry[SmallCount];
    private int _fills;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public CodePage? Find(ulong va)
    {
        ulong page = va >> Pages.Shift;
        Entry[] entries = _entries;
        ref Entry entry = ref entries[(int)page & (entries.Length - 1)];
        return entry.Page == page ? entry.Code : null;
    }

    public void Fill(ulong va, CodePage code)
    {
        if (++_fills == GrowAfterFills)
            _entries = new Entry[LargeCount];
        ulong page = va >> Pages.Shift;
        _entries[(int)page & (_entries.Length - 1)] = new Entry { Page = page, Code = code };
    }

    public void Flush() => Array.Clear(_entries);

    // An empty one is that of page 0 with no code, which is a miss as well.
    private struct Entry
    {
        public ulong Page;
        public CodePage? Code;
    }
}
