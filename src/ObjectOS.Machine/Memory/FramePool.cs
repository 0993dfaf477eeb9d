using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ObjectOS.Abi;
using ObjectOS.Machine.Interpreter;

namespace ObjectOS.Machine.Memory;

/// <summary>
/// Host memory in frames of 4 KiB, shared by the CPUs of a machine. A frame is a number; 0 is no frame and reads as a page of zeros.
/// </summary>
/// <remarks>
/// Allocating, freeing and charging happen under <see cref="Gate"/>. A live frame belongs to one <see cref="GuestMemory"/>: its
/// bytes, references and code are touched on that memory's host thread alone and need no lock.
/// </remarks>
internal sealed unsafe class FramePool : IDisposable
{
    private readonly byte* _zeros;
    private readonly Stack<uint> _unusedNumbers = new();

    // Replaced by a longer one, never shortened: a thread that still sees the old one finds all of its own chunks there.
    // Chunk 0 is none; its place is taken by the zeros.
    private FrameChunk?[] _chunks = new FrameChunk?[8];
    private uint _chunkCount = 1;
    private FrameChunk? _withRoom;
    private FrameChunk? _spare;
    private ulong _live;
    private bool _disposed;

    /// <param name="capacityPages">Most frames that live at one time.</param>
    public FramePool(ulong capacityPages)
    {
        Capacity = Math.Min(capacityPages, uint.MaxValue - (2UL * FrameChunk.FrameCount));
        _zeros = (byte*)NativeMemory.AlignedAlloc(Pages.Size, Pages.Size);
        NativeMemory.Clear(_zeros, Pages.Size);
        RootAccount = new MemoryAccount(this, Capacity);
    }

    ~FramePool() => FreeAll();

    public Lock Gate { get; } = new();

    public ulong Capacity { get; }

    public ulong LiveFrames => Volatile.Read(ref _live);

    /// <summary>The machine's own account.</summary>
    public MemoryAccount RootAccount { get; }

    internal AccountTable Accounts { get; } = new();

    /// <summary>Native chunks held; for tests.</summary>
    internal int ChunkCount => (int)_chunkCount - 1 - _unusedNumbers.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* Address(uint frame) =>
        frame == 0 ? _zeros : _chunks[frame >> FrameChunk.Shift]!.Start + ((frame & (FrameChunk.FrameCount - 1)) << Pages.Shift);

    public ReadOnlySpan<byte> Bytes(uint frame) => new(Address(frame), (int)Pages.Size);

    /// <summary>The bytes of a frame, to change. For <see cref="GuestMemory"/>, which knows who must hear of it.</summary>
    public Span<byte> WritableBytes(uint frame)
    {
        ArgumentOutOfRangeException.ThrowIfZero(frame);
        return new(Address(frame), (int)Pages.Size);
    }

    /// <summary>
    /// Makes a frame with one reference, charged to <paramref name="payer"/>: a copy of <paramref name="source"/>, zeros for 0.
    /// False: <paramref name="exhausted"/> is the lowest account that cannot pay.
    /// </summary>
    public bool TryAllocate(MemoryAccount payer, uint source, out uint frame, out MemoryAccount? exhausted)
    {
        frame = 0;
        lock (Gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            payer = payer.Resolve();
            exhausted = payer.FindUnableToPay();
            if (exhausted is not null)
                return false;
            FrameChunk? chunk = _live < Capacity ? ChunkWithRoom() : null;
            if (chunk is null)
            {
                exhausted = RootAccount;
                return false;
            }

            int index = chunk.Take();
            if (chunk.IsFull)
                Unlink(chunk);
            chunk.References[index] = 1;
            chunk.Owners[index] = payer.Index;
            payer.Charge();
            _live++;
            frame = (chunk.Number << FrameChunk.Shift) | (uint)index;
        }

        if (source == 0)
            NativeMemory.Clear(Address(frame), Pages.Size);
        else
            NativeMemory.Copy(Address(source), Address(frame), Pages.Size);
        return true;
    }

    public int References(uint frame) => ChunkOf(frame).References[IndexOf(frame)];

    public void Retain(uint frame) => ChunkOf(frame).References[IndexOf(frame)]++;

    /// <summary>Gives up a reference to each frame that is not 0. Nothing may hold a pointer to one that ends by it.</summary>
    public void Release(ReadOnlySpan<uint> frames)
    {
        lock (Gate)
        {
            foreach (uint frame in frames)
            {
                if (frame != 0)
                    Release(frame);
            }
        }
    }

