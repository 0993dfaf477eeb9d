using ObjectOS.Abi;
using ObjectOS.Client;

namespace ObjectOS.Services.Linux;

/// <summary>What a process has mapped, in the service's books and in the kernel's address space.</summary>
internal sealed class ProcessMemory(LinuxSystem system, ulong id, AddressSpaceCapability space)
{
    public const ulong UserEnd = 1UL << 38;
    public const ulong Lowest = 0x1000;
    public const ulong Trampoline = UserEnd - 0x10000;
    public const ulong StackTop = UserEnd - 0x100000;
    public const ulong StackSize = 8UL << 20;
    public const ulong MapTop = StackTop - StackSize - 0x100000;

    /// <summary>Areas, and steps of the kernel, that one message unmaps.</summary>
    private const int MostAreasAtOnce = 256;
    private const int MostUnmapSteps = 8;

    /// <summary>Areas that are looked at for one virtual instruction.</summary>
    private const int AreasPerWork = 1;

    /// <summary>Virtual instructions of a page that becomes executable.</summary>
    private const ulong CostOfCodePage = 3_000;

    private readonly List<MemoryArea> _areas = [];

    public ulong Id => id;

    /// <summary>Whose it is: the quota of its cell grows with what is mapped.</summary>
    public LinuxProcess Process { get; set; } = null!;

    public AddressSpaceCapability Space => space;

    public IReadOnlyList<MemoryArea> Areas => _areas;

    /// <summary>Where the heap starts and ends, and the block that it grows in.</summary>
    public ulong HeapStart { get; set; }

    public ulong HeapEnd { get; set; }

    public ulong HeapBlockEnd { get; set; }

    public MemoryBlock? HeapBlock { get; set; }

    public ulong Mapped { get; private set; }

    public MemoryArea? Find(ulong address)
    {
        int i = IndexAtOrAfter(address);
        return i < _areas.Count && _areas[i].Start <= address ? _areas[i] : null;
    }

    /// <summary>The areas that end behind an address, ascending.</summary>
    public IEnumerable<MemoryArea> From(ulong address)
    {
        for (int i = IndexAtOrAfter(address); i < _areas.Count; i++)
        {
            yield return _areas[i];
        }
    }

    public bool IsFree(ulong start, ulong length)
    {
        int i = IndexAtOrAfter(start);
        return i == _areas.Count || _areas[i].Start >= start + length;
    }

    /// <summary>True where all of the range is mapped.</summary>
    public bool IsMapped(ulong start, ulong length)
    {
        ulong at = start;
        for (int i = IndexAtOrAfter(start); at < start + length; i++)
        {
            if (i == _areas.Count || _areas[i].Start > at)
            {
                return false;
            }

            at = _areas[i].End;
        }

        return true;
    }

    /// <summary>The highest free range below the stack; 0 where there is none.</summary>
    public ulong FindFree(ulong length)
    {
        ulong top = MapTop;
        system.Spend(_areas.Count / AreasPerWork);
        for (int i = _areas.Count - 1; i >= -1; i--)
        {
            ulong end = i < 0 ? Lowest : _areas[i].End;
            if (end <= top && top - end >= length)
            {
                return top - length;
            }

            if (i >= 0)
            {
                top = Math.Min(top, _areas[i].Start);
            }
        }

        return 0;
    }

    /// <summary>Maps a free range.</summary>
    public KernelStatus Map(MemoryArea area)
    {
        var status = area.IsVoid
            ? KernelStatus.Ok
            : Process.WithRoom(() => space.Map(new VirtualAddress(area.Start), area.Block.Memory, area.Offset, area.Length, area.Rights));
        if (status == KernelStatus.Ok)
        {
            Add(area);
        }

        return status;
    }

    /// <summary>Charges for executable pages: the engine takes some microseconds to decode a page when it is first executed.</summary>
    private void SpendForCode(ulong length, PageRights rights)
    {
        if ((rights & PageRights.Execute) != 0)
        {
            system.Spend((int)Math.Min(int.MaxValue, Pages.Count(length) * CostOfCodePage));
        }
    }

