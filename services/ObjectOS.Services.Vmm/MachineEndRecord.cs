using ObjectOS.Services.Programs;

namespace ObjectOS.Services.Vmm;

/// <summary>What the service says of a virtual machine's end, beside the reason and the code.</summary>
public sealed record MachineEndRecord
{
    /// <summary>Figures, state hash, text and fault.</summary>
    public ProgramEndRecord Program { get; init; } = new();

    /// <summary>The bytes between the symbols <c>begin_signature</c> and <c>end_signature</c>, where <see cref="MachineRequest.ReportsSignature"/> asked for them.</summary>
    public byte[] Signature { get; init; } = [];

    /// <summary>The device tree blob, if <see cref="MachineRequest.DescribesOnly"/> asked for it.</summary>
    public byte[] DeviceTree { get; init; } = [];

    /// <summary>The record as bytes.</summary>
    public byte[] ToBytes()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        Program.Save(writer);
        writer.Write(Signature.Length);
        writer.Write(Signature);
        writer.Write(DeviceTree.Length);
        writer.Write(DeviceTree);
        writer.Flush();
        return stream.ToArray();
    }

    /// <summary>Reads what <see cref="ToBytes"/> gave.</summary>
    public static MachineEndRecord FromBytes(ReadOnlyMemory<byte> bytes)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes.ToArray()));
        return new MachineEndRecord
        {
            Program = ProgramEndRecord.Restore(reader),
            Signature = reader.ReadBytes(reader.ReadInt32()),
            DeviceTree = reader.ReadBytes(reader.ReadInt32()),
        };
    }
}
