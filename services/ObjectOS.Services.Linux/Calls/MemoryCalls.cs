using ObjectOS.Abi;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>brk, mmap and their kin.</summary>
internal static class MemoryCalls
{
    private const ulong MapShared = 1;
    private const ulong MapFixed = 0x10;
    private const ulong MapAnonymous = 0x20;
    private const ulong MapNoReplace = 0x100000;
    private const ulong SmallestHeap = 1 << 20;
    private const ulong LargestHeapBlock = 1UL << 30;

    /// <summary>Areas that mremap moves at once: growth doubles what a mapping has, so that one which only ever grew has few.</summary>
    private const int MostRemapped = 64;

    private const int CostOfArea = 60;

    public static CallResult Break(LinuxCall call)
    {
        var memory = call.Process.Memory;
        ulong wanted = call[0];
        if (wanted < memory.HeapStart || wanted > memory.HeapStart + (1UL << 36) || (wanted > memory.HeapEnd && wanted - memory.HeapEnd > RoomOf(call.Process)))
        {
            return (long)memory.HeapEnd;
        }

        ulong mapped = Pages.RoundUp(memory.HeapEnd);
        ulong end = Pages.RoundUp(wanted);
        if (end < mapped)
        {
            var unmapped = memory.Unmap(end, mapped - end);
            if (unmapped != KernelStatus.Ok)
            {
                return unmapped is KernelStatus.Suspended or KernelStatus.InProgress ? ResultOf(unmapped) : (long)memory.HeapEnd;
            }

            if (memory.HeapBlock is { } shrunk)
            {
                // What is given back must read as zero when the heap grows over it again: the block is not used any further.
                memory.HeapBlock = null;
                memory.HeapBlockEnd = 0;
                call.System.Release(shrunk);
            }
        }
        else if (end > mapped && GrowHeap(call, memory, mapped, end) is var status && status != KernelStatus.Ok)
        {
            return status == KernelStatus.Suspended ? CallResult.Suspended : (long)memory.HeapEnd;
        }

        memory.HeapEnd = wanted;
        return (long)wanted;
    }

    private static KernelStatus GrowHeap(LinuxCall call, ProcessMemory memory, ulong from, ulong to)
    {
        if (!memory.IsFree(from, to - from))
        {
            return KernelStatus.AlreadyMapped;
        }

        // The rest of the block that the heap ends in, then a new block, larger the larger the heap is.
        ulong inBlock = memory.HeapBlock is null ? from : Math.Min(to, memory.HeapBlockEnd);
        MemoryBlock? fresh = null;
        ulong size = 0;
        if (inBlock < to)
        {
            size = Math.Max(to - inBlock, Math.Min(LargestHeapBlock, Math.Max(SmallestHeap, from - memory.HeapStart)));
            var status = call.Process.CreateBlock(size, out fresh);
            if (status != KernelStatus.Ok)
            {
                return status;
            }
        }

        if (inBlock > from && memory.HeapBlock is { } block)
        {
            var status = memory.Map(new MemoryArea(from, inBlock - from, PageRights.Read | PageRights.Write, block, block.Size - (memory.HeapBlockEnd - from), false, "[heap]"));
            if (status != KernelStatus.Ok)
            {
                Drop(call, fresh);
                return status;
            }
        }

        if (fresh is not null)
        {
            var status = memory.Map(new MemoryArea(inBlock, to - inBlock, PageRights.Read | PageRights.Write, fresh, 0, false, "[heap]"));
            if (status != KernelStatus.Ok)
            {
                Drop(call, fresh);
                return status;
            }

            if (memory.HeapBlock is { } old)
            {
                call.System.Release(old);
            }

            fresh.Uses++;
            memory.HeapBlock = fresh;
            memory.HeapBlockEnd = inBlock + size;
        }

        return KernelStatus.Ok;
    }

    private static void Drop(LinuxCall call, MemoryBlock? block)
    {
        if (block is not null)
        {
            call.System.Discard(block);
        }
    }

    private static PageRights RightsOf(ulong protection) =>
        ((protection & 1) != 0 ? PageRights.Read : 0) | ((protection & 2) != 0 ? PageRights.Read | PageRights.Write : 0) | ((protection & 4) != 0 ? PageRights.Execute : 0);

