using System.Runtime.InteropServices;
using ObjectOS.Abi;
using ObjectOS.Machine.Interpreter;

namespace ObjectOS.Machine.Memory;

/// <summary>2 MiB of host memory and what is known of each of its frames.</summary>
internal sealed unsafe class FrameChunk
{
    public const int Shift = 9;
    public const int FrameCount = 1 << Shift;
    private const nuint Bytes = (nuint)FrameCount << Pages.Shift;

    public readonly int[] References = new int[FrameCount];
    public readonly int[] Owners = new int[FrameCount];
    public byte* Start;

    /// <summary>The decoded frames, made when the first is.</summary>
    public CodePage?[]? Code;

    // Neighbours in the pool's list of chunks that have room.
    public FrameChunk? Next;
    public FrameChunk? Previous;

    private readonly ushort[] _freed = new ushort[FrameCount];
    private int _freedCount;
    private int _neverUsed;

    /// <exception cref="OutOfMemoryException">The host has no more.</exception>
    public FrameChunk(uint number)
    {
        Number = number;
        Start = (byte*)NativeMemory.AlignedAlloc(Bytes, Bytes);
    }

    public uint Number { get; }

    public int Live => _neverUsed - _freedCount;

    public bool IsFull => Live == FrameCount;

    /// <summary>The last one freed, which the host's caches may still hold; else one never used, so that a small guest touches little.</summary>
    public int Take() => _freedCount > 0 ? _freed[--_freedCount] : _neverUsed++;

    public void Give(int index)
    {
        _freed[_freedCount++] = (ushort)index;
        if (_freedCount == _neverUsed)
            _freedCount = _neverUsed = 0;
    }

    public void Free()
    {
        NativeMemory.AlignedFree(Start);
        Start = null;
    }
}
