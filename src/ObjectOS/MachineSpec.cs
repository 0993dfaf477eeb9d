using ObjectOS.Cpu;
using ObjectOS.Services.Vmm;

namespace ObjectOS;

/// <summary>A file that a virtual machine boots; a path converts to it by itself.</summary>
/// <param name="Path">A file of the host; where <paramref name="Contents"/> is set, only a name.</param>
/// <param name="Contents">The file's bytes; null: they are read from <paramref name="Path"/>.</param>
public sealed record BootFile(string Path, ReadOnlyMemory<byte>? Contents = null)
{
    /// <summary>The file at a path.</summary>
    public static implicit operator BootFile(string path) => new(path);
}

/// <summary>A file of the host as a disk of a virtual machine.</summary>
/// <param name="Path">The file; it must exist. Nothing else of the host can be reached through it.</param>
/// <param name="Policy">What the guest's writes do.</param>
/// <param name="OverlayLimit">For a snapshot: most bytes of what is written.</param>
public sealed record DiskSpec(string Path, BlockPolicy Policy = BlockPolicy.ReadWrite, ulong OverlayLimit = 1UL << 30);

/// <summary>What network a virtual machine has.</summary>
public enum NetworkMode
{
    /// <summary>None.</summary>
    None,

    /// <summary>
    /// A card on the switch of its OS object: the machines under it reach each other, and a gateway at 10.0.2.2 that gives addresses. Nothing leads to
    /// the host but what is published.
    /// </summary>
    User,
}

/// <summary>A port of the host's loopback address that leads to a port of a virtual machine, at the address that the gateway leases it.</summary>
/// <remarks>
/// UDP: a datagram comes to the machine from the gateway's address and a port that stands for the client that sent it; what the machine answers to that
/// port goes back to that client. Datagrams of up to 1472 bytes are carried, what fits into one packet; larger ones are dropped. The 128 clients that
/// were last heard of or answered are known.
/// </remarks>
/// <param name="HostPort">The host's port, 1 to 65535; it is the machine's from its start to its end.</param>
/// <param name="GuestPort">The machine's port, 1 to 65535.</param>
/// <param name="Protocol">What the ports are of; each protocol has its own.</param>
public sealed record PublishSpec(int HostPort, int GuestPort, PublishProtocol Protocol = PublishProtocol.Tcp);

/// <summary>A further console of a virtual machine: a virtio console with streams of its own.</summary>
/// <param name="Input">What it reads; null: at its end. Read by the OS object, not closed by it. A machine that has it wait for input is not idle.</param>
/// <param name="Output">What it writes; null: dropped. Not closed. Where it takes no more, the rest is dropped.</param>
/// <param name="Columns">Characters in a line of what shows it, up to 65535; 0: not known.</param>
/// <param name="Rows">Its lines, up to 65535; 0: not known.</param>
public sealed record ConsoleSpec(Stream? Input = null, Stream? Output = null, int Columns = 0, int Rows = 0);

/// <summary>A virtual machine to boot: an operating system, a kernel or firmware, told by the contents of its files.</summary>
public sealed record MachineSpec
{
    /// <summary>What is to run: an ELF (with HTIF, of firmware, of a kernel) or a Linux <c>Image</c>, told by its contents.</summary>
    public BootFile? Image { get; init; }

    /// <summary>Firmware that starts in machine mode: an ELF, or raw code for the start of memory.</summary>
    public BootFile? Bios { get; init; }

    /// <summary>A kernel for supervisor mode, started by the firmware or, without one, directly: an ELF, a Linux <c>Image</c>, or raw code for 2 MiB behind the start of memory.</summary>
    public BootFile? Kernel { get; init; }

    /// <summary>The kernel's first root file system.</summary>
    public BootFile? Initrd { get; init; }

    /// <summary>
    /// A device tree blob that the guest gets, byte for byte, instead of the generated one; at most 64 KiB. It says the kernel's command line itself, and where the
    /// <see cref="Initrd"/> is: at the addresses that the generated tree of the same machine says.
    /// </summary>
    public BootFile? DeviceTree { get; init; }

