namespace ObjectOS.Services.Vmm;

/// <summary>Request types of a block device (VIRTIO 1.2, 5.2.6).</summary>
internal enum BlockCommand : uint
{
    In = 0,
    Out = 1,
    Flush = 4,
    GetId = 8,
}

/// <summary>How a request of a block device ended (VIRTIO 1.2, 5.2.6).</summary>
internal enum BlockOutcome : byte
{
    Ok = 0,
    IoError = 1,
    Unsupported = 2,

    /// <summary>Not ended yet; never shown to a guest.</summary>
    Open = 255,
}

/// <summary>A request that a block device has taken from its queue and not given back yet. It is carried out in parts, one after the other.</summary>
internal sealed class BlockRequest(DescriptorChain chain, BlockCommand command, ulong offset, ulong length)
{
    public DescriptorChain Chain => chain;

    public BlockCommand Command => command;

    /// <summary>Where on the disk, in bytes.</summary>
    public ulong Offset => offset;

    /// <summary>Bytes of data.</summary>
    public ulong Length => length;

    /// <summary>Bytes done.</summary>
    public ulong Position { get; set; }

    /// <summary>The host's work on the part from <see cref="Position"/>; 0: none is under way.</summary>
    public ulong HostRequest { get; set; }

    /// <summary>How it ended, once it has, and only remains to be given back.</summary>
    public BlockOutcome Outcome { get; set; } = BlockOutcome.Open;

    /// <summary>Bytes of the part from <see cref="Position"/>.</summary>
    public int PartLength => (int)Math.Min(BlockFunction.MostInPart, length - Position);

    public void Save(BinaryWriter writer)
    {
        chain.Save(writer);
        writer.Write((uint)command);
        writer.Write(offset);
        writer.Write(length);
        writer.Write(Position);
        writer.Write(HostRequest);
        writer.Write((byte)Outcome);
    }

    public static BlockRequest Restore(BinaryReader reader) =>
        new(DescriptorChain.Restore(reader), (BlockCommand)reader.ReadUInt32(), reader.ReadUInt64(), reader.ReadUInt64())
        {
            Position = reader.ReadUInt64(),
            HostRequest = reader.ReadUInt64(),
            Outcome = (BlockOutcome)reader.ReadByte(),
        };
}
