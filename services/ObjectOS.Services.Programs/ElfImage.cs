using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using ObjectOS.Abi;
using ObjectOS.Client;

namespace ObjectOS.Services.Programs;

/// <summary>
/// What a RISC-V program file says of itself: ELF64, little-endian, ET_EXEC or ET_DYN (System V ABI, chapters "Object files", "Program loading" and
/// "Dynamic linking"). Parsing never throws, whatever the bytes are.
/// </summary>
public sealed class ElfImage
{
    /// <summary>The first address that no user program may use: user addresses have 38 bits.</summary>
    public const ulong UserEnd = 1UL << 38;

    /// <summary>Most bytes that all segments together may take in memory.</summary>
    public const ulong MostMemory = 1UL << 34;

    /// <summary>Where a position-independent program is put.</summary>
    public const ulong PositionIndependentBase = 0x10_0000_0000;

    /// <summary>Where the interpreter of a program is put: beyond the program and any heap of it.</summary>
    public const ulong InterpreterBase = 0x21_0000_0000;

    private const ulong LongestInterpreter = 4096;

    private const int HeaderBytes = 64;
    private const int ProgramHeaderBytes = 56;
    private const int MostProgramHeaders = 256;

    /// <summary>Bytes of notes that are looked at, of all program headers together.</summary>
    private const ulong MostNotes = 1 << 16;
    private const ushort MachineRiscV = 243;

    private ElfImage(IReadOnlyList<ElfSegment> segments, ulong entry, ulong programHeaders, int programHeaderCount, ulong loadBase, bool isNative, string interpreter)
    {
        Segments = segments;
        Entry = entry;
        ProgramHeaderAddress = programHeaders;
        ProgramHeaderCount = programHeaderCount;
        LoadBase = loadBase;
        IsNative = isNative;
        Interpreter = interpreter;
    }

    /// <summary>Bytes of one program header.</summary>
    public static int ProgramHeaderSize => ProgramHeaderBytes;

    /// <summary>The loadable segments, ascending by address, none empty.</summary>
    public IReadOnlyList<ElfSegment> Segments { get; }

    /// <summary>The address where the program starts.</summary>
    public ulong Entry { get; }

    /// <summary>Where the program finds its own program headers in memory; 0 where no segment holds them.</summary>
    public ulong ProgramHeaderAddress { get; }

    /// <summary>How many program headers there are.</summary>
    public int ProgramHeaderCount { get; }

    /// <summary>What was added to the file's addresses; 0 for ET_EXEC.</summary>
    public ulong LoadBase { get; }

    /// <summary>True for a program that speaks ObjectOS invocations (a note "ObjectOS" of type 1); false: Linux system calls.</summary>
    public bool IsNative { get; }

    /// <summary>The path of the program that starts this one, its dynamic linker, one char for each byte; empty for a static program.</summary>
    public string Interpreter { get; }

    /// <summary>The first address behind the last segment.</summary>
    public ulong End => Segments[^1].End;

    /// <summary>Reads <paramref name="file"/>. False where it cannot be run: <paramref name="problem"/> then says why in one sentence.</summary>
    public static bool TryParse(ReadOnlySpan<byte> file, out ElfImage image, out string problem) => TryParse(new ElfSource(file), out image, out problem);

    /// <summary>
    /// The same for a file in a memory object, of which no more is read than headers and notes. Suspended: nothing was done; Ok: it was read, and
    /// <paramref name="image"/> is null where it cannot be run.
    /// </summary>
    public static KernelStatus Parse(MemoryCapability file, ulong length, out ElfImage? image, out string problem, ulong loadBase = PositionIndependentBase)
    {
        var source = new ElfSource(file, length);
        image = TryParse(source, out var parsed, out problem, loadBase) ? parsed : null;
        return source.Status;
    }

