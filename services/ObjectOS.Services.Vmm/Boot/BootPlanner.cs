using System.Buffers.Binary;
using System.Globalization;
using ObjectOS.Abi;

namespace ObjectOS.Services.Vmm;

/// <summary>
/// Decides by the files' contents how a machine starts.
/// <list type="bullet">
/// <item>With a bios: all harts start at its entry in machine mode; a raw one lies at the start of memory. A kernel beside it (or an image) is put where its ELF says, else 2 MiB
/// further; register a2 tells firmware of OpenSBI's kind where that is.</item>
/// <item>Image, an ELF with a symbol <c>tohost</c>: a test or program that speaks HTIF; machine mode.</item>
/// <item>Image, an ELF without it whose entry is the start of memory: firmware, or a kernel that starts in machine mode (xv6).</item>
/// <item>Any other ELF or a Linux <c>Image</c> (magic "RSC\x05" at offset 0x38): a kernel for supervisor mode, over the service's SBI.</item>
/// <item>Other bytes are raw code where they are given as a kernel or a bios; as an image, which is told by its contents, they are none.</item>
/// </list>
/// </summary>
internal sealed class BootPlanner
{
    private const ulong KernelOffset = 0x200000;

    /// <summary>Most bytes below memory that are looked at: linkers align segments to at most 64 KiB.</summary>
    private const ulong MostHeaderBytes = 64 << 10;

    private const int LinuxHeaderBytes = BootContents.HeadBytes;

    private readonly MachineRequest _request;
    private readonly IReadOnlyDictionary<MachineFile, BootContents> _files;
    private readonly List<LoadPiece> _pieces = [];
    private readonly List<string> _notices = [];
    private readonly List<(ulong Start, ulong End, MachineFile File)> _taken = [];

    private BootPlanner(MachineRequest request, IReadOnlyDictionary<MachineFile, BootContents> files)
    {
        _request = request;
        _files = files;
    }

    private ulong Start => _request.Platform.MemoryBase;

    private ulong End => Start + _request.Memory;

    /// <summary>Makes the plan, still without the device tree; <paramref name="treeBytes"/> says how much that takes. Empty: done; else what is wrong with which file.</summary>
    public static string TryMake(
        MachineRequest request, IReadOnlyDictionary<MachineFile, BootContents> files, int treeBytes, out BootPlan plan)
    {
        var planner = new BootPlanner(request, files);
        plan = new BootPlan();
        string problem = planner.Check();
        if (problem.Length == 0)
        {
            problem = files.ContainsKey(MachineFile.Bios) ? planner.PlanFirmware(ref plan)
                : planner.PlanImage(files.ContainsKey(MachineFile.Kernel) ? MachineFile.Kernel : MachineFile.Image, ref plan);
        }

        problem = problem.Length == 0 ? planner.PlanTop(treeBytes, ref plan) : problem;
        return problem.Length == 0 && files.TryGetValue(MachineFile.DeviceTree, out var tree) ? planner.PlanTree(tree, treeBytes, ref plan) : problem;
    }

    private string Check()
    {
        bool hasKernel = _files.ContainsKey(MachineFile.Kernel);
        bool hasImage = _files.ContainsKey(MachineFile.Image);
        if (!hasKernel && !hasImage && !_files.ContainsKey(MachineFile.Bios))
        {
            return "there is nothing to boot: an image, a kernel or a bios is wanted";
        }

        if (hasKernel && hasImage)
        {
            return $"{_request.NameOf(MachineFile.Image)} and {_request.NameOf(MachineFile.Kernel)} are both given to be booted: one image or one kernel is wanted";
        }

        foreach (var (file, contents) in _files)
        {
            if (contents.Length == 0)
            {
                return $"{_request.NameOf(file)}: the file is empty";
            }

            if (file is not (MachineFile.Initrd or MachineFile.DeviceTree) && contents.Head is [0x1f, 0x8b, ..])
            {
                return $"{_request.NameOf(file)}: the file is compressed by gzip (1f 8b at offset 0): the unpacked file is wanted";
            }

            if (file == MachineFile.Image && !MachineElf.IsElf(contents.Head) && !IsLinux(contents.Head))
            {
                return $"{_request.NameOf(file)}: neither an ELF nor a Linux Image (52 53 43 05 at offset 56): raw code is wanted as the kernel (--kernel) or the firmware (--bios)";
            }
        }

        return "";
    }

    private string PlanTree(BootContents file, int mostBytes, ref BootPlan plan)
    {
        string name = _request.NameOf(MachineFile.DeviceTree);
        if (file.Length > (ulong)mostBytes)
        {
            return $"{name}: the device tree has {file.Length} bytes: at most {mostBytes} are wanted";
        }

        byte[] bytes = file.Read(0, file.Length);
        string problem = file.Status == KernelStatus.Ok ? DeviceTreeCheck.Problem(bytes, out int length) : Unread(out length);
        plan = plan with { OwnTree = bytes[..length] };
        return problem.Length == 0 ? "" : $"{name}: {problem}";
    }

