using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Machine.Interpreter;
using ObjectOS.Machine.Mmu;

namespace ObjectOS.Machine.Memory;

/// <summary>The physical memory of one real CPU. Used on one host thread at a time.</summary>
internal sealed class GuestMemory : IGuestMemory, IDisposable
{
    /// <summary>Most that a memory can be.</summary>
    public const ulong MaximumSize = 1UL << 52;

    private readonly MemoryTree _tree;
    /// <summary>Bytes of decoded code that any memory may have, and the part of what its pages take that it may have besides.</summary>
    private const long LeastCode = 24L << 20;
    private const int ShareOfCode = 4;

    private readonly CodeMeter _code = new();
    private readonly HashSet<uint> _framesWithCode = [];
    private CodePage? _codeOfHoles;
    private bool _disposed;

    /// <exception cref="ArgumentOutOfRangeException">The size is not a multiple of 4096 from 4096 to <see cref="MaximumSize"/>.</exception>
    public GuestMemory(FramePool pool, MemoryAccount account, ulong size)
    {
        if (size is 0 or > MaximumSize || size % Pages.Size != 0)
            throw new ArgumentOutOfRangeException(nameof(size), size, $"A memory has a multiple of {Pages.Size} bytes, at most {MaximumSize}.");
        Pool = pool;
        Account = account;
        Size = size;
        _tree = new MemoryTree(pool, size >> Pages.Shift);
    }

    public ulong Size { get; }

    public FramePool Pool { get; }

    /// <summary>The account that all of this memory is charged under.</summary>
    public MemoryAccount Account { get; }

    /// <summary>Receives the traps and page walks that harts in this memory handle without their kernel; null: no observer.</summary>
    public IGuestObserver? Observer { get; set; }

    public Coherence Coherence { get; } = new();

    /// <summary>The account whose limit the last operation that was not paid for has hit.</summary>
    public MemoryAccount? ExhaustedAccount { get; private set; }

    internal bool IsDisposed => _disposed;

    /// <summary>Nodes touched by changes so far; for tests of their cost.</summary>
    internal long NodeVisits => _tree.NodeVisits;

    public MemoryStatus Read(PhysicalAddress address, Span<byte> destination)
    {
        if (!IsInside(address, (ulong)destination.Length))
            return MemoryStatus.OutOfRange;
        while (destination.Length > 0)
        {
            ReadOnlySpan<byte> piece = Pool.Bytes(_tree.Lookup(address.PageNumber))[(int)address.PageOffset..];
            piece = piece[..Math.Min(piece.Length, destination.Length)];
            piece.CopyTo(destination);
            destination = destination[piece.Length..];
            address += (ulong)piece.Length;
        }

        return MemoryStatus.Ok;
    }

    public MemoryStatus Write(PhysicalAddress address, ReadOnlySpan<byte> source, IMemoryAccount account)
    {
        MemoryAccount payer = PayerOf(account);
        if (!IsInside(address, (ulong)source.Length))
            return MemoryStatus.OutOfRange;
        while (source.Length > 0)
        {
            if (!TryOwn(address.PageNumber, payer, out uint frame))
                return MemoryStatus.Exhausted;
            Span<byte> piece = BytesToChange(frame)[(int)address.PageOffset..];
            int length = Math.Min(piece.Length, source.Length);
            source[..length].CopyTo(piece);
            source = source[length..];
            address += (ulong)length;
        }

        return MemoryStatus.Ok;
    }

    public MemoryStatus Prepare(PhysicalAddress address, ulong length, IMemoryAccount account)
    {
        MemoryAccount payer = PayerOf(account);
        if (!IsInside(address, length))
            return MemoryStatus.OutOfRange;
        if (length == 0)
            return MemoryStatus.Ok;
        ulong last = (address + (length - 1)).PageNumber;
        for (ulong page = address.PageNumber; page <= last; page++)
        {
            if (!TryOwn(page, payer, out _))
                return MemoryStatus.Exhausted;
        }

        return MemoryStatus.Ok;
    }

    /// <exception cref="ArgumentException">Not whole pages, or the ranges overlap.</exception>
    public MemoryStatus Clone(PhysicalAddress source, PhysicalAddress destination, ulong length)
    {
        CheckWholePages(source.Value, length);
        CheckWholePages(destination.Value, length);
        if (!IsInside(source, length) || !IsInside(destination, length))
            return MemoryStatus.OutOfRange;
        if (length == 0)
            return MemoryStatus.Ok;
        if (source.Value - destination.Value < length || destination.Value - source.Value < length)
            throw new ArgumentException($"The clone of {length} bytes from {source} to {destination} overlaps itself.");
        Discard(destination, length);

        // The destination may have been read and executed as zeros.
        RevokeHoles();
        Coherence.RevokeWrites();
        _tree.Clone(source.PageNumber, destination.PageNumber, length >> Pages.Shift);
        return MemoryStatus.Ok;
    }