    /// <summary>Takes note of what was mapped by others.</summary>
    public void Add(MemoryArea area)
    {
        area.Block.Uses++;
        Mapped += area.Length;
        SpendForCode(area.Length, area.Rights);
        int at = IndexAtOrAfter(area.Start);
        if (at > 0 && Joins(_areas[at - 1], area))
        {
            area.Block.Uses--;
            _areas[at - 1] = _areas[at - 1] with { Length = _areas[at - 1].Length + area.Length };
            return;
        }

        _areas.Insert(at, area);
    }

    /// <summary>
    /// Unmaps what is mapped of a range, as much as one message may. InProgress: there is more, the same again takes it. Else not Ok: nothing has changed, for
    /// want of room for the halves of what is split.
    /// </summary>
    public KernelStatus Unmap(ulong start, ulong length)
    {
        if (IsFree(start, length))
        {
            return KernelStatus.Ok;
        }

        int beyond = IndexAtOrAfter(start) + MostAreasAtOnce;
        bool isAll = beyond >= _areas.Count || _areas[beyond].Start >= start + length;
        ulong part = isAll ? length : _areas[beyond].Start - start;
        var status = KernelStatus.InProgress;
        for (int step = 0; step < MostUnmapSteps && status == KernelStatus.InProgress; step++)
        {
            status = Process.WithRoom(() => space.UnmapStep(new VirtualAddress(start), part));
        }

        if (status == KernelStatus.Ok)
        {
            Drop(start, part);
        }

        return status == KernelStatus.Ok && !isAll ? KernelStatus.InProgress : status;
    }

    /// <summary>Takes what was unmapped out of the books.</summary>
    private void Drop(ulong start, ulong length)
    {
        Split(start);
        Split(start + length);
        int i = IndexAtOrAfter(start);
        int first = i;
        for (; i < _areas.Count && _areas[i].Start < start + length; i++)
        {
            Mapped -= _areas[i].Length;
        }

        var gone = _areas.GetRange(first, i - first);
        _areas.RemoveRange(first, i - first);
        foreach (var area in gone)
        {
            system.Release(area.Block);
        }
    }

    public KernelStatus Protect(ulong start, ulong length, PageRights rights)
    {
        var status = KernelStatus.Ok;
        foreach (var (from, to) in MappedParts(start, start + length))
        {
            status = status == KernelStatus.Ok ? Process.WithRoom(() => space.Protect(new VirtualAddress(from), to - from, rights)) : status;
        }

        if (status != KernelStatus.Ok)
        {
            return status;
        }

        SpendForCode(length, rights);
        Split(start);
        Split(start + length);
        int i = IndexAtOrAfter(start);
        for (; i < _areas.Count && _areas[i].Start < start + length; i++)
        {
            _areas[i] = _areas[i] with { Rights = rights };
        }

        for (int k = Math.Min(i, _areas.Count - 1); k > 0 && _areas[k].Start >= start; k--)
        {
            if (Joins(_areas[k - 1], _areas[k]))
            {
                _areas[k].Block.Uses--;
                _areas[k - 1] = _areas[k - 1] with { Length = _areas[k - 1].Length + _areas[k].Length };
                _areas.RemoveAt(k);
            }
        }

        return status;
    }

    /// <summary>The parts of a range that is mapped whole, without those beyond the ends of files.</summary>
    private List<(ulong From, ulong To)> MappedParts(ulong start, ulong end)
    {
        var parts = new List<(ulong From, ulong To)>();
        ulong from = start;
        for (int i = IndexAtOrAfter(start); i < _areas.Count && _areas[i].Start < end; i++)
        {
            if (_areas[i].IsVoid)
            {
                if (_areas[i].Start > from)
                {
                    parts.Add((from, _areas[i].Start));
                }

                from = Math.Min(end, _areas[i].End);
            }
        }

        if (from < end)
        {
            parts.Add((from, end));
        }

        return parts;
    }

