using ObjectOS.Client;
using ObjectOS.Services.Files;

namespace ObjectOS.Services.Linux;

/// <summary>A memory object that areas of processes show. Its capability is kept as long as any of them does.</summary>
internal sealed class MemoryBlock(ulong id, MemoryCapability memory, ulong size, bool isImmutable)
{
    public ulong Id => id;

    public MemoryCapability Memory => memory;

    public ulong Size => size;

    /// <summary>True for a block that is never written (a program's file): a fork shares it.</summary>
    public bool IsImmutable => isImmutable;

    /// <summary>The file whose bytes it shows, and its job: the block counts among the file's users. Null for memory without a file.</summary>
    public Inode? Inode { get; private set; }

    public Job? Job { get; private set; }

    /// <summary>True if it is the file's own memory, which all its mappings share; false for a copy of it, or memory without a file.</summary>
    public bool IsContent { get; private init; }

    public int Uses { get; set; }

    /// <summary>True for a program that a process runs: its file must not be written.</summary>
    public bool IsProgram { get; set; }

    /// <summary>Makes the block of a file's memory or of a copy of it, which counts among the file's users.</summary>
    public static MemoryBlock Of(ulong id, MemoryCapability memory, ulong size, Job job, Inode inode, bool isContent)
    {
        inode.Opens++;
        return new MemoryBlock(id, memory, size, false) { Inode = inode, Job = job, IsContent = isContent };
    }

    public void Save(BinaryWriter writer)
    {
        writer.Write(id);
        writer.Write(memory.Slot);
        writer.Write(size);
        writer.Write(isImmutable);
        writer.Write(Uses);
        writer.Write(IsContent);
        writer.Write(IsProgram);
    }

    public static MemoryBlock Restore(BinaryReader reader, Invoker invoker) =>
        new(reader.ReadUInt64(), new MemoryCapability(invoker, reader.ReadUInt32()), reader.ReadUInt64(), reader.ReadBoolean())
        {
            Uses = reader.ReadInt32(),
            IsContent = reader.ReadBoolean(),
            IsProgram = reader.ReadBoolean(),
        };

    /// <summary>Gives a restored block its file.</summary>
    public void Link(Job job, Inode inode) => (Job, Inode) = (job, inode);
}