    /// <summary>
    /// True: the machine is laid out and ends before a hart has run, with <see cref="RunEnd.PoweredOff"/> and its device tree in <see cref="RunResult.DeviceTree"/>.
    /// </summary>
    public bool DumpsDeviceTree { get; init; }

    /// <summary>The kernel's command line.</summary>
    public string Arguments { get; init; } = "";

    /// <summary>Its harts, 1 to 8, which take turns.</summary>
    public int Harts { get; init; } = 1;

    /// <summary>Bytes of its memory, whole pages of 4 KiB. They cost nothing until touched.</summary>
    public ulong Memory { get; init; } = 128UL << 20;

    /// <summary>The widest paging that its harts offer.</summary>
    public PagingMode Paging { get; init; } = PagingMode.Sv48;

    /// <summary>Its disks.</summary>
    public IReadOnlyList<DiskSpec> Disks { get; init; } = [];

    /// <summary>Its network.</summary>
    public NetworkMode Network { get; init; }

    /// <summary>Ports of the host that lead to it: the only ones of the host that it has to do with. At most 16.</summary>
    public IReadOnlyList<PublishSpec> Publish { get; init; } = [];

    /// <summary>Devices of one's own, each for this machine alone; it owns them until it ends.</summary>
    public IReadOnlyList<IDevice> Devices { get; init; } = [];

    /// <summary>What stands where beside memory and devices of one's own.</summary>
    public PlatformDescription Platform { get; init; } = PlatformDescription.Virt;

    /// <summary>True: a reset starts it anew; false: it ends with <see cref="RunEnd.Reset"/>.</summary>
    public bool Reboots { get; init; } = true;

    /// <summary>What its console reads; null: at its end. Read by the OS object, not closed by it.</summary>
    public Stream? StandardInput { get; init; }

    /// <summary>What its console writes; null: kept for <see cref="RunResult.Output"/>. Not closed.</summary>
    public Stream? StandardOutput { get; init; }

    /// <summary>Consoles beside the one of <see cref="StandardInput"/> and <see cref="StandardOutput"/>, each a virtio device of the machine.</summary>
    public IReadOnlyList<ConsoleSpec> Consoles { get; init; } = [];

    /// <summary>True where a person sits at the console.</summary>
    public bool IsTerminal { get; init; }

    /// <summary>Most memory of its cell, in bytes; null: all of its memory can be touched.</summary>
    public ulong? MemoryLimit { get; init; }

    /// <summary>Virtual instructions that it may use; exact, the same on every host. Null: no limit.</summary>
    public ulong? Instructions { get; init; }

    /// <summary>Host time after which it is stopped.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The seed of what is random to it; null: the OS object's.</summary>
    public ulong? Seed { get; init; }

    /// <summary>The ISA string that its device tree shows; null: what the CPU is, with what supervisor modes have beside it.</summary>
    public string? Isa { get; init; }

    /// <summary>
    /// Receives sentences about a machine that runs: a file of it that is odd, a hart that cannot continue. Null: the log has them alone. Called on threads of the OS object, which
    /// wait meanwhile; it may be called until <see cref="Cell.Completion"/>.
    /// </summary>
    public IProgress<string>? Notices { get; init; }

    /// <summary>True: <see cref="RunResult.StateHash"/> is wanted, which takes a walk through its memory at its end.</summary>
    public bool ReportsState { get; init; }

    /// <summary>True: <see cref="RunResult.ProgramSha256"/> is wanted.</summary>
    internal bool ReportsHash { get; init; } = true;

    /// <summary>True: <see cref="RunResult.Signature"/> is wanted.</summary>
    public bool ReportsSignature { get; init; }

    /// <summary>What it is called in messages, and in figures: the name of its image, else of its kernel, else of its bios.</summary>
    public string Name => Main?.Path ?? "machine";

    /// <summary>The file that it is named after, whose hash is <see cref="RunResult.ProgramSha256"/>.</summary>
    internal BootFile? Main => Image ?? Kernel ?? Bios;

