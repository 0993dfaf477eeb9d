using System.Buffers.Binary;
using System.Globalization;

namespace ObjectOS.Services.Vmm;

/// <summary>A loadable part of an ELF file, by physical address.</summary>
/// <param name="FileOffset">Where its bytes start in the file.</param>
/// <param name="FileSize">Bytes in the file.</param>
/// <param name="VirtualAddress">Its address as the software links it.</param>
/// <param name="Address">Its physical address.</param>
/// <param name="MemorySize">Bytes in memory; those beyond <paramref name="FileSize"/> are zero.</param>
internal readonly record struct MachineSegment(ulong FileOffset, ulong FileSize, ulong VirtualAddress, ulong Address, ulong MemorySize);

/// <summary>
/// What an ELF file says that is to run on a bare machine: ELF64, little-endian, RISC-V, ET_EXEC, or ET_DYN that relocates itself (System V ABI, chapters "Object files" and
/// "Program loading"). Parsing never throws, whatever the bytes are.
/// </summary>
internal sealed class MachineElf
{
    private const int HeaderBytes = BootContents.HeadBytes, ProgramHeaderBytes = 56, SectionHeaderBytes = 64, SymbolBytes = 24;
    private const ushort RiscV = 243, PositionIndependent = 3;
    private const uint Loadable = 1, Note = 4, SymbolTable = 2;

    /// <summary>Most loadable segments: linkers make a handful.</summary>
    private const int MostSegments = 256;

    /// <summary>Most bytes of a symbol table and its names: they are read in one step.</summary>
    private const ulong MostSymbolBytes = 16 << 20;

    private readonly BootContents _file;
    private readonly List<(ulong Offset, ulong Length)> _descriptive;
    private readonly ulong _shift;

    /// <param name="file">The file.</param>
    /// <param name="segments">Its segments as it says.</param>
    /// <param name="descriptive">Parts of the file that describe it and that its code does not need: headers and notes.</param>
    /// <param name="dynamicBase">The lowest address where they may be put, if it relocates itself.</param>
    private MachineElf(BootContents file, List<MachineSegment> segments, List<(ulong Offset, ulong Length)> descriptive, ulong dynamicBase)
    {
        _file = file;
        _descriptive = descriptive;
        ulong lowest = segments.Min(segment => segment.Address);
        _shift = lowest < dynamicBase ? dynamicBase - lowest : 0;
        Segments = [.. segments.Select(segment => segment with { Address = segment.Address + _shift })];
        Entry = ToPhysical(Word(file.Head, 24));
    }

    /// <summary>The physical address of the entry.</summary>
    public ulong Entry { get; }

    /// <summary>What is loaded, by the addresses where it goes.</summary>
    public IReadOnlyList<MachineSegment> Segments { get; }

    public static bool IsElf(ReadOnlySpan<byte> file) => file.StartsWith("\u007fELF"u8);

    /// <summary>Reads a file's headers. False: <paramref name="problem"/> says why it cannot be booted.</summary>
    /// <param name="file">The file.</param>
    /// <param name="dynamicBase">Where one of type ET_DYN is put that is linked below it.</param>
    /// <param name="elf">It.</param>
    /// <param name="problem">One sentence, without the file's name.</param>
    public static bool TryParse(BootContents file, ulong dynamicBase, out MachineElf elf, out string problem)
    {
        elf = null!;
        problem = CheckHeader(file);
        if (problem.Length > 0)
        {
            return false;
        }

        var segments = new List<MachineSegment>();
        var descriptive = new List<(ulong Offset, ulong Length)> { (0, HeaderBytes) };
        problem = ReadSegments(file, segments, descriptive);
        if (problem.Length == 0 && segments.Count is 0 or > MostSegments)
        {
            problem = segments.Count == 0 ? "no program header is loadable (type 1): there is nothing to run"
                : $"{segments.Count} program headers are loadable: at most {MostSegments} are wanted";
        }

        if (problem.Length == 0)
        {
            elf = new MachineElf(file, segments, descriptive, BinaryPrimitives.ReadUInt16LittleEndian(file.Head[16..]) == PositionIndependent ? dynamicBase : 0);
        }

        return problem.Length == 0;
    }

