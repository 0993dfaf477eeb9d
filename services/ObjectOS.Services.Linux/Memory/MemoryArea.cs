using ObjectOS.Abi;

namespace ObjectOS.Services.Linux;

/// <summary>A range of a process's memory that shows a range of a block.</summary>
internal sealed record MemoryArea(ulong Start, ulong Length, PageRights Rights, MemoryBlock Block, ulong Offset, bool IsShared, string Name)
{
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
    }

    public static MemoryArea Restore(BinaryReader reader, IReadOnlyDictionary<ulong, MemoryBlock> blocks) => new(
        reader.ReadUInt64(), reader.ReadUInt64(), (PageRights)reader.ReadByte(), blocks[reader.ReadUInt64()], reader.ReadUInt64(), reader.ReadBoolean(),
        reader.ReadString());

    /// <summary>The part of it between two addresses that lie in it.</summary>
    public MemoryArea Part(ulong start, ulong end) => this with { Start = start, Length = end - start, Offset = Offset + (start - Start) };
}
