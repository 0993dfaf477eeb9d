using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Machine.Interpreter;
using ObjectOS.Machine.Memory;

namespace ObjectOS.Machine.Mmu;

/// <summary>
/// An address space over a real memory; pages made by its stores are charged to one account. Used on the memory's host thread.
/// </summary>
/// <remarks>The rules by which what it caches stays true are those of <see cref="Coherence"/>.</remarks>
internal sealed class AddressSpace : IAddressSpace
{
    private const ulong OffsetMask = Pages.Size - 1;
    private const ulong PageLimit = 1UL << (64 - Pages.Shift);

    private readonly ExtentMap _extents = new();
    private readonly FetchCache _fetched = new();
    private readonly Coherence _coherence;
    private ulong _epoch;
    private ulong _readGeneration;
    private ulong _writeGeneration;
    private ulong _codeGeneration;

    public AddressSpace(GuestMemory memory, MemoryAccount account)
    {
        Memory = memory;
        Account = account;
        Tlb = new SoftTlb(memory.Pool);
        _coherence = memory.Coherence;
        ForgetFetched();
        Synchronise();
    }

    public GuestMemory Memory { get; }

    public MemoryAccount Account { get; }

    public SoftTlb Tlb { get; }

    /// <summary>The first byte that the last failed access could not reach.</summary>
    public ulong FaultAddress { get; private set; }

    /// <summary>The account whose limit the last store that was not paid for has hit.</summary>
    public IMemoryAccount? ExhaustedAccount { get; private set; }

    /// <summary>Extents of the map; for tests.</summary>
    internal int ExtentCount => _extents.Count;

    /// <summary>
    /// Names a time in which every <see cref="Fetch"/> of an address gives the same page; no two spaces of a memory share one.
    /// </summary>
    public ulong FetchEpoch { get; private set; }

    /// <summary>Takes note of what happened to memory since this space ran last. Call it before each run.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Enter()
    {
        if (_epoch != _coherence.Epoch)
            Synchronise();
    }

    /// <summary>A load of 1, 2, 4 or 8 bytes at any alignment.</summary>
    public AccessResult Read(ulong va, int size, out ulong value)
    {
        value = 0;
        Enter();
        int head = BytesInPage(va, size);
        if (!TryFindReadable(va, out uint frame))
            return AccessResult.PageFault;
        if (head == size)
        {
            value = Load(Memory.Pool.Bytes(frame), (int)(va & OffsetMask), size);
            _coherence.ReadCached(Tlb, frame);
            Tlb.FillRead(va, frame);
            return AccessResult.Ok;
        }

        if (!TryFindReadable(va + (ulong)head, out uint next))
            return AccessResult.PageFault;
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        Memory.Pool.Bytes(frame)[^head..].CopyTo(bytes);
        Memory.Pool.Bytes(next)[..(size - head)].CopyTo(bytes[head..]);
        value = Load(bytes, 0, size);
        return AccessResult.Ok;
    }

    /// <summary>A store of 1, 2, 4 or 8 bytes at any alignment; all of it or nothing.</summary>
    public AccessResult Write(ulong va, int size, ulong value)
    {
        Enter();
        ulong code = _codeGeneration;
        AccessResult result = TryOwn(va, size, out uint frame, out uint next);
        if (result is AccessResult.Ok or AccessResult.OkCodeChanged)
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
        if (next == 0)
        {
            _coherence.WriteCached(Tlb);
            Tlb.FillWrite(va, frame);
        }

        return code == _codeGeneration ? AccessResult.Ok : AccessResult.OkCodeChanged;
    }

    /// <summary>Whether a store would succeed; makes its pages and writes nothing. For atomics, whose faults are those of stores.</summary>
    public AccessResult PrepareWrite(ulong va, int size)
    {
        Enter();
        ulong code = _codeGeneration;
        AccessResult result = TryOwn(va, size, out _, out _);
        Enter();
        return result == AccessResult.Ok && code != _codeGeneration ? AccessResult.OkCodeChanged : result;
    }

    /// <summary>The decoded page that holds <paramref name="va"/>; null with <see cref="FaultAddress"/> set where it cannot be executed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public CodePage? Fetch(ulong va) => _fetched.Find(va) ?? FetchSlowly(va);

    public void Map(VirtualAddress address, PhysicalAddress physical, ulong length, PageRights rights)
    {
        CheckRange(address, length);
        if (!physical.IsPageAligned || length > Memory.Size || physical.Value > Memory.Size - length)
            throw new ArgumentException($"{length} bytes at {physical} are not whole pages of a memory of {Memory.Size} bytes.", nameof(physical));
        if (length == 0)
            return;
        ulong count = length >> Pages.Shift;
        if (_extents.Overlaps(address.PageNumber, count))
            throw new ArgumentException($"Something is mapped between {address} and {length} bytes on; unmap it first.", nameof(address));
        _extents.Add(new Extent(address.PageNumber, count, physical.PageNumber, rights));
    }

