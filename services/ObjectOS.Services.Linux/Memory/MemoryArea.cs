using ObjectOS.Abi;

namespace ObjectOS.Services.Linux;

/// <summary>A range of a process's memory that shows a range of a block.</summary>
internal sealed record MemoryArea(ulong Start, ulong Length, PageRights Rights, MemoryBlock Block, ulong Offset, bool IsShared, string Name)
{
    public ulong End => Start + Length;

    /// <summary>The part of it between two addresses that lie in it.</summary>
    public MemoryArea Part(ulong start, ulong end) => this with { Start = start, Length = end - start, Offset = Offset + (start - Start) };
}
