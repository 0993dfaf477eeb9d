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
    private const int HeaderBytes = 64, ProgramHeaderBytes = 56, SectionHeaderBytes = 64, SymbolBytes = 24;
    private const ushort RiscV = 243;
    private const uint SymbolTable = 2;

    /// <summary>Most loadable segments: linkers make a handful.</summary>
    private const int MostSegments = 256;

    private readonly Dictionary<string, ulong> _symbols = [];

    private MachineElf(ulong entry, List<MachineSegment> segments)
    {
        Entry = entry;
        Segments = segments;
    }

    /// <summary>The physical address of the entry.</summary>
    public ulong Entry { get; private set; }

    public IReadOnlyList<MachineSegment> Segments { get; private set; }

    /// <summary>Those of the symbols <c>tohost</c>, <c>fromhost</c>, <c>begin_signature</c>, <c>end_signature</c> that the file has.</summary>
    public IReadOnlyDictionary<string, ulong> Symbols => _symbols;

    public static bool IsElf(ReadOnlySpan<byte> file) => file.StartsWith("\u007fELF"u8);

    /// <summary>Reads a file. False: <paramref name="problem"/> says why it cannot be.</summary>
    /// <param name="file">Its bytes.</param>
    /// <param name="dynamicBase">Where one of type ET_DYN is put that is linked below it.</param>
    /// <param name="elf">It.</param>
    /// <param name="problem">One sentence, without the file's name.</param>
    public static bool TryParse(ReadOnlySpan<byte> file, ulong dynamicBase, out MachineElf elf, out string problem)
    {
        elf = null!;
        problem = CheckHeader(file);
        if (problem.Length > 0)
        {
            return false;
        }

        int table = (int)BinaryPrimitives.ReadUInt64LittleEndian(file[32..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(file[56..]);
        var segments = new List<MachineSegment>();
        for (int i = 0; i < count; i++)
        {
            var header = file.Slice(table + (i * ProgramHeaderBytes), ProgramHeaderBytes);
            if (BinaryPrimitives.ReadUInt32LittleEndian(header) != 1)
            {
                continue;
            }

            var segment = new MachineSegment(Word(header, 8), Word(header, 32), Word(header, 16), Word(header, 24), Word(header, 40));
            problem = CheckSegment(segment, i, (ulong)file.Length);
            if (problem.Length > 0)
            {
                return false;
            }

            if (segment.MemorySize > 0)
            {
                segments.Add(segment);
            }
        }

        if (segments.Count is 0 or > MostSegments)
        {
            problem = segments.Count == 0 ? "no program header is loadable (type 1): there is nothing to run"
                : $"{segments.Count} program headers are loadable: at most {MostSegments} are wanted";
            return false;
        }

        elf = new MachineElf(Word(file, 24), segments);
        elf.ReadSymbols(file);
        elf.Place(BinaryPrimitives.ReadUInt16LittleEndian(file[16..]) == 3 ? dynamicBase : 0);
        return true;
    }

    private static string CheckHeader(ReadOnlySpan<byte> file)
    {
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

        if (type is not (2 or 3))
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

        return table > (ulong)file.Length || (ulong)file.Length - table < length
            ? $"the program headers (offset 32: at {table}, {length} bytes) lie beyond the file's end at {file.Length}"
            : "";
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

    /// <summary>From linked addresses to those where it is loaded.</summary>
    private void Place(ulong dynamicBase)
    {
        ulong lowest = Segments.Min(segment => segment.Address);
        ulong shift = lowest < dynamicBase ? dynamicBase - lowest : 0;
        Entry = ToPhysical(Entry) + shift;
        foreach (string name in _symbols.Keys.ToArray())
        {
            _symbols[name] = ToPhysical(_symbols[name]) + shift;
        }

        Segments = [.. Segments.Select(segment => segment with { Address = segment.Address + shift })];
    }

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

        return address;
    }

    private void ReadSymbols(ReadOnlySpan<byte> file)
    {
        ulong table = Word(file, 40);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(file[60..]);
        if (BinaryPrimitives.ReadUInt16LittleEndian(file[58..]) != SectionHeaderBytes || !IsInside(file, table, (ulong)count * SectionHeaderBytes))
        {
            return;
        }

        for (int i = 0; i < count; i++)
        {
            var section = file.Slice((int)table + (i * SectionHeaderBytes), SectionHeaderBytes);
            uint link = BinaryPrimitives.ReadUInt32LittleEndian(section[40..]);
            if (BinaryPrimitives.ReadUInt32LittleEndian(section[4..]) == SymbolTable && link < count)
            {
                var strings = file.Slice((int)table + ((int)link * SectionHeaderBytes), SectionHeaderBytes);
                ReadSymbols(Contents(file, section), Contents(file, strings));

                // There is one at most (System V ABI, chapter "Sections"); more would only cost time.
                return;
            }
        }
    }

    private void ReadSymbols(ReadOnlySpan<byte> symbols, ReadOnlySpan<byte> strings)
    {
        for (; symbols.Length >= SymbolBytes; symbols = symbols[SymbolBytes..])
        {
            uint at = BinaryPrimitives.ReadUInt32LittleEndian(symbols);
            bool isDefined = BinaryPrimitives.ReadUInt16LittleEndian(symbols[6..]) != 0;
            foreach (string wanted in (string[])["tohost", "fromhost", "begin_signature", "end_signature"])
            {
                if (isDefined && at < strings.Length && strings.Length - at > wanted.Length && strings[(int)at + wanted.Length] == 0
                    && System.Text.Ascii.Equals(strings.Slice((int)at, wanted.Length), wanted))
                {
                    _symbols.TryAdd(wanted, Word(symbols, 8));
                }
            }
        }
    }

    private static ReadOnlySpan<byte> Contents(ReadOnlySpan<byte> file, ReadOnlySpan<byte> section)
    {
        ulong offset = Word(section, 24);
        ulong size = Word(section, 32);
        return IsInside(file, offset, size) ? file.Slice((int)offset, (int)size) : [];
    }

    private static bool IsInside(ReadOnlySpan<byte> file, ulong offset, ulong size) => offset <= (ulong)file.Length && size <= (ulong)file.Length - offset;

    private static ulong Word(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);
}
