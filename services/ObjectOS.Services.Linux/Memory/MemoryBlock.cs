using ObjectOS.Client;

namespace ObjectOS.Services.Linux;

/// <summary>A memory object that areas of processes show. Its capability is kept as long as any of them does.</summary>
internal sealed class MemoryBlock(ulong id, MemoryCapability memory, ulong size, bool isImmutable)
{
    public ulong Id => id;

    public MemoryCapability Memory => memory;

    public ulong Size => size;

    /// <summary>True for what nobody writes (a program's file): a fork shares it.</summary>
    public bool IsImmutable => isImmutable;

    public int Uses { get; set; }

    public void Save(BinaryWriter writer)
    {
        writer.Write(id);
        writer.Write(memory.Slot);
        writer.Write(size);
        writer.Write(isImmutable);
        writer.Write(Uses);
    }

    public static MemoryBlock Restore(BinaryReader reader, Invoker invoker) =>
        new(reader.ReadUInt64(), new MemoryCapability(invoker, reader.ReadUInt32()), reader.ReadUInt64(), reader.ReadBoolean()) { Uses = reader.ReadInt32() };
}
