using ObjectOS.Abi;
using ObjectOS.Client;

namespace ObjectOS.Services.Linux;

/// <summary>A memory object that areas of processes show. Its capability is kept as long as any of them does.</summary>
internal sealed class MemoryBlock(ulong id, MemoryCapability memory, ulong size, bool isImmutable)
{
    private const int CopyUnit = 65536;

    public ulong Id => id;

    public MemoryCapability Memory => memory;

    public ulong Size => size;

    /// <summary>True for what nobody writes (a program's file): a fork shares it.</summary>
    public bool IsImmutable => isImmutable;

    public int Uses { get; set; }

    /// <summary>Copies a range to the start of another block; what is zero is left out, for that block is empty.</summary>
    public KernelStatus CopyTo(MemoryBlock other, ulong offset, ulong length)
    {
        var buffer = new byte[CopyUnit];
        for (ulong done = 0; done < length; done += CopyUnit)
        {
            var part = buffer.AsSpan(0, (int)Math.Min(CopyUnit, length - done));
            var status = memory.Read(offset + done, part);
            if (status == KernelStatus.Ok && part.ContainsAnyExcept((byte)0))
            {
                status = other.Memory.Write(done, part);
            }

            if (status != KernelStatus.Ok)
            {
                return status;
            }
        }

        return KernelStatus.Ok;
    }

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