    /// <summary>Says what is wrong with it; null where nothing is. Files are looked at when it is started.</summary>
    public string? Problem() => NullProblem() ?? ContentProblem();

    private string? NullProblem() =>
        Member.Null(Arguments, nameof(Arguments)) ?? Member.NullIn(Disks, nameof(Disks)) ?? Member.NullIn(Publish, nameof(Publish)) ?? Member.NullIn(Devices, nameof(Devices))
        ?? Member.Null(Platform, nameof(Platform)) ?? Member.NullIn(Consoles, nameof(Consoles))
        ?? Disks.Select((disk, i) => Member.Null(disk.Path, $"Disks[{i}].Path")).FirstOrDefault(problem => problem is not null)
        ?? ((string Name, BootFile? File)[])[(nameof(Image), Image), (nameof(Bios), Bios), (nameof(Kernel), Kernel), (nameof(Initrd), Initrd), (nameof(DeviceTree), DeviceTree)] switch
        {
            var files when files.FirstOrDefault(f => f.File is { Path: null }) is { Name: { } name } => $"{name}.Path is null.",
            _ => null,
        };

    private string? ContentProblem() =>
        Image is null && Bios is null && Kernel is null ? "There is nothing to boot: Image, Bios or Kernel is wanted."
        : Image is not null && Kernel is not null ? "Image and Kernel are both set; one of them is wanted."
        : DeviceTree is not null && Arguments.Length > 0 ? "DeviceTree and Arguments are both set; a device tree says the kernel's command line itself."
        : Arguments.Contains('\0', StringComparison.Ordinal) ? "Arguments hold a NUL character, which ends strings for kernels."
        : Consoles.FirstOrDefault(c => c.Columns is < 0 or > ushort.MaxValue || c.Rows is < 0 or > ushort.MaxValue) is { } console
            ? $"A console has {console.Columns} columns and {console.Rows} rows; 0 to {ushort.MaxValue} are wanted."
        : NetworkProblem() is { } wrong ? wrong
        : new MachineRequest { Harts = Harts, Memory = Memory, Paging = Paging, Platform = Platform }.Problem() is { } problem ? $"Not a machine: {problem}."
        : AsProgram().Limits.Problem();

    private string? NetworkProblem() =>
        !Enum.IsDefined(Network) ? $"Network is {(int)Network}; None or User is wanted."
        : Publish.Count > 0 && Network == NetworkMode.None ? "Ports are published, and the machine has no network; the network User is wanted."
        : Publish.Count > MachineRequest.MostPublished ? $"{Publish.Count} ports are published; at most {MachineRequest.MostPublished} are wanted."
        : Publish.FirstOrDefault(p => p.HostPort is < 1 or > ushort.MaxValue || p.GuestPort is < 1 or > ushort.MaxValue) is { } bad
            ? $"The ports {bad.HostPort}:{bad.GuestPort} cannot be published; 1 to {ushort.MaxValue} are wanted."
        : Publish.FirstOrDefault(p => !Enum.IsDefined(p.Protocol)) is { } odd ? $"The protocol of the ports {odd.HostPort}:{odd.GuestPort} is {(int)odd.Protocol}; Tcp or Udp is wanted."
        : Publish.GroupBy(p => (p.HostPort, p.Protocol)).FirstOrDefault(g => g.Count() > 1) is { } twice
            ? $"The host's {(twice.Key.Protocol == PublishProtocol.Udp ? "UDP port" : "port")} {twice.Key.HostPort} is published twice."
        : null;

    /// <summary>What a machine has in common with a program.</summary>
    internal ProgramSpec AsProgram() => new()
    {
        Path = Name,
        StandardInput = StandardInput,
        StandardOutput = StandardOutput,
        IsTerminal = IsTerminal,
        ReportsState = ReportsState,
        Limits = new ProgramLimits { Memory = MemoryLimit ?? (Memory + (1 << 20)), Objects = 1024, Instructions = Instructions, Timeout = Timeout },
    };
}