    /// <summary>The account that pays for the frame.</summary>
    public MemoryAccount Owner(uint frame)
    {
        lock (Gate)
            return Accounts[ChunkOf(frame).Owners[IndexOf(frame)]].Resolve();
    }

    /// <summary>Charges a frame that only <paramref name="writer"/> still uses to it; left as it is where it cannot pay.</summary>
    public void Recharge(uint frame, MemoryAccount writer)
    {
        lock (Gate)
        {
            writer = writer.Resolve();
            ref int owner = ref ChunkOf(frame).Owners[IndexOf(frame)];
            if (Accounts[owner].TryMoveTo(writer))
                owner = writer.Index;
        }
    }

    public CodePage? Code(uint frame) => _chunks[frame >> FrameChunk.Shift]?.Code?[IndexOf(frame)];

    public CodePage AttachCode(uint frame, CodeMeter meter)
    {
        // Memories on other host threads have frames in the same chunk.
        ref CodePage?[]? code = ref ChunkOf(frame).Code;
        if (Volatile.Read(ref code) is null)
            Interlocked.CompareExchange(ref code, new CodePage?[FrameChunk.FrameCount], null);
        return code![IndexOf(frame)] = new CodePage(this, frame, meter);
    }

    /// <summary>Takes the decoded page off the frame and marks it stale; false: there was none.</summary>
    public bool DetachCode(uint frame)
    {
        if (ChunkOf(frame).Code is not { } code || code[IndexOf(frame)] is not { } page)
            return false;
        page.Drop();
        code[IndexOf(frame)] = null;
        return true;
    }

    public void Dispose()
    {
        FreeAll();
        GC.SuppressFinalize(this);
    }

    private static int IndexOf(uint frame) => (int)(frame & (FrameChunk.FrameCount - 1));

    private FrameChunk ChunkOf(uint frame) => _chunks[frame >> FrameChunk.Shift]!;

    private void Release(uint frame)
    {
        FrameChunk chunk = ChunkOf(frame);
        int index = IndexOf(frame);
        if (--chunk.References[index] > 0)
            return;
        DetachCode(frame);
        Accounts[chunk.Owners[index]].Credit();
        _live--;
        if (chunk.IsFull)
            Link(chunk);
        chunk.Give(index);
        if (chunk.Live == 0)
            Retire(chunk);
    }

    private FrameChunk? ChunkWithRoom()
    {
        if (_withRoom is not null)
        {
            if (_withRoom == _spare)
                _spare = null;
            return _withRoom;
        }

        uint number = _unusedNumbers.TryPeek(out uint unused) ? unused : _chunkCount;
        FrameChunk chunk;
        try
        {
            chunk = new FrameChunk(number);
        }
        catch (OutOfMemoryException)
        {
            // The host has less than it promised: to the guests that is an exhausted machine.
            return null;
        }

        if (!_unusedNumbers.TryPop(out _))
            _chunkCount++;
        if (number == _chunks.Length)
        {
            var longer = new FrameChunk?[_chunks.Length * 2];
            _chunks.CopyTo(longer, 0);
            Volatile.Write(ref _chunks, longer);
        }

        _chunks[number] = chunk;
        Link(chunk);
        return chunk;
    }

    // One empty chunk is kept, so that a guest at the edge of one does not ask the host for it again and again.
    private void Retire(FrameChunk chunk)
    {
        if (_spare is null)
        {
            _spare = chunk;
            return;
        }

        Unlink(chunk);
        _chunks[chunk.Number] = null;
        _unusedNumbers.Push(chunk.Number);
        chunk.Free();
    }

    private void Link(FrameChunk chunk)
    {
        chunk.Next = _withRoom;
        if (_withRoom is not null)
            _withRoom.Previous = chunk;
        _withRoom = chunk;
    }

    private void Unlink(FrameChunk chunk)
    {
        if (chunk.Previous is not null)
            chunk.Previous.Next = chunk.Next;
        else
            _withRoom = chunk.Next;
        if (chunk.Next is not null)
            chunk.Next.Previous = chunk.Previous;
        chunk.Next = chunk.Previous = null;
    }

    private void FreeAll()
    {
        if (_disposed)
            return;
        _disposed = true;
        foreach (FrameChunk? chunk in _chunks)
            chunk?.Free();
        NativeMemory.AlignedFree(_zeros);
    }
}
