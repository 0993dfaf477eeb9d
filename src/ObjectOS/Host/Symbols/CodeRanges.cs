using System.Buffers.Binary;
using ObjectOS.Services.Programs;

namespace ObjectOS.Host.Symbols;

/// <summary>Where the code of a file lies in the memory of what runs it.</summary>
/// <param name="LoadBase">What is added to the addresses of the file.</param>
/// <param name="Ranges">The code, ends excluded.</param>
internal sealed record CodeRanges(ulong LoadBase, IReadOnlyList<(ulong Start, ulong End)> Ranges)
{
    private const int HeaderBytes = 64, ProgramHeaderBytes = 56;
    private const uint Load = 1, Execute = 1;

    /// <summary>That of a Linux program.</summary>
    public static CodeRanges Of(ElfImage image) =>
        new(image.LoadBase, [.. image.Segments.Where(segment => segment.Rights.HasFlag(Abi.PageRights.Execute)).Select(segment => (segment.Address, segment.End))]);

    /// <summary>That of an image of a machine, which runs at the virtual addresses of its file; null: the file is no 64-bit little-endian ELF.</summary>
    public static CodeRanges? OfImage(ReadOnlySpan<byte> file)
    {
        if (file.Length < HeaderBytes || !file.StartsWith("\u007fELF\u0002\u0001"u8))
        {
            return null;
        }

        ulong table = BinaryPrimitives.ReadUInt64LittleEndian(file[32..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(file[56..]);
        if (table > (ulong)file.Length || (ulong)file.Length - table < (ulong)(count * ProgramHeaderBytes))
        {
            return null;
        }

        var ranges = new List<(ulong, ulong)>();
        for (int i = 0; i < count; i++)
        {
            var header = file[((int)table + (i * ProgramHeaderBytes))..];
            ulong start = BinaryPrimitives.ReadUInt64LittleEndian(header[16..]);
            ulong length = BinaryPrimitives.ReadUInt64LittleEndian(header[40..]);
            if (BinaryPrimitives.ReadUInt32LittleEndian(header) == Load && (BinaryPrimitives.ReadUInt32LittleEndian(header[4..]) & Execute) != 0 && start + length >= start)
            {
                ranges.Add((start, start + length));
            }
        }

        return new CodeRanges(0, ranges);
    }

    public bool Holds(ulong address)
    {
        foreach (var (start, end) in Ranges)
        {
            if (address >= start && address < end)
            {
                return true;
            }
        }

        return false;
    }
}