    public static CallResult Map(LinuxCall call)
    {
        ulong length = Pages.RoundUp(call[1]);
        ulong flags = call[3];
        bool isFixed = (flags & (MapFixed | MapNoReplace)) != 0;
        if (call[1] == 0 || length == 0 || length > ProcessMemory.UserEnd || (isFixed && call[0] % Pages.Size != 0) || call[5] % Pages.Size != 0)
        {
            return call[1] != 0 && (length == 0 || length > ProcessMemory.UserEnd) ? Errno.ENOMEM : Errno.EINVAL;
        }

        if (length > RoomOf(call.Process))
        {
            return Errno.ENOMEM;
        }

        var filled = (flags & MapAnonymous) == 0 ? FileMaps.Fill(call, length) : 0L;
        if (filled != 0L)
        {
            return filled;
        }

        var memory = call.Process.Memory;
        ulong address = isFixed ? call[0] : Place(memory, call[0], length);
        if (address < ProcessMemory.Lowest || address > ProcessMemory.UserEnd - length)
        {
            return isFixed && address < ProcessMemory.Lowest ? Errno.EPERM : Errno.ENOMEM;
        }

        if ((flags & MapNoReplace) != 0 && !memory.IsFree(address, length))
        {
            return Errno.EEXIST;
        }

        var status = memory.Unmap(address, length);
        if (status != KernelStatus.Ok)
        {
            return ResultOf(status);
        }

        var block = call.Block;
        bool isFile = block?.Inode is not null;
        bool isShared = (flags & 3) == MapShared && (isFile || block is null);
        status = block is null ? CreateBlock(call, length, isShared, out block) : KernelStatus.Ok;
        if (status != KernelStatus.Ok)
        {
            return ResultOf(status);
        }

        var area = new MemoryArea(address, length, RightsOf(call[2]), block!, isFile ? call[5] : 0, isShared, call.Block is null ? "" : call.File!.Path)
        {
            IsReadOnly = isFile && isShared && !call.File!.CanWrite,
        };
        status = MapPart(memory, area);
        if (status == KernelStatus.Ok)
        {
            call.Block = null;
            return (long)address;
        }

        if (call.Block is null)
        {
            call.System.Discard(block!);
        }

        return ResultOf(status);
    }

    /// <summary>Maps an area; the part of it that lies beyond the end of its file is only entered into the books.</summary>
    private static KernelStatus MapPart(ProcessMemory memory, MemoryArea area)
    {
        if (area.Block.Inode is not { } inode)
        {
            return memory.Map(area);
        }

        ulong end = Pages.RoundUp(inode.Length);
        ulong covered = Math.Min(area.Length, end - Math.Min(end, area.Offset));
        var status = covered == 0 ? KernelStatus.Ok : memory.Map(area with { Length = covered });
        return status == KernelStatus.Ok && covered < area.Length
            ? memory.Map(area.Part(area.Start + covered, area.End) with { IsVoid = true })
            : status;
    }

    /// <summary>Bytes that a process may still map (RLIMIT_AS).</summary>
    private static ulong RoomOf(LinuxProcess process) => process.Limits.MostMapped - Math.Min(process.Limits.MostMapped, process.Memory.Mapped);

    private static ulong Place(ProcessMemory memory, ulong hint, ulong length)
    {
        hint = Pages.RoundDown(hint);
        return hint >= 0x10000 && hint <= ProcessMemory.MapTop - Math.Min(length, ProcessMemory.MapTop) && memory.IsFree(hint, length) ? hint : memory.FindFree(length);
    }

    /// <summary>What several processes are to share belongs to the job; the rest to the process.</summary>
    private static KernelStatus CreateBlock(LinuxCall call, ulong length, bool isShared, out MemoryBlock block)
    {
        if (!isShared)
        {
            return call.Process.CreateBlock(length, out block);
        }

        var status = call.Job.Cell.CreateMemory(length, out var memory);
        block = status == KernelStatus.Ok ? call.System.AddBlock(memory, length, false) : null!;
        return status;
    }

    public static CallResult Unmap(LinuxCall call)
    {
        ulong length = Pages.RoundUp(call[1]);
        if (call[0] % Pages.Size != 0 || length == 0 || call[0] > ProcessMemory.UserEnd || length > ProcessMemory.UserEnd - call[0])
        {
            return Errno.EINVAL;
        }

        return ResultOf(call.Process.Memory.Unmap(call[0], length));
    }

    private static CallResult ResultOf(KernelStatus status) => status switch
    {
        KernelStatus.Ok => 0L,
        KernelStatus.Suspended => CallResult.Suspended,
        KernelStatus.InProgress => CallResult.Continued,
        _ => Errno.ENOMEM,
    };

