using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Machine.Interpreter;
using ObjectOS.Machine.Memory;

namespace ObjectOS.Machine.Mmu;

/// <summary>
/// A way from virtual addresses to frames, with what it caches of it: loads, stores and fetches that the interpreter's fast path could not
/// answer. Used on the memory's host thread.
/// </summary>
/// <remarks>The rules by which what it caches stays true are those of <see cref="Coherence"/>.</remarks>
internal abstract class Translation
{
    protected const ulong OffsetMask = Pages.Size - 1;

    private readonly FetchCache _fetched = new();
    private readonly Coherence _coherence;
    private ulong _epoch;
    private ulong _readGeneration;
    private ulong _writeGeneration;
    private ulong _codeGeneration;

    protected Translation(GuestMemory memory, MemoryAccount account, bool hasLastingTlb)
    {
        Memory = memory;
        Account = account;
        Tlb = new SoftTlb(memory.Pool, hasLastingTlb);
        _coherence = memory.Coherence;
        ForgetFetched();
        Synchronise();
    }

    public GuestMemory Memory { get; }

    public MemoryAccount Account { get; }

    public SoftTlb Tlb { get; }

    /// <summary>What an engine keeps for it.</summary>
    public object? EngineState { get; set; }

    /// <summary>The first byte that the last failed access could not reach.</summary>
    public ulong FaultAddress { get; protected set; }

    /// <summary>For a guest fault: the same as a guest-physical address.</summary>
    public ulong FaultPhysical { get; protected set; }

    /// <summary>For a guest fault: what was wanted there; not the access's own kind where the page-table walk wanted it.</summary>
    public AccessKind FaultAccess { get; protected set; }

    /// <summary>True where the page-table walk itself could not reach its memory.</summary>
    public bool IsWalkFault { get; protected set; }

    /// <summary>Why the last <see cref="Fetch"/> found nothing.</summary>
    public AccessResult FetchResult { get; private set; }

    /// <summary>The account whose limit the last store that was not paid for has hit.</summary>
    public IMemoryAccount? ExhaustedAccount { get; protected set; }

    /// <summary>
    /// Names a time in which every <see cref="Fetch"/> of an address gives the same page; no two spaces of a memory share one.
    /// </summary>
    public ulong FetchEpoch { get; private set; }

    /// <summary>True once it is not used any more.</summary>
    public bool IsDisposed { get; protected set; }

    /// <summary>False where the last translation holds for the bytes that were asked for alone, not for their page.</summary>
    public bool IsWholePage { get; protected set; } = true;

    /// <summary>Takes note of what happened to memory since this was used last. Call it before each run.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Enter()
    {
        if (_epoch != _coherence.Epoch)
            Synchronise();
    }

    /// <summary>A load of 1, 2, 4 or 8 bytes at any alignment.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public AccessResult Read(ulong va, int size, out ulong value)
    {
        value = 0;
        Enter();
        int head = BytesInPage(va, size);
        AccessResult result = Translate(va, head, AccessKind.Load, out ulong page);
        if (result != AccessResult.Ok)
            return result;
        if (head == size)
        {
            // The walk may have written a page table.
            Enter();
            uint frame = Memory.Lookup(page);
            value = Load(Memory.Pool.Bytes(frame), (int)(va & OffsetMask), size);
            if (IsWholePage)
            {
                _coherence.ReadCached(Tlb, frame);
                Tlb.FillRead(va, frame);
            }

            return AccessResult.Ok;
        }

        result = Translate(va + (ulong)head, size - head, AccessKind.Load, out ulong next);
        if (result != AccessResult.Ok)
            return result;
        Enter();
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        Memory.Pool.Bytes(Memory.Lookup(page))[^head..].CopyTo(bytes);
        Memory.Pool.Bytes(Memory.Lookup(next))[..(size - head)].CopyTo(bytes[head..]);
        value = Load(bytes, 0, size);
        return AccessResult.Ok;
    }

    /// <summary>A store of 1, 2, 4 or 8 bytes at any alignment; all of it or nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public AccessResult Write(ulong va, int size, ulong value)
    {
        Enter();
        ulong code = _codeGeneration;
        AccessResult result = TryOwn(va, size, out uint frame, out uint next);
        if (result is AccessResult.Ok)
        {
            Span<byte> bytes = stackalloc byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
            int head = BytesInPage(va, size);
            bytes[..head].CopyTo(Memory.BytesToChange(frame)[(int)(va & OffsetMask)..]);
            if (next != 0)
                bytes[head..size].CopyTo(Memory.BytesToChange(next));
        }

        Enter();
        if (result != AccessResult.Ok)
            return result;
        if (next == 0 && IsWholePage)
        {
            _coherence.WriteCached(Tlb);
            Tlb.FillWrite(va, frame);
        }

        return code == _codeGeneration ? AccessResult.Ok : AccessResult.OkCodeChanged;
    }