    /// <summary>
    /// Adapts the mappings of a file that is to have another length: what lies beyond it goes, what it now covers comes. Ok; Suspended, InProgress: call
    /// again.
    /// </summary>
    public KernelStatus Resize(Files.Inode inode, ulong length)
    {
        ulong end = Pages.RoundUp(length);
        system.Spend(_areas.Count / AreasPerWork);
        for (int i = 0; i < _areas.Count; i++)
        {
            var area = _areas[i];
            bool covers = area.Offset < end;
            if (area.Block.Inode != inode || (area.IsVoid ? !covers : area.Offset + area.Length <= end))
            {
                continue;
            }

            ulong border = covers ? area.Start + Math.Min(area.Length, end - area.Offset) : area.Start;
            var status = area.IsVoid
                ? Process.WithRoom(() => space.Map(new VirtualAddress(area.Start), area.Block.Memory, area.Offset, border - area.Start, area.Rights))
                : Process.WithRoom(() => space.UnmapStep(new VirtualAddress(border), area.End - border));
            if (status != KernelStatus.Ok)
            {
                return status;
            }

            Split(border);
            int changed = IndexAtOrAfter(area.IsVoid ? area.Start : border);
            _areas[changed] = _areas[changed] with { IsVoid = !area.IsVoid };
        }

        return KernelStatus.Ok;
    }

    /// <summary>Puts a block of its own in the place of one that a part of an area shares. Suspended: nothing has changed.</summary>
    public KernelStatus Replace(MemoryArea part, MemoryBlock block)
    {
        var status = Process.WithRoom(() => space.Unmap(new VirtualAddress(part.Start), part.Length));
        if (status != KernelStatus.Ok)
        {
            return status;
        }

        Drop(part.Start, part.Length);
        status = Map(part with { Block = block });
        return status;
    }

    /// <summary>Gives an area beyond the end of its file another block: nothing of it is mapped.</summary>
    public KernelStatus Rename(MemoryArea area, MemoryBlock block)
    {
        block.Uses++;
        _areas[_areas.IndexOf(area)] = area with { Block = block };
        system.Release(area.Block);
        return KernelStatus.Ok;
    }

    /// <summary>Unmaps everything, as much as one message may; InProgress: there is more.</summary>
    public KernelStatus Clear()
    {
        if (HeapBlock is { } heap)
        {
            HeapBlock = null;
            system.Release(heap);
        }

        return Unmap(0, UserEnd);
    }

    /// <summary>Takes the last entry out of the books of a space that goes with its cell; false: there is none.</summary>
    public bool ForgetLast()
    {
        if (HeapBlock is { } heap)
        {
            HeapBlock = null;
            system.Release(heap);
            return true;
        }

        if (_areas.Count == 0)
        {
            return false;
        }

        system.Release(_areas[^1].Block);
        _areas.RemoveAt(_areas.Count - 1);
        return true;
    }

    private static bool Joins(MemoryArea left, MemoryArea right) =>
        left.End == right.Start && left.Block == right.Block && left.Offset + left.Length == right.Offset && left.Rights == right.Rights
        && left.IsShared == right.IsShared && left.Name == right.Name && left.IsVoid == right.IsVoid && left.IsReadOnly == right.IsReadOnly;

    private void Split(ulong address)
    {
        int i = IndexAtOrAfter(address);
        if (i == _areas.Count || _areas[i].Start >= address)
        {
            return;
        }

        var area = _areas[i];
        area.Block.Uses++;
        _areas[i] = area.Part(area.Start, address);
        _areas.Insert(i + 1, area.Part(address, area.End));
    }

    /// <summary>The index of the area that holds the address, else of the first above it.</summary>
    private int IndexAtOrAfter(ulong address)
    {
        int low = 0;
        int high = _areas.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_areas[middle].End <= address)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    public void Save(BinaryWriter writer)
    {
        writer.Write(id);
        writer.Write(space.Slot);
        writer.Write(HeapStart);
        writer.Write(HeapEnd);
        writer.Write(HeapBlockEnd);
        writer.Write(HeapBlock?.Id ?? 0);
        writer.Write(_areas.Count);
        _areas.ForEach(area => area.Save(writer));
    }

    public static ProcessMemory Restore(BinaryReader reader, LinuxSystem system)
    {
        var memory = new ProcessMemory(system, reader.ReadUInt64(), new AddressSpaceCapability(system.Invoker, reader.ReadUInt32()))
        {
            HeapStart = reader.ReadUInt64(),
            HeapEnd = reader.ReadUInt64(),
            HeapBlockEnd = reader.ReadUInt64(),
        };
        ulong heap = reader.ReadUInt64();
        memory.HeapBlock = heap == 0 ? null : system.Blocks[heap];
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            var area = MemoryArea.Restore(reader, system.Blocks);
            memory.Mapped += area.Length;
            memory._areas.Add(area);
        }

        return memory;
    }
}