    public static CallResult Protect(LinuxCall call)
    {
        ulong length = Pages.RoundUp(call[1]);
        if (call[0] % Pages.Size != 0 || call[0] > ProcessMemory.UserEnd || length > ProcessMemory.UserEnd - call[0])
        {
            return Errno.EINVAL;
        }

        var memory = call.Process.Memory;
        if (length == 0)
        {
            return 0L;
        }

        if (!memory.IsMapped(call[0], length))
        {
            return Errno.ENOMEM;
        }

        var rights = RightsOf(call[2]);
        var prepared = rights.HasFlag(PageRights.Write) ? PrepareWrites(call, memory, call[0] + length) : 0L;
        if (prepared != 0L)
        {
            return prepared;
        }

        var status = memory.Protect(call[0], length, rights);
        return status == KernelStatus.MissingRights ? Errno.EACCES : ResultOf(status);
    }

    /// <summary>Gives a process copies of its own of what it shares with others and is to write. 0: all of the range can be written.</summary>
    private static CallResult PrepareWrites(LinuxCall call, ProcessMemory memory, ulong end)
    {
        foreach (var area in memory.From(call[0]).TakeWhile(area => area.Start < end).ToArray())
        {
            if (area.IsReadOnly)
            {
                return Errno.EACCES;
            }

            if (!area.NeedsCopy || area.IsVoid)
            {
                continue;
            }

            if (call.IsSpent)
            {
                return CallResult.Continued;
            }

            var status = FileMaps.TryCopy(call.Process, area.Block, out var copy);
            if (status != KernelStatus.Ok)
            {
                return ResultOf(status);
            }

            status = memory.Replace(area.Part(Math.Max(area.Start, call[0]), Math.Min(area.End, end)), copy);
            if (status != KernelStatus.Ok)
            {
                call.System.Discard(copy);
                return ResultOf(status);
            }

            call.Charge(CostOfArea);
        }

        return 0L;
    }

    public static CallResult Remap(LinuxCall call)
    {
        ulong oldLength = Pages.RoundUp(call[1]);
        ulong newLength = Pages.RoundUp(call[2]);
        bool mayMove = (call[3] & 1) != 0;
        var memory = call.Process.Memory;
        if (call[0] % Pages.Size != 0 || oldLength == 0 || newLength == 0 || newLength > ProcessMemory.UserEnd || (call[3] & ~1UL) != 0)
        {
            return Errno.EINVAL;
        }

        if (!TryParts(memory, call[0], oldLength, out var parts))
        {
            return Errno.EFAULT;
        }

        if (newLength <= oldLength)
        {
            var cut = newLength < oldLength ? memory.Unmap(call[0] + newLength, oldLength - newLength) : KernelStatus.Ok;
            return cut == KernelStatus.Ok ? (long)call[0] : ResultOf(cut);
        }

        bool inPlace = memory.IsFree(call[0] + oldLength, newLength - oldLength) && call[0] + newLength <= ProcessMemory.MapTop;
        ulong address = inPlace ? call[0] : mayMove ? memory.FindFree(newLength) : 0;
        return address == 0 || newLength - oldLength > RoomOf(call.Process) ? Errno.ENOMEM : Extend(call, parts, oldLength, newLength, address);
    }

    /// <summary>The areas of a range, which must all be of one sort: what is one mapping to the program has several where it grew.</summary>
    private static bool TryParts(ProcessMemory memory, ulong start, ulong length, out List<MemoryArea> parts)
    {
        parts = [];
        ulong at = start;
        foreach (var area in memory.From(start))
        {
            bool fits = area.Start <= at && parts.Count < MostRemapped
                && (parts.Count == 0 || (area.Rights == parts[0].Rights && area.IsShared == parts[0].IsShared && area.Name == parts[0].Name));
            if (at >= start + length || !fits)
            {
                break;
            }

            parts.Add(area.Part(Math.Max(start, area.Start), Math.Min(start + length, area.End)));
            at = area.End;
        }

        return at >= start + length && start + length > start;
    }