    /// <summary>The plan comes to nothing: its status says so.</summary>
    private static string Unread(out int length)
    {
        length = 0;
        return "";
    }

    private string PlanFirmware(ref BootPlan plan)
    {
        string problem = Place(MachineFile.Bios, Start, out ulong entry, out _);
        plan = plan with { IsMachineMode = true, Entry = entry, NextAddress = Start + KernelOffset };
        var next = _files.ContainsKey(MachineFile.Kernel) ? MachineFile.Kernel : MachineFile.Image;
        if (problem.Length == 0 && _files.ContainsKey(next))
        {
            problem = Place(next, Start + KernelOffset, out ulong nextEntry, out _);
            plan = plan with { NextAddress = nextEntry };
        }

        return problem;
    }

    private string PlanImage(MachineFile file, ref BootPlan plan)
    {
        string problem = Place(file, Start + KernelOffset, out ulong entry, out var elf);
        if (problem.Length > 0)
        {
            return problem;
        }

        plan = plan with { Entry = entry };
        if (elf is null || file == MachineFile.Kernel)
        {
            return "";
        }

        return elf.TryReadSymbols(out var symbols, out problem) ? PlanSymbols(file, symbols, ref plan) : $"{_request.NameOf(file)}: {problem}";
    }

    private string PlanSymbols(MachineFile file, Dictionary<string, ulong> symbols, ref BootPlan plan)
    {
        // Half a signature is none: riscv-tests' programs with paging have its beginning only.
        bool hasSignature = symbols.ContainsKey("begin_signature") && symbols.ContainsKey("end_signature");
        plan = plan with
        {
            IsMachineMode = symbols.ContainsKey("tohost") || plan.Entry == Start,
            ToHost = symbols.GetValueOrDefault("tohost"),
            FromHost = symbols.GetValueOrDefault("fromhost"),
            SignatureStart = hasSignature ? symbols["begin_signature"] : 0,
            SignatureEnd = hasSignature ? symbols["end_signature"] : 0,
        };
        return CheckSymbol(file, "tohost", plan.ToHost, 8, 8) is { Length: > 0 } bad ? bad
            : CheckSymbol(file, "fromhost", plan.FromHost, 8, 8) is { Length: > 0 } worse ? worse
            : plan.SignatureEnd < plan.SignatureStart || plan.SignatureEnd - plan.SignatureStart > 1 << 24 ? $"{_request.NameOf(file)}: the signature from {Hex(plan.SignatureStart)} to {Hex(plan.SignatureEnd)} is not one"
            : CheckSymbol(file, "begin_signature", plan.SignatureStart, plan.SignatureEnd - plan.SignatureStart, 1);
    }

    private string CheckSymbol(MachineFile file, string name, ulong address, ulong bytes, ulong alignment) =>
        address == 0 || (address >= Start && bytes <= _request.Memory && address <= End - bytes && address % alignment == 0) ? ""
        : $"{_request.NameOf(file)}: the symbol {name} is at {Hex(address)}: {(alignment > 1 ? $"a multiple of {alignment}" : "an address")} in the machine's memory, {Hex(Start)} to {Hex(End)}, is wanted";

    /// <summary>Initial root file system, device tree and what firmware is told go to the end of memory.</summary>
    private string PlanTop(int treeBytes, ref BootPlan plan)
    {
        bool isFirmware = _files.ContainsKey(MachineFile.Bios);
        ulong room = Pages.RoundUp((ulong)treeBytes) + (isFirmware ? Pages.Size : 0);
        ulong alignment = _request.Memory >= 16 << 20 ? KernelOffset : Pages.Size;
        ulong tree = room > _request.Memory ? 0 : (End - room) & ~(alignment - 1);
        if (_taken.Any(taken => taken.End > tree))
        {
            var last = _taken.MaxBy(taken => taken.End);
            return $"{_request.NameOf(last.File)}: it ends at {Hex(last.End)}, and the device tree is to be at {Hex(tree)}: more memory than {_request.Memory} bytes is wanted";
        }

        plan = plan with
        {
            Pieces = [.. _pieces],
            Notices = [.. _notices],
            TreeAddress = tree,
            DynamicAddress = isFirmware ? tree + Pages.RoundUp((ulong)treeBytes) : 0,
        };
        if (!_files.TryGetValue(MachineFile.Initrd, out var initrd))
        {
            return "";
        }

        ulong length = initrd.Length;
        ulong start = length > tree - Start ? Start : Pages.RoundDown(tree - length);
        if (start == Start || _taken.Any(taken => taken.End > start))
        {
            return $"{_request.NameOf(MachineFile.Initrd)}: its {length} bytes do not fit into {_request.Memory} bytes of memory beside the kernel";
        }

        plan = plan with { InitrdStart = start, InitrdEnd = start + length, Pieces = [.. _pieces, new LoadPiece(MachineFile.Initrd, 0, length, start)] };
        return "";
    }

