using ObjectOS.Machine.Code;

namespace ObjectOS.Machine.Engines.Translator;

/// <summary>Hands out equal chunks of executable memory and of the data that belongs to them. The first chunk is the stubs'.</summary>
internal sealed unsafe class CodeArena : IDisposable
{
    public const int ChunkCode = 64 << 10;
    public const int ChunkData = 16 << 10;

    private readonly ExecutableMemory _memory;
    private readonly Stack<int> _free = new();

    private CodeArena(ExecutableMemory memory, int chunks)
    {
        _memory = memory;
        for (int i = chunks - 1; i >= 0; i--)
            _free.Push(i);
    }

    /// <summary>Chunks that can still be taken.</summary>
    public int Free => _free.Count;

    /// <summary>What to add to an address that is written to have the one that is executed.</summary>
    public nint ToExecuted => (nint)(_memory.Code - _memory.WritableCode);

    /// <summary>Makes one; null if the host refuses executable memory.</summary>
    public static CodeArena? TryCreate(int chunks)
    {
        ExecutableMemory? memory = ExecutableMemory.TryCreate((nuint)chunks * ChunkCode, (nuint)chunks * ChunkData);
        return memory is null ? null : new CodeArena(memory, chunks);
    }

    public bool TryTake(out int chunk) => _free.TryPop(out chunk);

    /// <summary>Takes a chunk back. Nothing may execute in it.</summary>
    public void Give(int chunk) => _free.Push(chunk);

    /// <summary>The first byte of a chunk's code, in the view that is written.</summary>
    public byte* CodeOf(int chunk) => _memory.WritableCode + ((nint)chunk * ChunkCode);

    /// <summary>The first byte of a chunk's data.</summary>
    public byte* DataOf(int chunk) => _memory.Data + ((nint)chunk * ChunkData);

    public void Dispose() => _memory.Dispose();
}
