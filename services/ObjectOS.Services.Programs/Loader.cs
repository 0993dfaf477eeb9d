using ObjectOS.Abi;
using ObjectOS.Client;

namespace ObjectOS.Services.Programs;

/// <summary>A range that <see cref="Loader"/> has mapped. It stays mapped as long as <paramref name="Memory"/> is kept.</summary>
/// <param name="Address">Its first address, a page's.</param>
/// <param name="Length">Bytes, whole pages.</param>
/// <param name="Rights">What the program may do there.</param>
/// <param name="Memory">The capability that it was mapped through.</param>
/// <param name="Offset">Where in that memory object it starts.</param>
/// <param name="IsShared">True where the memory is the file's own object; false where the loader made it, and the receiver of this record is to delete it.</param>
public readonly record struct LoadedRange(ulong Address, ulong Length, PageRights Rights, MemoryCapability Memory, ulong Offset, bool IsShared);

/// <summary>
/// Maps an image into an address space, step by step: a step that ends with <see cref="KernelStatus.Suspended"/> has changed nothing and
/// is taken again by the next <see cref="Load"/>. Segments that are not written come from the one memory object that holds the
/// file, so that all cells that run it share frames and decoded code; written ones from a clone of it, bss from a fresh object.
/// </summary>
/// <param name="image">What to load.</param>
/// <param name="file">A memory object that holds the file from offset 0 on, with rights to read and execute.</param>
/// <param name="cell">Who pays for memory that the loader makes.</param>
/// <param name="space">Where to.</param>
public sealed class Loader(ElfImage image, MemoryCapability file, CellCapability cell, AddressSpaceCapability space)
{
    private const int Stages = 4;

    /// <summary>Bytes of a segment that cannot be mapped that are copied at once.</summary>
    private const ulong Piece = 1 << 18;

    private readonly List<LoadedRange> _ranges = [];
    private int _step;
    private MemoryCapability? _made;
    private ulong _mapOffset;
    private ulong _mapAddress;
    private ulong _filled;

    /// <summary>What is mapped so far, in the order of mapping.</summary>
    public IReadOnlyList<LoadedRange> Ranges => _ranges;

    /// <summary>Loads on from where it stopped. Ok: all is mapped; Suspended: call again; InProgress: call again, in another message; else it failed for good.</summary>
    public KernelStatus Load()
    {
        for (; _step < image.Segments.Count * Stages; _step++)
        {
            var segment = image.Segments[_step / Stages];
            var status = (_step % Stages) switch
            {
                0 => MakeFilePart(segment),
                1 => Fill(segment),
                2 => MapFilePart(segment),
                _ => MapZeroPart(segment),
            };
            if (status != KernelStatus.Ok)
            {
                return status;
            }
        }

        return KernelStatus.Ok;
    }

    /// <summary>Deletes all that was made so far, where <see cref="Load"/> has failed for good.</summary>
    public void Abandon()
    {
        var made = _ranges.Where(range => !range.IsShared).Select(range => range.Memory);
        foreach (var memory in (_made is { } last ? made.Append(last) : made).DistinctBy(memory => memory.Slot).ToArray())
        {
            memory.Delete();
        }

        _ranges.Clear();
        _made = null;
    }

    private static bool SharesFile(ElfSegment segment) =>
        segment.IsCongruent && !segment.Rights.HasFlag(PageRights.Write) && segment.MemorySize == segment.FileSize;

    private static ulong FilePages(ElfSegment segment) =>
        segment.IsCongruent ? Pages.RoundUp(segment.Address + segment.FileSize) - segment.PageStart : segment.PageEnd - segment.PageStart;

    private KernelStatus MakeFilePart(ElfSegment segment)
    {
        _made = null;
        if (SharesFile(segment) || (segment.FileSize == 0 && segment.IsCongruent))
        {
            return KernelStatus.Ok;
        }

        var status = segment.IsCongruent
            ? file.CreateClone(cell, out var made)
            : cell.CreateMemory(segment.PageEnd - segment.PageStart, out made);
        _made = status == KernelStatus.Ok ? made : null;
        return status;
    }

