using System.CommandLine;
using System.Text;
using ObjectOS.Cli.Jail;
using ObjectOS.Host;
using ObjectOS.Services.Vmm;

namespace ObjectOS.Cli;

/// <summary><c>objectos boot</c>: an operating system in a virtual machine in a cell of a fresh OS object.</summary>
internal sealed class BootCommand
{
    /// <summary>Places for disks and a network card.</summary>
    private const int MostDevices = 8;

    /// <summary>Bytes of a command line that fit into the device tree beside the largest machine.</summary>
    private const int MostArgumentBytes = 32 << 10;

    private readonly GuestOptions _guest = new(
        "boot",
        ValueOption.Number("--memory", "SIZE", "The machine's memory, for instance 64M; 128M unless given.", TryParseMemory, 1 << 20, 1UL << 40, "a size from 1M to 1T in whole pages of 4K"),
        128UL << 20,
        "host if a terminal is the console, else virtual, unless given",
        "live if standard input is a terminal, pipe or socket, else deterministic, unless given");

    private readonly Option<ulong> _harts = ValueOption.Number("--harts", "N", "The machine's harts, which take turns; 1 unless given.", ValueOption.TryParseWhole, 1, 8, "a whole number from 1 to 8");
    private readonly Option<string> _bios = ValueOption.Text("--bios", "FILE", "Firmware that starts in machine mode: an ELF or raw code.");
    private readonly Option<string> _kernel = ValueOption.Text("--kernel", "FILE", "A kernel for supervisor mode, started by the firmware or directly: an ELF, a Linux Image or raw code.");
    private readonly Option<string> _initrd = ValueOption.Text("--initrd", "FILE", "The kernel's first root file system.");
    private readonly Option<string> _append = ValueOption.AnyText("--append", "TEXT", "The kernel's command line, at most 32K.");
    private readonly Option<string> _deviceTree = ValueOption.Text("--dtb", "FILE", "A device tree blob that the guest gets instead of the generated one, as it is.");
    private readonly Option<string> _dump = ValueOption.Text("--dump-dtb", "FILE", "Write the generated device tree blob to FILE and end, without running the machine.");
    private readonly Option<string[]> _disks = ValueOption.Many("--disk", "FILE[:ro|:snapshot]", "A file of the host as a disk: written, read-only, or with what is written forgotten. May be given again.");
    private readonly Option<string> _net = ValueOption.Word("--net", "none|user", "A network card on a switch with a gateway; none unless given.", "none or user", "none", "user");
    private readonly Option<string[]> _publish = ValueOption.Many("--publish", "HOSTPORT:GUESTPORT[/udp]", "A TCP or, with /udp, UDP port of the host's loopback address that leads to the machine. May be given again.");
    private readonly Option<string> _paging = ValueOption.Word("--paging", "sv39|sv48|sv57", "The widest paging that harts offer; sv48 unless given.", "sv39, sv48 or sv57", "sv39", "sv48", "sv57");
    private readonly Option<bool> _noReboot = new("--no-reboot") { Description = "End at a reset instead of starting anew." };
    private readonly Option<string> _signature = ValueOption.Text("--signature", "FILE", "Write the words from begin_signature to end_signature to FILE afterwards.");
    private readonly Option<string> _granularity = ValueOption.Word("--signature-granularity", "4|8", "Bytes of such a word; 4 unless given.", "4 or 8", "4", "8");

    private readonly Option<GuestEvents> _traceGuest = ValueOption.Of<GuestEvents>("--trace-guest", "int,mmu", "Add to --trace what harts do themselves: traps that they take (int), walks of their page tables (mmu).", TryParseEvents, "int, mmu or int,mmu");

    public BootCommand()
    {
        Command = new Command("boot", "Boots an operating system in a virtual machine in a cell of a fresh OS object. IMAGE is an ELF or a Linux Image, told by its contents; without one, the project's own small kernel is booted. The terminal is the machine's console: Ctrl-A x leaves, Ctrl-A h helps.");
        foreach (var option in (Option[])[.. _guest.OfTheGuest, _harts, _bios, _kernel, _initrd, _append, _deviceTree, _dump, _disks, _net, _publish, _paging, _noReboot, _signature, _granularity, .. _guest.OfTheReport, _traceGuest])
        {
            Command.Options.Add(option);
        }
    }

    public Command Command { get; }

    public string Help => CommandHelp.Of(Command, "objectos boot [OPTION…] [IMAGE]", "objectos boot", "objectos boot --depth 2 --harts 2 --append selftest");