    public void Protect(VirtualAddress address, ulong length, PageRights rights)
    {
        CheckRange(address, length);
        if (length == 0)
            return;
        ulong count = length >> Pages.Shift;
        if (!_extents.Covers(address.PageNumber, count))
            throw new ArgumentException($"Not all is mapped between {address} and {length} bytes on.", nameof(address));
        _extents.SetRights(address.PageNumber, count, rights);
        Forget(address.Value, count);
    }

    public void Unmap(VirtualAddress address, ulong length)
    {
        CheckRange(address, length);
        if (length == 0)
            return;
        ulong count = length >> Pages.Shift;
        _extents.Remove(address.PageNumber, count);
        Forget(address.Value, count);
    }

    public void Dispose()
    {
        _extents.Clear();
        Flush();
    }

    private static int BytesInPage(ulong va, int size) => (int)Math.Min((ulong)size, Pages.Size - (va & OffsetMask));

    private static ulong Load(ReadOnlySpan<byte> bytes, int offset, int size) => size switch
    {
        1 => bytes[offset],
        2 => BinaryPrimitives.ReadUInt16LittleEndian(bytes[offset..]),
        4 => BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]),
        8 => BinaryPrimitives.ReadUInt64LittleEndian(bytes[offset..]),
        _ => throw new ArgumentOutOfRangeException(nameof(size), size, "An access has 1, 2, 4 or 8 bytes."),
    };

    private static void CheckRange(VirtualAddress address, ulong length)
    {
        if (!address.IsPageAligned || length % Pages.Size != 0)
            throw new ArgumentException($"{address} and the length 0x{length:x} have to be whole pages of {Pages.Size} bytes.");
        if (length >> Pages.Shift > PageLimit - address.PageNumber)
            throw new ArgumentException($"0x{length:x} bytes at {address} wrap around the end of the address space.");
    }

    private CodePage? FetchSlowly(ulong va)
    {
        Enter();
        if (!TryFindPage(va, PageRights.Execute, out ulong page))
            return null;
        CodePage code = Memory.CodeOf(Memory.Lookup(page));
        Enter();
        _fetched.Fill(va, code);
        return code;
    }

    private bool TryFindReadable(ulong va, out uint frame)
    {
        frame = 0;
        if (!TryFindPage(va, PageRights.Read | PageRights.Write, out ulong page))
            return false;
        frame = Memory.Lookup(page);
        return true;
    }

    /// <summary>The physical page at the address, if it has one of the rights; else sets the fault address.</summary>
    private bool TryFindPage(ulong va, PageRights anyOf, out ulong page)
    {
        if (_extents.TryFind(va >> Pages.Shift, out Extent extent) && (extent.Rights & anyOf) != 0)
        {
            page = extent.Physical + ((va >> Pages.Shift) - extent.First);
            return true;
        }

        FaultAddress = va;
        page = 0;
        return false;
    }

    // The rights of both pages come before either is paid for, so that a store that faults has cost nothing.
    private AccessResult TryOwn(ulong va, int size, out uint frame, out uint next)
    {
        frame = next = 0;
        ulong second = va + (ulong)BytesInPage(va, size);
        bool crosses = second != va + (ulong)size;
        ulong nextPage = 0;
        if (!TryFindPage(va, PageRights.Write, out ulong page) || (crosses && !TryFindPage(second, PageRights.Write, out nextPage)))
            return AccessResult.PageFault;
        if (!Memory.TryOwn(page, Account, out frame))
            return Exhausted(va);
        if (crosses && !Memory.TryOwn(nextPage, Account, out next))
            return Exhausted(second);
        return AccessResult.Ok;
    }

    private AccessResult Exhausted(ulong va)
    {
        FaultAddress = va;
        ExhaustedAccount = Memory.ExhaustedAccount;
        return AccessResult.MemoryExhausted;
    }

    private void Synchronise()
    {
        _epoch = _coherence.Epoch;
        if (_readGeneration != _coherence.ReadGeneration)
            Tlb.FlushReads();
        if (_writeGeneration != _coherence.WriteGeneration)
            Tlb.FlushWrites();
        if (_codeGeneration != _coherence.CodeGeneration)
            ForgetFetched();
        _readGeneration = _coherence.ReadGeneration;
        _writeGeneration = _coherence.WriteGeneration;
        _codeGeneration = _coherence.CodeGeneration;
    }

    private void Forget(ulong va, ulong count)
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

    private void ForgetFetched()
    {
        _fetched.Flush();
        FetchEpoch = _coherence.NextFetchEpoch();
    }

    private void Flush()
    {
        ForgetFetched();
        Tlb.FlushReads();
        Tlb.FlushWrites();
    }
}