    /// <summary>Plans where a file goes: an ELF to its physical addresses, a Linux image where its header says, anything else to <paramref name="address"/>.</summary>
    private string Place(MachineFile file, ulong address, out ulong entry, out MachineElf? elf)
    {
        var contents = _files[file];
        elf = null;
        entry = address;
        if (MachineElf.IsElf(contents.Head))
        {
            if (!MachineElf.TryParse(contents, Start, out elf, out string problem))
            {
                return $"{_request.NameOf(file)}: {problem}";
            }

            entry = elf.Entry;
            return PlaceElf(file, elf);
        }

        ulong memory = contents.Length;
        if (IsLinux(contents.Head))
        {
            entry = address = Start + BinaryPrimitives.ReadUInt64LittleEndian(contents.Head[8..]);
            memory = Math.Max(memory, BinaryPrimitives.ReadUInt64LittleEndian(contents.Head[16..]));
            if (entry % 2 != 0)
            {
                return $"{_request.NameOf(file)}: the text offset at offset 8 is {Hex(entry - Start)}: an even number is wanted";
            }
        }

        _pieces.Add(new LoadPiece(file, 0, contents.Length, address));
        return Take(file, address, memory);
    }

    private static bool IsLinux(ReadOnlySpan<byte> head) => head.Length >= LinuxHeaderBytes && head.Slice(0x38, 4).SequenceEqual("RSC\u0005"u8);

    private string PlaceElf(MachineFile file, MachineElf elf)
    {
        // Linkers put build notes and file headers at addresses of their own choice; software for the board runs without them.
        var placed = elf.Segments.Where(segment => segment.Address < End && segment.Address + segment.MemorySize > Start).ToList();
        NoteOutside(file, elf, placed.Count);
        foreach (var segment in (placed.Count > 0 ? placed : elf.Segments).Select(segment => WithoutHeaders(elf, segment)))
        {
            if (Take(file, segment.Address, segment.MemorySize) is { Length: > 0 } problem)
            {
                return problem;
            }

            if (segment.FileSize > 0)
            {
                _pieces.Add(new LoadPiece(file, segment.FileOffset, segment.FileSize, segment.Address));
            }
        }

        return placed.Any(segment => elf.Entry >= segment.Address && elf.Entry - segment.Address < segment.MemorySize) && elf.Entry % 2 == 0
            ? ""
            : $"{_request.NameOf(file)}: the entry at offset 24 is {Hex(elf.Entry)}: an even address in a loadable segment is wanted";
    }

    /// <summary>A segment that begins below memory with headers, notes or zeros alone: the part that lies in memory.</summary>
    private MachineSegment WithoutHeaders(MachineElf elf, in MachineSegment segment)
    {
        ulong below = segment.Address < Start ? Start - segment.Address : 0;
        ulong stored = Math.Min(below, segment.FileSize);
        return below == 0 || below > MostHeaderBytes || below >= segment.MemorySize || !elf.IsDescriptive(segment.FileOffset, stored) ? segment
            : segment with
            {
                FileOffset = segment.FileOffset + stored,
                FileSize = segment.FileSize - stored,
                VirtualAddress = segment.VirtualAddress + below,
                Address = Start,
                MemorySize = segment.MemorySize - below,
            };
    }

    private void NoteOutside(MachineFile file, MachineElf elf, int placed)
    {
        int outside = elf.Segments.Count - placed;
        if (outside > 0 && placed > 0)
        {
            var first = elf.Segments.First(segment => segment.Address >= End || segment.Address + segment.MemorySize <= Start);
            string others = outside == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" and {outside - 1} more");
            _notices.Add($"{_request.NameOf(file)}: the segment of {Hex(first.MemorySize)} bytes at {Hex(first.Address)}{others} lies outside the machine's memory, {Hex(Start)} to {Hex(End)}, and is not loaded (linker options --build-id=none and -n avoid notes and headers there)");
        }
    }

    private string Take(MachineFile file, ulong address, ulong length)
    {
        if (address < Start || length > _request.Memory || address - Start > _request.Memory - length)
        {
            return $"{_request.NameOf(file)}: {Hex(length)} bytes at {Hex(address)} do not lie in the machine's memory, {Hex(Start)} to {Hex(End)}";
        }

        foreach (var other in _taken)
        {
            if (address < other.End && other.Start < address + length)
            {
                return $"{_request.NameOf(file)}: {Hex(length)} bytes at {Hex(address)} overlap {Hex(other.End - other.Start)} bytes of {_request.NameOf(other.File)} at {Hex(other.Start)}";
            }
        }

        _taken.Add((address, address + length, file));
        return "";
    }

    private static string Hex(ulong value) => "0x" + value.ToString("x", CultureInfo.InvariantCulture);
}