    /// <summary>
    /// Grows a mapping, at another address where it has to move. No page is copied: the same blocks are mapped there, and behind them the rest of the
    /// last one, or a new one with room for the next growth.
    /// </summary>
    private static CallResult Extend(LinuxCall call, List<MemoryArea> parts, ulong oldLength, ulong newLength, ulong address)
    {
        var memory = call.Process.Memory;
        bool moves = address != parts[0].Start;
        ulong distance = address - parts[0].Start;
        var last = parts[^1];
        ulong grown = newLength - oldLength;
        ulong rest = last.Offset + last.Length;
        var status = KernelStatus.Ok;
        bool isFile = last.Block.Inode is not null;
        bool fits = (isFile || last.Block.Uses == 1) && rest <= last.Block.Size && grown <= last.Block.Size - rest;
        if (isFile && !fits)
        {
            return Errno.ENOMEM;
        }

        var block = last.Block;
        if (!fits)
        {
            status = CreateBlock(call, Math.Max(grown, Math.Min(oldLength, LargestHeapBlock)), last.IsShared, out block);
            rest = 0;
        }

        int mapped = 0;
        while (moves && status == KernelStatus.Ok && mapped < parts.Count)
        {
            status = memory.Map(parts[mapped] with { Start = parts[mapped].Start + distance });
            mapped += status == KernelStatus.Ok ? 1 : 0;
        }

        if (status == KernelStatus.Ok)
        {
            status = MapPart(memory, last with { Start = address + oldLength, Length = grown, Block = block, Offset = rest, IsVoid = false });
        }

        if (status == KernelStatus.Ok && moves)
        {
            status = UnmapWhole(memory, parts[0].Start, oldLength);
            if (status == KernelStatus.Ok)
            {
                return (long)address;
            }

            UnmapWhole(memory, address, newLength);
            return ResultOf(status);
        }

        if (status == KernelStatus.Ok)
        {
            return (long)address;
        }

        if (mapped > 0)
        {
            UnmapWhole(memory, address, oldLength);
        }

        if (!fits && block is { Uses: 0 })
        {
            call.System.Discard(block);
        }

        return ResultOf(status);
    }

    private static KernelStatus UnmapWhole(ProcessMemory memory, ulong start, ulong length)
    {
        KernelStatus status;
        do
        {
            status = memory.Unmap(start, length);
        }
        while (status == KernelStatus.InProgress);
        return status;
    }

    public static CallResult Advise(LinuxCall call)
    {
        const ulong DontNeed = 4;
        const ulong Free = 8;
        ulong length = Pages.RoundUp(call[1]);
        if (call[0] % Pages.Size != 0 || call[0] > ProcessMemory.UserEnd || length > ProcessMemory.UserEnd - call[0])
        {
            return Errno.EINVAL;
        }

        if (call[2] is not (DontNeed or Free))
        {
            return 0L;
        }

        ulong end = call[0] + length;
        bool hasGiven = false;
        foreach (var area in call.Process.Memory.From(Math.Max(call[0], call.Progress)))
        {
            ulong start = Math.Max(area.Start, Math.Max(call[0], call.Progress));
            if (area.Start >= end)
            {
                break;
            }

            call.Charge(CostOfArea);
            var status = area.IsShared || area.NeedsCopy ? KernelStatus.Ok
                : area.Block.Inode is null ? area.Name is "" or "[heap]" or "[stack]" ? Give(area, start, Math.Min(area.End, end), ref hasGiven) : KernelStatus.Ok
                : Revert(call, area, start, Math.Min(area.End, end));
            if (status == KernelStatus.Suspended)
            {
                return CallResult.Suspended;
            }

            if (status == KernelStatus.InProgress || call.IsSpent)
            {
                call.Progress = start;
                return CallResult.Continued;
            }
        }

        return 0L;
    }

    /// <summary>Shows a file's bytes again where a process had its own.</summary>
    private static KernelStatus Revert(LinuxCall call, MemoryArea area, ulong start, ulong end)
    {
        if (area.IsVoid || area.Block.Inode!.Content is not { } content || (content.Memory ?? content.Source?.Content.Memory) is null)
        {
            return KernelStatus.Ok;
        }

        var original = call.System.ContentOf(call.Job, area.Block.Inode);
        var status = FileMaps.TryCopy(call.Process, original, out var copy);
        if (original.Uses == 0)
        {
            call.System.Discard(original);
        }

        if (status != KernelStatus.Ok)
        {
            return status;
        }

        status = call.Process.Memory.Replace(area.Part(start, end), copy);
        if (status != KernelStatus.Ok)
        {
            call.System.Discard(copy);
        }

        return status;
    }

    /// <summary>Gives pages back, at most once in a message: one that is suspended has then changed nothing.</summary>
    private static KernelStatus Give(MemoryArea area, ulong start, ulong end, ref bool hasGiven)
    {
        ulong offset = area.Offset + (start - area.Start);
        var status = area.Block.Memory.Find(offset, out ulong found);
        if (status != KernelStatus.Ok || found >= offset + (end - start))
        {
            return status;
        }

        if (hasGiven)
        {
            return KernelStatus.InProgress;
        }

        hasGiven = true;
        return area.Block.Memory.DiscardStep(offset, end - start);
    }
}
