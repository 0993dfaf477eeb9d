using System.Buffers.Binary;

namespace ObjectOS.Services.Vmm;

/// <summary>Bytes of a file that go to memory.</summary>
/// <param name="File">The file.</param>
/// <param name="Offset">Where they start in it.</param>
/// <param name="Length">How many.</param>
/// <param name="Address">Where they go, guest-physical.</param>
internal readonly record struct LoadPiece(MachineFile File, ulong Offset, ulong Length, ulong Address);

/// <summary>Bytes that the service makes and puts into memory.</summary>
internal readonly record struct LoadBlob(ulong Address, byte[] Bytes);

/// <summary>
/// How a machine starts: what goes where, and with which registers. <see cref="BootPlanner"/> makes it of the files.
/// </summary>
internal sealed record BootPlan
{
    /// <summary>True: the harts have machine mode, and all start; false: supervisor mode over the service's SBI, and hart 0 starts.</summary>
    public bool IsMachineMode { get; init; }

    /// <summary>Where harts start.</summary>
    public ulong Entry { get; init; }

    /// <summary>What register a1 holds then: the address of the device tree.</summary>
    public ulong TreeAddress { get; init; }

    /// <summary>What register a2 holds then: the address of what OpenSBI's fw_dynamic is told, or 0.</summary>
    public ulong DynamicAddress { get; init; }

    /// <summary>The parts of files.</summary>
    public IReadOnlyList<LoadPiece> Pieces { get; init; } = [];

    /// <summary>Sentences for the host about files that run in spite of what they say. Not state: they are sent once.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>What the service makes.</summary>
    public IReadOnlyList<LoadBlob> Blobs { get; init; } = [];

    /// <summary>The initial root file system; empty: there is none.</summary>
    public ulong InitrdStart { get; init; }

    /// <summary>The first address behind it.</summary>
    public ulong InitrdEnd { get; init; }

    /// <summary>Where firmware finds the next stage.</summary>
    public ulong NextAddress { get; init; }

    /// <summary>The address of the symbol <c>tohost</c>; 0: there is none.</summary>
    public ulong ToHost { get; init; }

    /// <summary>The address of the symbol <c>fromhost</c>; 0: there is none.</summary>
    public ulong FromHost { get; init; }

    /// <summary>A conformance test's signature; empty: there is none.</summary>
    public ulong SignatureStart { get; init; }

    /// <summary>The first address behind it.</summary>
    public ulong SignatureEnd { get; init; }

    /// <summary>The embedder's own device tree; empty: one is generated. Not state: it is among <see cref="Blobs"/> once the machine is made.</summary>
    public byte[] OwnTree { get; init; } = [];

    /// <summary>The device tree that the guest gets; empty before <see cref="WithTree"/>.</summary>
    public byte[] Tree => Blobs.FirstOrDefault(blob => blob.Address == TreeAddress).Bytes ?? [];

    /// <summary>The same with the device tree, and what firmware is told, in their places.</summary>
    public BootPlan WithTree(byte[] tree)
    {
        var blobs = new List<LoadBlob> { new(TreeAddress, tree) };
        if (DynamicAddress != 0)
        {
            blobs.Add(new LoadBlob(DynamicAddress, DynamicInformation()));
        }

        return this with { Blobs = blobs };
    }

    public void Save(BinaryWriter writer)
    {
        writer.Write(IsMachineMode);
        foreach (ulong word in (ulong[])[Entry, TreeAddress, DynamicAddress, InitrdStart, InitrdEnd, NextAddress, ToHost, FromHost, SignatureStart, SignatureEnd])
        {
            writer.Write(word);
        }

        writer.Write(Pieces.Count);
        foreach (var piece in Pieces)
        {
            writer.Write((int)piece.File);
            writer.Write(piece.Offset);
            writer.Write(piece.Length);
            writer.Write(piece.Address);
        }

        writer.Write(Blobs.Count);
        foreach (var blob in Blobs)
        {
            writer.Write(blob.Address);
            writer.Write(blob.Bytes.Length);
            writer.Write(blob.Bytes);
        }
    }

    public static BootPlan Restore(BinaryReader reader)
    {
        var plan = new BootPlan
        {
            IsMachineMode = reader.ReadBoolean(),
            Entry = reader.ReadUInt64(),
            TreeAddress = reader.ReadUInt64(),
            DynamicAddress = reader.ReadUInt64(),
            InitrdStart = reader.ReadUInt64(),
            InitrdEnd = reader.ReadUInt64(),
            NextAddress = reader.ReadUInt64(),
            ToHost = reader.ReadUInt64(),
            FromHost = reader.ReadUInt64(),
            SignatureStart = reader.ReadUInt64(),
            SignatureEnd = reader.ReadUInt64(),
        };
        var pieces = new LoadPiece[reader.ReadInt32()];
        for (int i = 0; i < pieces.Length; i++)
        {
            pieces[i] = new LoadPiece((MachineFile)reader.ReadInt32(), reader.ReadUInt64(), reader.ReadUInt64(), reader.ReadUInt64());
        }

        var blobs = new LoadBlob[reader.ReadInt32()];
        for (int i = 0; i < blobs.Length; i++)
        {
            blobs[i] = new LoadBlob(reader.ReadUInt64(), reader.ReadBytes(reader.ReadInt32()));
        }

        return plan with { Pieces = pieces, Blobs = blobs };
    }

    /// <summary>OpenSBI's <c>struct fw_dynamic_info</c>, version 2: magic, version, next address, next mode (1 supervisor), options, boot hart.</summary>
    private byte[] DynamicInformation()
    {
        ulong[] words = [0x4942534f, 2, NextAddress, 1, 0, 0];
        var bytes = new byte[words.Length * 8];
        for (int i = 0; i < words.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * 8), words[i]);
        }

        return bytes;
    }
}