    public async Task<int> RunAsync(ParseResult parsed, string[] operands, ToolStreams streams)
    {
        if (Problem(parsed, operands) is { } wrong)
        {
            return streams.Usage(wrong);
        }

        if (TryGetDisks(parsed.GetValue(_disks) ?? [], HasNetwork(parsed), out var disks) is { } wrongDisk)
        {
            return streams.Usage(wrongDisk);
        }

        if (TryGetPorts(parsed, out var ports) is { } wrongPort)
        {
            return streams.Usage(wrongPort);
        }

        using var session = new RunSession(streams, _guest.SettingsOf(
            parsed,
            streams.InputIsTerminal ? "host" : "virtual",
            streams.InputIsTerminal || streams.InputIsOpenEnded ? Inputs.Live : Inputs.Deterministic,
            streams.InputIsTerminal ? IdleTime.Paced : IdleTime.Warp) with { TraceGuest = parsed.GetValue(_traceGuest) });
        if (!session.TryOpenFiles(out string problem))
        {
            return streams.Usage(problem);
        }

        var signature = parsed.GetValue(_signature) is { } file ? SignatureFile.TryCreate(file, parsed.GetValue(_granularity) == "8" ? 8 : 4, out problem) : null;
        var tree = problem.Length == 0 && parsed.GetValue(_dump) is { } dump ? DeviceTreeFile.TryCreate(dump, out problem) : null;
        using (signature)
        using (tree)
        {
            if (problem.Length > 0)
            {
                return streams.Usage(problem);
            }

            session.Confine(GrantsOf(parsed, operands, disks, ports));
            if (Refusal(parsed, operands, disks) is var (code, sentence))
            {
                streams.Error.Say($"objectos: {sentence}");
                return code;
            }

            var spec = Describe(parsed, operands, disks) with { Publish = ports, Notices = new NoticePrinter(streams.Error) };
            if (signature is not null && await SignatureFile.ProblemAsync(spec).ConfigureAwait(false) is { } noSignature)
            {
                return streams.Usage(noSignature);
            }

            if (streams.InputIsTerminal && tree is null)
            {
                // Before the terminal is raw.
                streams.Error.Say("objectos: Ctrl-A x leaves, Ctrl-A h helps");
            }

            using var terminal = streams.InputIsTerminal && tree is null ? new TerminalConsole(session.Interruption, streams.Error) : null;
            bool isInteractive = terminal is not null || session.Settings.Clock == "host";
            return await session.RunAsync(new MachineGuest(spec, terminal?.Input ?? streams.Input, isInteractive, session.Settings, signature, tree)).ConfigureAwait(false);
        }
    }

    /// <summary>What the machine needs of the host.</summary>
    private JailGrants GrantsOf(ParseResult parsed, string[] operands, List<DiskSpec> disks, List<PublishSpec> ports)
    {
        var grants = new JailGrants { MakesSockets = ports.Count > 0, UsesSockets = ports.Count > 0 };
        grants.Read.AddRange(((string?[])[operands.FirstOrDefault() ?? OwnKernel.Location, .. FilesOf(parsed)]).OfType<string>());
        foreach (var disk in disks)
        {
            (disk.Policy == BlockPolicy.ReadWrite ? grants.Write : grants.Read).Add(disk.Path);
        }

        grants.Ports.AddRange(ports.Where(p => p.Protocol == PublishProtocol.Tcp).Select(p => (ushort)p.HostPort));
        grants.AddOutput(parsed.GetValue(_signature));
        grants.AddOutput(parsed.GetValue(_dump));
        return grants;
    }

    /// <summary>The files besides the image that the machine boots.</summary>
    private string?[] FilesOf(ParseResult parsed) => [parsed.GetValue(_bios), parsed.GetValue(_kernel), parsed.GetValue(_initrd), parsed.GetValue(_deviceTree)];