    /// <exception cref="ArgumentException">Not whole pages.</exception>
    public MemoryStatus Discard(PhysicalAddress address, ulong length)
    {
        CheckWholePages(address.Value, length);
        if (!IsInside(address, length))
            return MemoryStatus.OutOfRange;
        if (!TryFindPresent(address, address + length, out _))
            return MemoryStatus.Ok;
        Coherence.RevokeAll();
        _tree.Discard(address.PageNumber, length >> Pages.Shift);
        return MemoryStatus.Ok;
    }

    public bool TryFindPresent(PhysicalAddress start, PhysicalAddress end, out PhysicalAddress page)
    {
        ulong limit = Math.Min(Pages.Count(end.Value), _tree.PageCount);
        bool found = _tree.TryFindPresent(Pages.Count(start.Value), limit, out ulong number);
        page = new PhysicalAddress(number << Pages.Shift);
        return found && page.Value < end.Value;
    }

    /// <summary>The frame of a page, 0 for a hole.</summary>
    public uint Lookup(ulong page)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _tree.Lookup(page);
    }

    /// <summary>
    /// Gives the page a frame that nobody else has, by making or copying it where needed, and so that cached pointers stay true. False:
    /// see <see cref="ExhaustedAccount"/>. Before the frame is written, its code has to go: <see cref="BytesToChange"/>.
    /// </summary>
    public bool TryOwn(ulong page, MemoryAccount payer, out uint frame)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        PageProbe probe = _tree.Probe(page);
        frame = probe.Frame;
        if (probe.IsExclusive)
        {
            if (probe.WasShared)
            {
                // Once, at the first write after the sharing ended, so that it does not depend on what a TLB happens to hold.
                _tree.ClearWasShared(page);
                Pool.Recharge(frame, payer);
            }

            return true;
        }

        if (!Pool.TryAllocate(payer, probe.Frame, out frame, out MemoryAccount? exhausted))
        {
            ExhaustedAccount = exhausted;
            return false;
        }

        if (probe.Frame == 0)
        {
            RevokeHoles();
        }
        else
        {
            Coherence.RevokeReadsOf(probe.Frame);
            if (Pool.Code(probe.Frame) is not null)
                Coherence.RevokeCode();
        }

        _tree.Set(page, frame);
        return true;
    }

    /// <summary>The bytes of a frame from <see cref="TryOwn"/>, to be written now; what was decoded from them is stale.</summary>
    public Span<byte> BytesToChange(uint frame)
    {
        if (Pool.DetachCode(frame))
            Coherence.RevokeCode();
        return Pool.WritableBytes(frame);
    }

    /// <summary>The decoded form of a frame, shared by all who execute it; from now on no pointer to it can be written through.</summary>
    public CodePage CodeOf(uint frame)
    {
        Coherence.CodeCached();
        if (frame == 0)
            return _codeOfHoles ??= new CodePage(Pool, 0, _code);
        if (Pool.Code(frame) is { } code)
            return code;
        Coherence.RevokeWritesOf(frame);
        _framesWithCode.Add(frame);
        return Pool.AttachCode(frame, _code);
    }

    /// <summary>What counts code, decoded or translated.</summary>
    public CodeMeter CodeMeter => _code;

    /// <summary>The most bytes of the host that decoded and translated code took.</summary>
    public long PeakCodeBytes => _code.Peak;

    /// <summary>
    /// Forgets all decoded code where it takes more than it may: a program can enter a page at each of its half words, and decode it 2,048 times. Called
    /// where no block is being executed. False: there is still room.
    /// </summary>
    public bool TryForgetCode()
    {
        if (_code.Bytes <= LeastCode + ((long)(Account.Charged << Pages.Shift) / ShareOfCode))
            return false;

        // The frames stay frames with code, so that stores to them stay what they were. One may have been given to another memory since.
        _framesWithCode.RemoveWhere(frame => Pool.Code(frame)?.IsOf(_code) != true);
        foreach (uint frame in _framesWithCode)
        {
            Pool.DetachCode(frame);
            Pool.AttachCode(frame, _code);
        }

        _codeOfHoles?.Drop();
        _codeOfHoles = null;
        Coherence.RevokeCode();

        // Left to itself, the collector lets a host with much memory keep several times as much: it counts as the guest's.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false);
        return true;
    }

    /// <summary>Gives all frames back and closes the account. Address spaces over it cannot be used any more.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        Coherence.RevokeAll();
        _tree.Clear();
        Account.Close();
    }

    private static void CheckWholePages(ulong address, ulong length)
    {
        if ((address | length) % Pages.Size != 0)
            throw new ArgumentException($"0x{address:x} and its length 0x{length:x} have to be whole pages of {Pages.Size} bytes.");
    }

    private void RevokeHoles()
    {
        Coherence.RevokeReadsOf(0);
        if (_codeOfHoles is null)
            return;
        _codeOfHoles.Drop();
        _codeOfHoles = null;
        Coherence.RevokeCode();
    }

    private bool IsInside(PhysicalAddress address, ulong length)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return length <= Size && address.Value <= Size - length;
    }

    private MemoryAccount PayerOf(IMemoryAccount account) =>
        account is MemoryAccount payer && payer.IsUnder(Account)
            ? payer
            : throw new ArgumentException("The account is not under this memory's.", nameof(account));
}