    /// <summary>Reads the physical addresses of symbols. False: <paramref name="problem"/> says why it cannot be booted.</summary>
    /// <param name="symbols">Those of <c>tohost</c>, <c>fromhost</c>, <c>begin_signature</c>, <c>end_signature</c> that the file has.</param>
    /// <param name="problem">One sentence, without the file's name.</param>
    public bool TryReadSymbols(out Dictionary<string, ulong> symbols, out string problem)
    {
        symbols = [];
        problem = "";
        if (!TryFindSymbols(out var table, out var names))
        {
            return true;
        }

        if (table.Size + names.Size > MostSymbolBytes)
        {
            problem = $"its symbol table and the names in it have {table.Size + names.Size} bytes: at most {MostSymbolBytes} are wanted";
            return false;
        }

        ReadSymbols(_file.Read(table.Offset, table.Size), _file.Read(names.Offset, names.Size), symbols);
        return true;
    }

    /// <summary>True if a part of the file holds nothing but headers, notes and zeros.</summary>
    /// <param name="offset">Where it starts.</param>
    /// <param name="length">Its bytes, few enough to be read in one step.</param>
    public bool IsDescriptive(ulong offset, ulong length)
    {
        var bytes = _file.Read(offset, length);
        foreach (var (start, size) in _descriptive)
        {
            ulong from = Math.Max(start, offset), to = Math.Min(start + size, offset + length);
            if (from < to)
            {
                bytes.AsSpan((int)(from - offset), (int)(to - from)).Clear();
            }
        }

        return !bytes.AsSpan().ContainsAnyExcept((byte)0);
    }

    private static string CheckHeader(BootContents contents)
    {
        var file = contents.Head;
        if (file.Length < HeaderBytes)
        {
            return $"the ELF header is truncated: {file.Length} bytes are there, {HeaderBytes} are wanted";
        }

        if (file[4] != 2 || file[5] != 1)
        {
            return $"class and byte order at offset 4 are {file[4]} and {file[5]}: 2 (64 bit) and 1 (little-endian) are wanted";
        }

        ushort type = BinaryPrimitives.ReadUInt16LittleEndian(file[16..]);
        ushort machine = BinaryPrimitives.ReadUInt16LittleEndian(file[18..]);
        if (machine != RiscV)
        {
            return $"the machine at offset 18 is {machine}: {RiscV} (RISC-V) is wanted";
        }

        if (type is not (2 or PositionIndependent))
        {
            return $"the type at offset 16 is {type}: 2 (executable) or 3 (position-independent) is wanted";
        }

        ulong table = Word(file, 32);
        ushort size = BinaryPrimitives.ReadUInt16LittleEndian(file[54..]);
        ulong length = (ulong)BinaryPrimitives.ReadUInt16LittleEndian(file[56..]) * ProgramHeaderBytes;
        if (size != ProgramHeaderBytes && length > 0)
        {
            return $"the program header size at offset 54 is {size}: {ProgramHeaderBytes} is wanted";
        }

        return contents.Contains(table, length) ? "" : $"the program headers (offset 32: at {table}, {length} bytes) lie beyond the file's end at {contents.Length}";
    }

    private static string ReadSegments(BootContents file, List<MachineSegment> segments, List<(ulong Offset, ulong Length)> descriptive)
    {
        int count = BinaryPrimitives.ReadUInt16LittleEndian(file.Head[56..]);
        var headers = file.Read(Word(file.Head, 32), (ulong)count * ProgramHeaderBytes);
        descriptive.Add((Word(file.Head, 32), (ulong)count * ProgramHeaderBytes));
        for (int i = 0; i < count; i++)
        {
            var header = headers.AsSpan(i * ProgramHeaderBytes, ProgramHeaderBytes);
            uint type = BinaryPrimitives.ReadUInt32LittleEndian(header);
            if (type == Note && file.Contains(Word(header, 8), Word(header, 32)))
            {
                descriptive.Add((Word(header, 8), Word(header, 32)));
            }

            if (type != Loadable)
            {
                continue;
            }

            var segment = new MachineSegment(Word(header, 8), Word(header, 32), Word(header, 16), Word(header, 24), Word(header, 40));
            if (CheckSegment(segment, i, file.Length) is { Length: > 0 } problem)
            {
                return problem;
            }

            if (segment.MemorySize > 0)
            {
                segments.Add(segment);
            }
        }

        return "";
    }

