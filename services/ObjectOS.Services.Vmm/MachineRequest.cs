using ObjectOS.Services.Programs;

namespace ObjectOS.Services.Vmm;

/// <summary>The paging modes that harts offer to supervisor software; each includes those before it.</summary>
public enum PagingMode : byte
{
    /// <summary>39 bits of virtual address.</summary>
    Sv39 = 8,

    /// <summary>48 bits.</summary>
    Sv48 = 9,

    /// <summary>57 bits.</summary>
    Sv57 = 10,
}

/// <summary>All that the host says of a virtual machine that it wants started.</summary>
public sealed record MachineRequest
{
    /// <summary>The extensions that harts with a supervisor mode have beside those of user code, as an ISA string goes on.</summary>
    public const string SupervisorExtensions = "_sstc_svadu_svinval_svpbmt";

    /// <summary>Most harts of a machine.</summary>
    public const int MostHarts = 8;

    /// <summary>Most published ports of a machine.</summary>
    public const int MostPublished = 16;

    private const uint Magic = 0x3451524d; // "MRQ4"
    private const int MostItems = 64;

    /// <summary>The host's number for it; what it says of it later names it so.</summary>
    public ulong Job { get; init; }

    /// <summary>Its name, for messages.</summary>
    public string Name { get; init; } = "machine";

    /// <summary>Names of its files for messages, in the order of <see cref="MachineFile"/>.</summary>
    public IReadOnlyList<string> FileNames { get; init; } = ["image", "bios", "kernel", "initrd", "device tree"];

    /// <summary>Its harts, 1 to <see cref="MostHarts"/>.</summary>
    public int Harts { get; init; } = 1;

    /// <summary>Bytes of its memory, a multiple of 4096.</summary>
    public ulong Memory { get; init; } = 128UL << 20;

    /// <summary>The ISA string that its device tree shows.</summary>
    public string Isa { get; init; } = "rv64imafdc_zicbom_zicboz_zicntr_zicond_zicsr_zifencei_zihintpause_zba_zbb_zbs" + SupervisorExtensions;

    /// <summary>Ticks of the harts' time register in a second; divides 10^9.</summary>
    public uint TimebaseHz { get; init; } = 10_000_000;

    /// <summary>The most that its harts' paging can do.</summary>
    public PagingMode Paging { get; init; } = PagingMode.Sv48;

    /// <summary>The kernel's command line.</summary>
    public string Arguments { get; init; } = "";

    /// <summary>What its console reads.</summary>
    public ProgramStream Input { get; init; } = new(0, false);

    /// <summary>Where its console writes.</summary>
    public ProgramStream Output { get; init; } = new(1, false);

    /// <summary>Further consoles, in the virtio slots behind disks and network card.</summary>
    public IReadOnlyList<ConsoleRequest> Consoles { get; init; } = [];

    /// <summary>True: a reset starts it anew; false: it ends.</summary>
    public bool Reboots { get; init; } = true;

    /// <summary>Its disks, in the first virtio slots.</summary>
    public IReadOnlyList<BlockBackend> Disks { get; init; } = [];

    /// <summary>True: it has a network card on the switch of its kernel.</summary>
    public bool HasNetwork { get; init; }

    /// <summary>Ports of the host that lead to it; with a network only.</summary>
    public IReadOnlyList<PortGrant> Published { get; init; } = [];

    /// <summary>Most bytes of memory of its cell: its memory as far as it is touched.</summary>
    public ulong MemoryLimit { get; init; } = 256UL << 20;

    /// <summary>Most kernel objects of its cell.</summary>
    public int ObjectLimit { get; init; } = 1024;

    /// <summary>Most virtual instructions that it may use; 0: no limit.</summary>
    public ulong InstructionLimit { get; init; }

    /// <summary>What its clock shows at guest time 0: nanoseconds since 1970-01-01 UTC.</summary>
    public ulong WallClockBase { get; init; }

    /// <summary>The seed of what is random to it.</summary>
    public ulong Seed { get; init; }

    /// <summary>True: the end record holds a hash of harts, memory and devices.</summary>
    public bool ReportsState { get; init; }

    /// <summary>True: the end record holds the signature of a conformance test.</summary>
    public bool ReportsSignature { get; init; }

    /// <summary>True: the machine is laid out, and ends with its device tree in the end record before a hart has run.</summary>
    public bool DescribesOnly { get; init; }

    /// <summary>What stands where.</summary>
    public PlatformDescription Platform { get; init; } = PlatformDescription.Virt;