    private static bool TryParse(ElfSource file, out ElfImage image, out string problem, ulong positionIndependentBase = PositionIndependentBase)
    {
        image = null!;
        var start = file.Part(0, HeaderBytes);
        problem = CheckHeader(start, file.Length);
        if (problem.Length > 0)
        {
            return false;
        }

        bool isDynamic = BinaryPrimitives.ReadUInt16LittleEndian(start[16..]) == 3;
        ulong loadBase = isDynamic ? positionIndependentBase : 0;
        ulong table = BinaryPrimitives.ReadUInt64LittleEndian(start[32..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(start[56..]);
        var headers = file.Part(table, (ulong)(count * ProgramHeaderBytes));
        var segments = new List<ElfSegment>();
        bool isNative = false;
        string interpreter = "";
        ulong notes = MostNotes;
        for (int i = 0; i < count; i++)
        {
            ulong at = table + (ulong)(i * ProgramHeaderBytes);
            var header = headers.Slice(i * ProgramHeaderBytes, ProgramHeaderBytes);
            switch (BinaryPrimitives.ReadUInt32LittleEndian(header))
            {
                case 1:
                    problem = ReadSegment(file.Length, header, i, loadBase, segments);
                    break;
                case 3:
                    interpreter = InterpreterOf(file, header);
                    problem = interpreter.Length > 0 ? "" : $"program header {i} at offset {at} names an interpreter by {Part(file, header, LongestInterpreter).Length} bytes that are no text with a zero byte at its end";
                    break;
                case 4:
                    isNative = isNative || HasNativeNote(file, header, ref notes);
                    break;
                default:
                    break;
            }

            if (problem.Length > 0)
            {
                return false;
            }
        }

        segments.Sort((left, right) => left.Address.CompareTo(right.Address));
        ulong entry = BinaryPrimitives.ReadUInt64LittleEndian(start[24..]) + loadBase;
        problem = CheckSegments(segments, entry, loadBase);
        if (problem.Length > 0)
        {
            return false;
        }

        image = new ElfImage(segments, entry, AddressOf(segments, table, (ulong)(count * ProgramHeaderBytes)), count, loadBase, isNative, interpreter);
        return true;
    }

    /// <summary>Writes what was read of the file.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(Segments.Count);
        foreach (var segment in Segments)
        {
            writer.Write(segment.Address);
            writer.Write(segment.MemorySize);
            writer.Write(segment.FileOffset);
            writer.Write(segment.FileSize);
            writer.Write((byte)segment.Rights);
        }

        writer.Write(Entry);
        writer.Write(ProgramHeaderAddress);
        writer.Write(ProgramHeaderCount);
        writer.Write(LoadBase);
        writer.Write(IsNative);
        writer.Write(Interpreter);
    }

    /// <summary>Takes what <see cref="Save"/> wrote.</summary>
    public static ElfImage Restore(BinaryReader reader)
    {
        var segments = new ElfSegment[reader.ReadInt32()];
        for (int i = 0; i < segments.Length; i++)
        {
            segments[i] = new ElfSegment(reader.ReadUInt64(), reader.ReadUInt64(), reader.ReadUInt64(), reader.ReadUInt64(), (PageRights)reader.ReadByte());
        }

        return new ElfImage(segments, reader.ReadUInt64(), reader.ReadUInt64(), reader.ReadInt32(), reader.ReadUInt64(), reader.ReadBoolean(), reader.ReadString());
    }

    private static string CheckHeader(ReadOnlySpan<byte> file, ulong length)
    {
        if (file.IsEmpty)
        {
            return "the file is empty: an ELF program is wanted";
        }

        if (file.Length < 4 || file[0] != 0x7f || file[1] != 'E' || file[2] != 'L' || file[3] != 'F')
        {
            return "not an ELF file: bytes 0 to 3 are not 7f 45 4c 46";
        }

        if (file.Length < HeaderBytes)
        {
            return $"the ELF header is truncated: {file.Length} bytes are there, {HeaderBytes} are wanted";
        }

        if (file[4] != 2)
        {
            return $"the class at offset 4 is {file[4]}{(file[4] == 1 ? " (32 bit)" : "")}: 2 (64 bit) is wanted";
        }

        if (file[5] != 1)
        {
            return $"the byte order at offset 5 is {file[5]}: 1 (little-endian) is wanted";
        }

        ushort type = BinaryPrimitives.ReadUInt16LittleEndian(file[16..]);
        ushort machine = BinaryPrimitives.ReadUInt16LittleEndian(file[18..]);
        if (machine != MachineRiscV)
        {
            return $"the machine at offset 18 is {machine}{MachineName(machine)}: {MachineRiscV} (RISC-V) is wanted";
        }

        if (type is not (2 or 3))
        {
            return $"the type at offset 16 is {type}: 2 (executable) or 3 (position-independent) is wanted";
        }

        return CheckTable(file, length);
    }

    private static string CheckTable(ReadOnlySpan<byte> file, ulong fileLength)
    {
        ulong table = BinaryPrimitives.ReadUInt64LittleEndian(file[32..]);
        ushort size = BinaryPrimitives.ReadUInt16LittleEndian(file[54..]);
        ushort count = BinaryPrimitives.ReadUInt16LittleEndian(file[56..]);
        if (count == 0)
        {
            return "there are no program headers (offset 56 is 0): a linked program is wanted, not an object file";
        }

        if (size != ProgramHeaderBytes)
        {
            return $"the program header size at offset 54 is {size}: {ProgramHeaderBytes} is wanted";
        }

        if (count > MostProgramHeaders)
        {
            return $"there are {count} program headers (offset 56): at most {MostProgramHeaders} are wanted";
        }

        ulong length = (ulong)count * ProgramHeaderBytes;
        return table > fileLength || fileLength - table < length
            ? $"the program headers (offset 32: at {table}, {length} bytes) lie beyond the file's end at {fileLength}"
            : "";
    }

    private static string MachineName(ushort machine) => machine switch
    {
        3 => " (x86)",
        40 => " (Arm)",
        62 => " (x86-64)",
        183 => " (AArch64)",
        _ => "",
    };

    private static string ReadSegment(ulong fileLength, ReadOnlySpan<byte> header, int index, ulong loadBase, List<ElfSegment> segments)
    {
        uint flags = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
        ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(header[8..]);
        ulong address = BinaryPrimitives.ReadUInt64LittleEndian(header[16..]);
        ulong fileSize = BinaryPrimitives.ReadUInt64LittleEndian(header[32..]);
        ulong memorySize = BinaryPrimitives.ReadUInt64LittleEndian(header[40..]);
        if (memorySize == 0 && fileSize == 0)
        {
            return "";
        }

        if (fileSize > memorySize)
        {
            return $"segment {index} has {fileSize} bytes in the file and only {memorySize} in memory";
        }

        if (offset > fileLength || fileLength - offset < fileSize)
        {
            return $"segment {index} (offset {offset}, {fileSize} bytes) lies beyond the file's end at {fileLength}";
        }

        if (address > UserEnd - loadBase || memorySize > UserEnd - loadBase - address)
        {
            return $"segment {index} at {Hex(address)} with {Hex(memorySize)} bytes leaves the user's addresses, which end at {Hex(UserEnd)}";
        }

        var rights = ((flags & 4) != 0 ? PageRights.Read : 0) | ((flags & 2) != 0 ? PageRights.Read | PageRights.Write : 0)
            | ((flags & 1) != 0 ? PageRights.Execute : 0);
        segments.Add(new ElfSegment(address + loadBase, memorySize, offset, fileSize, rights));
        return "";
    }

    private static string CheckSegments(List<ElfSegment> segments, ulong entry, ulong loadBase)
    {
        if (segments.Count == 0)
        {
            return "no program header is loadable (type 1): there is nothing to run";
        }

        ulong total = 0;
        bool entryFound = false;
        for (int i = 0; i < segments.Count; i++)
        {
            var segment = segments[i];
            total += segment.MemorySize;
            entryFound |= segment.Rights.HasFlag(PageRights.Execute) && entry >= segment.Address && entry < segment.End;
            if (i > 0 && segments[i - 1].End > segment.Address)
            {
                return $"the segments at {Hex(segments[i - 1].Address - loadBase)} and {Hex(segment.Address - loadBase)} overlap";
            }
        }

        if (total > MostMemory)
        {
            return $"the segments need {Hex(total)} bytes of memory: at most {Hex(MostMemory)} are allowed";
        }

        if (!entryFound)
        {
            return $"the entry at offset 24 is {Hex(entry - loadBase)}, which lies in no executable segment";
        }

        return (entry & 1) != 0 ? $"the entry at offset 24 is {Hex(entry - loadBase)}: an even address is wanted" : "";
    }

    private static ulong AddressOf(List<ElfSegment> segments, ulong offset, ulong length)
    {
        foreach (var segment in segments)
        {
            if (offset >= segment.FileOffset && offset - segment.FileOffset <= segment.FileSize && length <= segment.FileSize - (offset - segment.FileOffset))
            {
                return segment.Address + (offset - segment.FileOffset);
            }
        }

        return 0;
    }

    /// <summary>The text that ends with the only zero byte; empty: there is none.</summary>
    private static string InterpreterOf(ElfSource file, ReadOnlySpan<byte> header)
    {
        var bytes = Part(file, header, LongestInterpreter);
        return bytes.IndexOf((byte)0) == bytes.Length - 1 && bytes.Length > 1 ? Encoding.Latin1.GetString(bytes[..^1]) : "";
    }

    /// <summary>True if one of the notes says so; <paramref name="most"/> bytes of notes are looked at, and then less by those.</summary>
    private static bool HasNativeNote(ElfSource file, ReadOnlySpan<byte> header, ref ulong most)
    {
        var notes = Part(file, header, most);
        most -= (ulong)notes.Length;
        while (notes.Length >= 12)
        {
            uint nameSize = BinaryPrimitives.ReadUInt32LittleEndian(notes);
            uint descriptionSize = BinaryPrimitives.ReadUInt32LittleEndian(notes[4..]);
            uint type = BinaryPrimitives.ReadUInt32LittleEndian(notes[8..]);
            ulong next = 12 + ((nameSize + 3UL) & ~3UL) + ((descriptionSize + 3UL) & ~3UL);
            if (next > (ulong)notes.Length)
            {
                return false;
            }

            if (type == 1 && nameSize is 8 or 9 && notes.Slice(12, 8).SequenceEqual("ObjectOS"u8))
            {
                return true;
            }

            notes = notes[(int)next..];
        }

        return false;
    }

    /// <summary>The bytes that a program header names, as far as the file has them, and no more than <paramref name="most"/>.</summary>
    private static ReadOnlySpan<byte> Part(ElfSource file, ReadOnlySpan<byte> header, ulong most) =>
        file.Part(BinaryPrimitives.ReadUInt64LittleEndian(header[8..]), Math.Min(most, BinaryPrimitives.ReadUInt64LittleEndian(header[32..])));

    private static string Hex(ulong value) => "0x" + value.ToString("x", CultureInfo.InvariantCulture);
}