    /// <summary>The decoded page that holds <paramref name="va"/>; null where it cannot be executed: see <see cref="FetchResult"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public CodePage? Fetch(ulong va) => _fetched.Find(va) ?? FetchSlowly(va);

    /// <summary>The decoded page that holds <paramref name="va"/> if the last fetch from there may be remembered.</summary>
    public CodePage? Fetched(ulong va) => _fetched.Find(va);

    /// <summary>
    /// Finds the page of the memory that holds the bytes from <paramref name="va"/> on, all in one virtual page; else sets the fault's
    /// properties. <see cref="IsWholePage"/> tells whether the answer may be kept.
    /// </summary>
    protected abstract AccessResult Translate(ulong va, int length, AccessKind access, out ulong page);

    /// <summary>Forgets what is cached of the pages from <paramref name="va"/> on.</summary>
    protected void Forget(ulong va, ulong count)
    {
        const ulong WorthFlushing = 32;
        ForgetFetched();
        if (count > WorthFlushing)
        {
            Flush();
            return;
        }

        for (ulong i = 0; i < count; i++)
            Tlb.Drop(va + (i << Pages.Shift));
    }

    /// <summary>Forgets what is cached of code.</summary>
    protected void ForgetFetched()
    {
        _fetched.Flush();
        FetchEpoch = _coherence.NextFetchEpoch();
    }

    /// <summary>Forgets all that is cached.</summary>
    protected void Flush()
    {
        ForgetFetched();
        Tlb.Flush();
    }

    protected static int BytesInPage(ulong va, int size) => (int)Math.Min((ulong)size, Pages.Size - (va & OffsetMask));

    private static ulong Load(ReadOnlySpan<byte> bytes, int offset, int size) => size switch
    {
        1 => bytes[offset],
        2 => BinaryPrimitives.ReadUInt16LittleEndian(bytes[offset..]),
        4 => BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]),
        8 => BinaryPrimitives.ReadUInt64LittleEndian(bytes[offset..]),
        _ => throw new ArgumentOutOfRangeException(nameof(size), size, "An access has 1, 2, 4 or 8 bytes."),
    };

    private CodePage? FetchSlowly(ulong va)
    {
        const int LeastInstruction = 2;
        Enter();
        FetchResult = Translate(va, LeastInstruction, AccessKind.Fetch, out ulong page);
        if (FetchResult != AccessResult.Ok)
            return null;
        bool isWholePage = IsWholePage;
        CodePage code = Memory.CodeOf(Memory.Lookup(page));
        Enter();
        if (isWholePage)
            _fetched.Fill(va, code);
        return code;
    }

    // The rights of both pages come before either is paid for, so that a store that faults has cost nothing.
    private AccessResult TryOwn(ulong va, int size, out uint frame, out uint next)
    {
        frame = next = 0;
        int head = BytesInPage(va, size);
        ulong second = va + (ulong)head;
        ulong nextPage = 0;
        AccessResult result = Translate(va, head, AccessKind.Store, out ulong page);
        if (result == AccessResult.Ok && head != size)
            result = Translate(second, size - head, AccessKind.Store, out nextPage);
        if (result != AccessResult.Ok)
            return result;
        if (!Memory.TryOwn(page, Account, out frame))
            return Exhausted(va);
        return head == size || Memory.TryOwn(nextPage, Account, out next) ? AccessResult.Ok : Exhausted(second);
    }

    protected AccessResult Exhausted(ulong va)
    {
        FaultAddress = va;
        ExhaustedAccount = Memory.ExhaustedAccount;
        return AccessResult.MemoryExhausted;
    }

    private void Synchronise()
    {
        _epoch = _coherence.Epoch;

        // Stores first: what may still be stored to may be loaded from.
        if (_writeGeneration != _coherence.WriteGeneration)
            Tlb.FlushWrites();
        if (_readGeneration != _coherence.ReadGeneration)
            Tlb.FlushReads();
        if (_codeGeneration != _coherence.CodeGeneration)
            ForgetFetched();
        _readGeneration = _coherence.ReadGeneration;
        _writeGeneration = _coherence.WriteGeneration;
        _codeGeneration = _coherence.CodeGeneration;
    }
}