    private static bool TryParseEvents(string text, out GuestEvents events)
    {
        events = GuestEvents.None;
        foreach (string word in text.Split(','))
        {
            events |= word switch { "int" => GuestEvents.Traps, "mmu" => GuestEvents.Walks, _ => GuestEvents.None };
            if (word is not ("int" or "mmu"))
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryParseMemory(string text, out ulong bytes) => Quantities.TryParseSize(text, out bytes) && bytes % 4096 == 0;

    private string? Problem(ParseResult parsed, string[] operands) =>
        operands.Length > 1 ? $"boot takes one IMAGE; \"{operands[1]}\" was given beside \"{operands[0]}\""
        : operands.Length == 1 && parsed.GetValue(_kernel) is { } kernel ? $"boot takes an IMAGE or --kernel; \"{operands[0]}\" and \"{kernel}\" are both given"
        : parsed.GetValue(_dump) is not null && parsed.GetValue(_deviceTree) is not null ? "--dtb and --dump-dtb are both given; the tree that would be written is that of --dtb"
        : parsed.GetValue(_dump) is not null && parsed.GetValue(_signature) is not null ? "--dump-dtb and --signature are both given; without a run there is no signature"
        : parsed.GetValue(_deviceTree) is not null && parsed.GetValue(_append) is not null ? "--dtb and --append are both given; a device tree says the kernel's command line itself"
        : parsed.GetValue(_granularity) is not null && parsed.GetValue(_signature) is null ? "--signature-granularity is given without --signature"
        : parsed.GetValue(_append)?.Contains('\0', StringComparison.Ordinal) == true ? "--append holds a NUL character, which ends strings for kernels"
        : Encoding.UTF8.GetByteCount(parsed.GetValue(_append) ?? "") is > MostArgumentBytes and var bytes ? $"--append has {bytes} bytes; at most {MostArgumentBytes} can be told to a kernel"
        : null;

    /// <summary>The first file that cannot be read.</summary>
    private (int Code, string Sentence)? Refusal(ParseResult parsed, string[] operands, IEnumerable<DiskSpec> disks)
    {
        foreach (string? path in (string?[])[operands.FirstOrDefault(), .. FilesOf(parsed)])
        {
            if (path is not null && HostFile.Check(path, "an image's file") is { } refusal)
            {
                return refusal;
            }
        }

        return disks.Select(disk => HostFile.Check(disk.Path, HostDisk.Wanted)).FirstOrDefault(refusal => refusal is not null);
    }

    private MachineSpec Describe(ParseResult parsed, string[] operands, IReadOnlyList<DiskSpec> disks)
    {
        bool isOwn = operands.Length == 0 && parsed.GetValue(_bios) is null && parsed.GetValue(_kernel) is null;
        return new MachineSpec
        {
            Image = isOwn ? OwnKernel.Open() : FileOf(operands.FirstOrDefault()),
            Bios = FileOf(parsed.GetValue(_bios)),
            Kernel = FileOf(parsed.GetValue(_kernel)),
            Initrd = FileOf(parsed.GetValue(_initrd)),
            DeviceTree = FileOf(parsed.GetValue(_deviceTree)),
            Arguments = parsed.GetValue(_append) ?? "",
            Harts = parsed.GetResult(_harts) is null ? 1 : (int)parsed.GetValue(_harts),
            Memory = _guest.MemoryOf(parsed),
            Paging = parsed.GetValue(_paging) switch { "sv39" => PagingMode.Sv39, "sv57" => PagingMode.Sv57, _ => PagingMode.Sv48 },
            Disks = disks,
            Network = HasNetwork(parsed) ? NetworkMode.User : NetworkMode.None,
            Reboots = !parsed.GetValue(_noReboot),
            Instructions = _guest.BudgetOf(parsed),
            Timeout = _guest.TimeoutOf(parsed),
        };
    }

    private bool HasNetwork(ParseResult parsed) => parsed.GetValue(_net) == "user";

    private string? TryGetPorts(ParseResult parsed, out List<PublishSpec> ports)
    {
        ports = [];
        foreach (string text in parsed.GetValue(_publish) ?? [])
        {
            if (PublishOption.Parse(text) is not { } port)
            {
                return $"--publish is \"{text}\"; HOSTPORT:GUESTPORT, each from 1 to 65535, with /udp or /tcp or nothing behind it, is wanted";
            }

            ports.Add(port);
        }

        return ports.Count > 0 && !HasNetwork(parsed) ? "--publish is given without --net user"
            : ports.Count > MachineRequest.MostPublished ? $"--publish is given {ports.Count} times; at most {MachineRequest.MostPublished} ports can lead to a machine"
            : ports.GroupBy(p => (p.HostPort, p.Protocol)).FirstOrDefault(g => g.Count() > 1) is { } twice
                ? $"--publish gives the host's {(twice.Key.Protocol == PublishProtocol.Udp ? "UDP" : "TCP")} port {twice.Key.HostPort} twice"
            : null;
    }

    private static BootFile? FileOf(string? path) => path is null ? null : new BootFile(path);

    private static string? TryGetDisks(string[] texts, bool hasNetwork, out List<DiskSpec> disks)
    {
        disks = [];
        foreach (string text in texts)
        {
            var policy = text.EndsWith(":ro", StringComparison.Ordinal) ? BlockPolicy.ReadOnly
                : text.EndsWith(":snapshot", StringComparison.Ordinal) ? BlockPolicy.Snapshot
                : BlockPolicy.ReadWrite;
            string path = policy == BlockPolicy.ReadWrite ? text : text[..text.LastIndexOf(':')];
            if (!File.Exists(path))
            {
                return Directory.Exists(path) ? $"--disk names \"{path}\", which is a directory; a file is wanted" : $"--disk names the file \"{path}\", which is not there";
            }

            try
            {
                // What is no file is refused later, unopened.
                using var file = HostNode.Misfit(path) is not null ? null : new FileStream(path, FileMode.Open, policy == BlockPolicy.ReadWrite ? FileAccess.ReadWrite : FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0);
            }
            catch (Exception e) when (OutputFile.IsOfTheFile(e))
            {
                return $"--disk names \"{path}\", which cannot be {(policy == BlockPolicy.ReadWrite ? "read and written" : "read")}: {e.Message.TrimEnd('.')}";
            }

            disks.Add(new DiskSpec(path, policy));
        }

        int most = MostDevices - (hasNetwork ? 1 : 0);
        return disks.Count > most ? $"--disk is given {disks.Count} times; at most {most} disks have a place" : null;
    }
}