    private static string CheckSegment(in MachineSegment segment, int index, ulong fileLength)
    {
        if (segment.FileSize > segment.MemorySize)
        {
            return $"segment {index} has {segment.FileSize} bytes in the file and only {segment.MemorySize} in memory";
        }

        if (segment.FileOffset > fileLength || fileLength - segment.FileOffset < segment.FileSize)
        {
            return $"segment {index} (offset {segment.FileOffset}, {segment.FileSize} bytes) lies beyond the file's end at {fileLength}";
        }

        return segment.Address + segment.MemorySize < segment.Address
            ? string.Create(CultureInfo.InvariantCulture, $"segment {index} at 0x{segment.Address:x} with 0x{segment.MemorySize:x} bytes leaves the address space")
            : "";
    }

    /// <summary>From a linked address to the one where it is loaded.</summary>
    private ulong ToPhysical(ulong address)
    {
        foreach (var segment in Segments)
        {
            // The end counts: end_signature may be the first address behind it.
            if (address >= segment.VirtualAddress && address - segment.VirtualAddress <= segment.MemorySize)
            {
                return address - segment.VirtualAddress + segment.Address;
            }
        }

        return address + _shift;
    }

    /// <summary>Finds the symbol table and its names. There is one at most (System V ABI, chapter "Sections"); more would only cost time.</summary>
    private bool TryFindSymbols(out (ulong Offset, ulong Size) table, out (ulong Offset, ulong Size) names)
    {
        ulong at = Word(_file.Head, 40);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(_file.Head[60..]);
        table = names = default;
        if (BinaryPrimitives.ReadUInt16LittleEndian(_file.Head[58..]) != SectionHeaderBytes || !_file.Contains(at, (ulong)count * SectionHeaderBytes))
        {
            return false;
        }

        var sections = _file.Read(at, (ulong)count * SectionHeaderBytes);
        for (int i = 0; i < count; i++)
        {
            var section = sections.AsSpan(i * SectionHeaderBytes, SectionHeaderBytes);
            uint link = BinaryPrimitives.ReadUInt32LittleEndian(section[40..]);
            if (BinaryPrimitives.ReadUInt32LittleEndian(section[4..]) == SymbolTable && link < count)
            {
                table = PlaceOf(section);
                names = PlaceOf(sections.AsSpan((int)link * SectionHeaderBytes, SectionHeaderBytes));
                return true;
            }
        }

        return false;
    }

    private void ReadSymbols(ReadOnlySpan<byte> table, ReadOnlySpan<byte> names, Dictionary<string, ulong> symbols)
    {
        for (; table.Length >= SymbolBytes; table = table[SymbolBytes..])
        {
            uint at = BinaryPrimitives.ReadUInt32LittleEndian(table);
            bool isDefined = BinaryPrimitives.ReadUInt16LittleEndian(table[6..]) != 0;
            foreach (string wanted in (string[])["tohost", "fromhost", "begin_signature", "end_signature"])
            {
                if (isDefined && at < names.Length && names.Length - at > wanted.Length && names[(int)at + wanted.Length] == 0
                    && System.Text.Ascii.Equals(names.Slice((int)at, wanted.Length), wanted))
                {
                    symbols.TryAdd(wanted, ToPhysical(Word(table, 8)));
                }
            }
        }
    }

    /// <summary>Where a section's bytes are; nowhere, if not in the file.</summary>
    private (ulong Offset, ulong Size) PlaceOf(ReadOnlySpan<byte> section) =>
        _file.Contains(Word(section, 24), Word(section, 32)) ? (Word(section, 24), Word(section, 32)) : default;

    private static ulong Word(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);
}
