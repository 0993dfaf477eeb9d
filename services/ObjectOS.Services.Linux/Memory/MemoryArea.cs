using ObjectOS.Abi;

namespace ObjectOS.Services.Linux;

/// <summary>A range of a process's memory that shows a range of a block.</summary>
/// <param name="Start">Its first address.</param>
/// <param name="Length">Bytes, whole pages.</param>
/// <param name="Rights">What the process may do there.</param>
/// <param name="Block">What it shows.</param>
/// <param name="Offset">From where on.</param>
/// <param name="IsShared">True for MAP_SHARED: what is written reaches the others that show it.</param>
/// <param name="Name">The file's path, or another name that <c>/proc/self/maps</c> shows.</param>
internal sealed record MemoryArea(ulong Start, ulong Length, PageRights Rights, MemoryBlock Block, ulong Offset, bool IsShared, string Name)
{
    /// <summary>True if it lies beyond the end of its file: nothing is mapped, and an access is a bus error (mmap(2)).</summary>
    public bool IsVoid { get; init; }

    /// <summary>True if it can never be written: a shared mapping of a file that was opened to be read.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>True if a copy of the block must take its place before the process may write: it shows what others see, too.</summary>
    public bool NeedsCopy => !IsShared && (Block.IsImmutable || Block.IsContent);

    public ulong End => Start + Length;

    public void Save(BinaryWriter writer)
    {
        writer.Write(Start);
        writer.Write(Length);
        writer.Write((byte)Rights);
        writer.Write(Block.Id);
        writer.Write(Offset);
        writer.Write(IsShared);
        writer.Write(Name);
        writer.Write(IsVoid);
        writer.Write(IsReadOnly);
    }

    public static MemoryArea Restore(BinaryReader reader, IReadOnlyDictionary<ulong, MemoryBlock> blocks) => new(
        reader.ReadUInt64(), reader.ReadUInt64(), (PageRights)reader.ReadByte(), blocks[reader.ReadUInt64()], reader.ReadUInt64(), reader.ReadBoolean(),
        reader.ReadString())
    {
        IsVoid = reader.ReadBoolean(),
        IsReadOnly = reader.ReadBoolean(),
    };

    /// <summary>The part of it between two addresses that lie in it.</summary>
    public MemoryArea Part(ulong start, ulong end) => this with { Start = start, Length = end - start, Offset = Offset + (start - Start) };
}