    /// <summary>Says what is wrong with it; null where nothing is.</summary>
    public string? Problem() =>
        Harts is < 1 or > MostHarts ? $"the machine has {Harts} harts: 1 to {MostHarts} are wanted"
        : Memory < 1 << 20 || Memory % 4096 != 0 || Memory > 1UL << 40 ? $"the machine has {Memory} bytes of memory: whole pages, 1 MiB to 1 TiB, are wanted"
        : TimebaseHz == 0 || 1_000_000_000 % TimebaseHz != 0 ? $"the timebase is {TimebaseHz} Hz: a divisor of 10^9 is wanted"
        : Paging is not (PagingMode.Sv39 or PagingMode.Sv48 or PagingMode.Sv57) ? $"the paging mode {Paging} is not known: Sv39, Sv48 or Sv57 is wanted"
        : Disks.Any(disk => disk.Policy > BlockPolicy.Snapshot) ? "a disk's policy is not known: read-write, read-only or snapshot is wanted"
        : Published.Count > 0 && !HasNetwork ? "ports are published, and the machine has no network"
        : Published.Any(port => port.HostPort == 0 || port.GuestPort == 0) ? "a published port is 0: 1 to 65535 are wanted"
        : Published.Count > MostPublished ? $"the machine has {Published.Count} published ports: at most {MostPublished} are wanted"
        : MemoryLimit == 0 ? "the memory limit is 0"
        : Platform.Problem();

    /// <summary>Writes it.</summary>
    public void Save(BinaryWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.Write(Magic);
        writer.Write(Job);
        writer.Write(Name);
        Write(writer, FileNames, writer.Write);
        writer.Write(Harts);
        writer.Write(Memory);
        writer.Write(Isa);
        writer.Write(TimebaseHz);
        writer.Write((byte)Paging);
        writer.Write(Arguments);
        foreach (var stream in (ProgramStream[])[Input, Output])
        {
            writer.Write(stream.Number);
            writer.Write(stream.IsTerminal);
        }

        Write(writer, Consoles, console => console.Save(writer));
        writer.Write(Reboots);
        Write(writer, Disks, disk => disk.Save(writer));
        writer.Write(HasNetwork);
        Write(writer, Published, port => port.Save(writer));
        writer.Write(MemoryLimit);
        writer.Write(ObjectLimit);
        writer.Write(InstructionLimit);
        writer.Write(WallClockBase);
        writer.Write(Seed);
        writer.Write(ReportsState);
        writer.Write(ReportsSignature);
        writer.Write(DescribesOnly);
        Platform.Save(writer);
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public static MachineRequest Restore(BinaryReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        if (reader.ReadUInt32() != Magic)
        {
            throw new InvalidDataException("The record is not a machine request of this version.");
        }

        return new MachineRequest
        {
            Job = reader.ReadUInt64(),
            Name = reader.ReadString(),
            FileNames = List(reader, r => r.ReadString()),
            Harts = reader.ReadInt32(),
            Memory = reader.ReadUInt64(),
            Isa = reader.ReadString(),
            TimebaseHz = reader.ReadUInt32(),
            Paging = (PagingMode)reader.ReadByte(),
            Arguments = reader.ReadString(),
            Input = new ProgramStream(reader.ReadUInt64(), reader.ReadBoolean()),
            Output = new ProgramStream(reader.ReadUInt64(), reader.ReadBoolean()),
            Consoles = List(reader, ConsoleRequest.Restore),
            Reboots = reader.ReadBoolean(),
            Disks = List(reader, BlockBackend.Restore),
            HasNetwork = reader.ReadBoolean(),
            Published = List(reader, PortGrant.Restore),
            MemoryLimit = reader.ReadUInt64(),
            ObjectLimit = reader.ReadInt32(),
            InstructionLimit = reader.ReadUInt64(),
            WallClockBase = reader.ReadUInt64(),
            Seed = reader.ReadUInt64(),
            ReportsState = reader.ReadBoolean(),
            ReportsSignature = reader.ReadBoolean(),
            DescribesOnly = reader.ReadBoolean(),
            Platform = PlatformDescription.Restore(reader),
        };
    }

    /// <summary>The record as bytes.</summary>
    public byte[] ToBytes()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        Save(writer);
        writer.Flush();
        return stream.ToArray();
    }

    /// <summary>The name of a file, for messages.</summary>
    internal string NameOf(MachineFile file) => (int)file < FileNames.Count ? FileNames[(int)file] : file.ToString();

    private static void Write<T>(BinaryWriter writer, IReadOnlyList<T> items, Action<T> write)
    {
        writer.Write(items.Count);
        foreach (var item in items)
        {
            write(item);
        }
    }

    private static T[] List<T>(BinaryReader reader, Func<BinaryReader, T> read)
    {
        int count = reader.ReadInt32();
        if (count is < 0 or > MostItems)
        {
            throw new InvalidDataException($"The machine request has a list of {count} items; at most {MostItems} are allowed.");
        }

        var items = new T[count];
        for (int i = 0; i < count; i++)
        {
            items[i] = read(reader);
        }

        return items;
    }
}