    /// <summary>Zeroes what follows the file's bytes in their last page; copies the bytes of a segment that cannot be mapped.</summary>
    private KernelStatus Fill(ElfSegment segment)
    {
        if (_made is not { } made)
        {
            return KernelStatus.Ok;
        }

        if (segment.IsCongruent)
        {
            // Only where memory goes on behind the file's bytes must they be zero; elsewhere the page may show what the file has there.
            ulong end = segment.FileOffset + segment.FileSize;
            ulong tail = Pages.RoundUp(end) - end;
            return segment.MemorySize == segment.FileSize || tail == 0 ? KernelStatus.Ok : WriteZero(made, end, tail);
        }

        // Piece by piece: the file may be as large as the program's quota.
        var bytes = new byte[Math.Min(Piece, segment.FileSize - _filled)];
        var status = file.Read(segment.FileOffset + _filled, bytes);
        status = status == KernelStatus.Ok && bytes.AsSpan().ContainsAnyExcept((byte)0)
            ? made.Write(segment.Address - segment.PageStart + _filled, bytes)
            : status;
        if (status != KernelStatus.Ok)
        {
            return status;
        }

        _filled += (ulong)bytes.Length;
        if (_filled < segment.FileSize)
        {
            return KernelStatus.InProgress;
        }

        _filled = 0;
        return status;
    }

    private static KernelStatus WriteZero(MemoryCapability memory, ulong offset, ulong length) => memory.Write(offset, new byte[length]);

    private KernelStatus MapFilePart(ElfSegment segment)
    {
        if (segment.FileSize == 0 && segment.IsCongruent)
        {
            return KernelStatus.Ok;
        }

        var memory = _made ?? file;
        _mapAddress = segment.PageStart;
        _mapOffset = segment.IsCongruent ? Pages.RoundDown(segment.FileOffset) : 0;
        return Map(memory, FilePages(segment), segment.Rights, _made is null);
    }

    private KernelStatus MapZeroPart(ElfSegment segment)
    {
        ulong start = segment.FileSize == 0 && segment.IsCongruent ? segment.PageStart : segment.PageStart + FilePages(segment);
        if (start >= segment.PageEnd)
        {
            return KernelStatus.Ok;
        }

        var status = cell.CreateMemory(segment.PageEnd - start, out var memory);
        if (status != KernelStatus.Ok)
        {
            return status;
        }

        _mapAddress = start;
        _mapOffset = 0;
        status = Map(memory, segment.PageEnd - start, segment.Rights, false);
        if (status != KernelStatus.Ok)
        {
            memory.Delete();
        }

        return status;
    }

    /// <summary>Maps; a page that an earlier segment has mapped already goes over to this one, as on Linux.</summary>
    private KernelStatus Map(MemoryCapability memory, ulong length, PageRights rights, bool isShared)
    {
        if (_ranges.Count > 0 && _ranges[^1] is var last && last.Address + last.Length > _mapAddress)
        {
            space.Unmap(new VirtualAddress(_mapAddress), last.Address + last.Length - _mapAddress);
            _ranges[^1] = last with { Length = _mapAddress - last.Address };
        }

        var status = space.Map(new VirtualAddress(_mapAddress), memory, _mapOffset, length, rights);
        if (status == KernelStatus.Ok)
        {
            _ranges.Add(new LoadedRange(_mapAddress, length, rights, memory, _mapOffset, isShared));
        }

        return status;
    }

    /// <summary>Writes how far it is.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(_step);
        writer.Write(_filled);
        writer.Write(_made?.Slot ?? 0);
        writer.Write(_ranges.Count);
        foreach (var range in _ranges)
        {
            writer.Write(range.Address);
            writer.Write(range.Length);
            writer.Write((byte)range.Rights);
            writer.Write(range.Memory.Slot);
            writer.Write(range.Offset);
            writer.Write(range.IsShared);
        }
    }

    /// <summary>Takes what <see cref="Save"/> wrote.</summary>
    public void Restore(BinaryReader reader)
    {
        _step = reader.ReadInt32();
        _filled = reader.ReadUInt64();
        uint made = reader.ReadUInt32();
        _made = made == 0 ? null : new MemoryCapability(file.Invoker, made);
        _ranges.Clear();
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            _ranges.Add(new LoadedRange(
                reader.ReadUInt64(), reader.ReadUInt64(), (PageRights)reader.ReadByte(),
                new MemoryCapability(file.Invoker, reader.ReadUInt32()), reader.ReadUInt64(), reader.ReadBoolean()));
        }
    }
}
