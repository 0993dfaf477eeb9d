using ObjectOS.Abi;
using ObjectOS.Services.Files;

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
    private const ulong LargestFileMap = 256UL << 20;

    public static CallResult Break(LinuxCall call)
    {
        var memory = call.Process.Memory;
        ulong wanted = call[0];
        ulong room = call.Process.Limits.MostMapped - Math.Min(call.Process.Limits.MostMapped, memory.Mapped);
        if (wanted < memory.HeapStart || wanted > memory.HeapStart + (1UL << 36) || (wanted > memory.HeapEnd && wanted - memory.HeapEnd > room))
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
                return unmapped == KernelStatus.Suspended ? CallResult.Suspended : (long)memory.HeapEnd;
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

        if (length > call.Process.Limits.MostMapped - Math.Min(call.Process.Limits.MostMapped, call.Process.Memory.Mapped))
        {
            return Errno.ENOMEM;
        }

        byte[]? content = null;
        if ((flags & MapAnonymous) == 0)
        {
            if (!call.TryFile(4, out var file))
            {
                return call.Failure;
            }

            var result = Content(call, file, length, out content);
            if (content is null)
            {
                return result;
            }
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

        bool isShared = (flags & 3) == MapShared && content is null;
        var status = CreateBlock(call, length, isShared, out var block);
        if (status == KernelStatus.Ok && content is { Length: > 0 })
        {
            status = block.Memory.Write(0, content);
            if (status != KernelStatus.Ok)
            {
                call.System.Discard(block);
            }
        }

        if (status != KernelStatus.Ok)
        {
            return status == KernelStatus.Suspended ? CallResult.Suspended : Errno.ENOMEM;
        }

        status = memory.Unmap(address, length);
        status = status == KernelStatus.Ok
            ? memory.Map(new MemoryArea(address, length, RightsOf(call[2]), block, 0, isShared, content is null ? "" : call.File!.Path))
            : status;
        if (status != KernelStatus.Ok)
        {
            call.System.Discard(block);
            return status == KernelStatus.Suspended ? CallResult.Suspended : Errno.ENOMEM;
        }

        return (long)address;
    }

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

    /// <summary>The part of a file that is to be mapped; null where the result says why not, or that it has still to come.</summary>
    private static CallResult Content(LinuxCall call, OpenFile file, ulong length, out byte[]? content)
    {
        content = null;
        if (!file.CanRead || ((call[3] & 3) == MapShared && (call[2] & 2) != 0 && !file.CanWrite))
        {
            return Errno.EACCES;
        }

        // A shared mapping that can be written would have to reach the file: it is refused. One that is only read is a copy.
        if ((call[3] & 3) == MapShared && (call[2] & 2) != 0)
        {
            return Errno.ENODEV;
        }

        if (file.Kind == OpenFileKind.File)
        {
            return TryHold(file.Inode!.Length, call[5], length, out int count) ? ReadOwn(file.Inode, call[5], count, out content) : Errno.ENOMEM;
        }

        if (file.Kind == OpenFileKind.Device && file.Device == DeviceKind.Zero)
        {
            content = [];
            return 0L;
        }

        return file.Kind == OpenFileKind.HostFile ? HostContent(call, file, length, out content) : Errno.ENODEV;
    }

    private static CallResult ReadOwn(Inode inode, ulong offset, int count, out byte[]? content)
    {
        content = inode.Read(offset, count).ToArray();
        return 0L;
    }

    private static CallResult HostContent(LinuxCall call, OpenFile file, ulong length, out byte[]? content)
    {
        content = null;
        if (!call.TryReply(0, out var reply))
        {
            return call.Ask(file.Grant, HostFileOperation.HandleStatus, [], file.Handle);
        }

        if (reply.IsError || !HostFileStatus.TryRead(reply.Data, out var status))
        {
            return reply.IsError ? reply.Result : Errno.EIO;
        }

        return TryHold(status.Size, call[5], length, out int count) ? HostFiles.ReadAll(call, file, call[5], (ulong)count, 1, out content) : Errno.ENOMEM;
    }

    /// <summary>The bytes of a file that a map shows; false if they are more than a map holds: one that shows zeros for the rest would be wrong.</summary>
    private static bool TryHold(ulong size, ulong offset, ulong length, out int count)
    {
        ulong shown = Math.Min(length, size - Math.Min(size, offset));
        count = (int)Math.Min(shown, LargestFileMap);
        return shown <= LargestFileMap;
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

    private static CallResult ResultOf(KernelStatus status) =>
        status == KernelStatus.Ok ? 0L : status == KernelStatus.Suspended ? CallResult.Suspended : Errno.ENOMEM;

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
        var status = memory.Protect(call[0], length, rights);
        if (status == KernelStatus.MissingRights && memory.Find(call[0]) is { } area && call[0] + length <= area.End)
        {
            // A page of the program's file is to be written: this process gets a copy of its own.
            ulong end = call[0] + length;
            Abi.KernelStatus made = area.Block.Memory.CreateClone(call.Process.Cell, out var clone);
            if (made != KernelStatus.Ok)
            {
                return made == KernelStatus.Suspended ? CallResult.Suspended : Errno.ENOMEM;
            }

            var block = call.System.AddBlock(clone, area.Block.Size, false);
            var part = area.Part(call[0], end) with { Block = block, Rights = rights };
            status = memory.Unmap(call[0], length);
            status = status == KernelStatus.Ok ? memory.Map(part) : status;
            if (status != KernelStatus.Ok)
            {
                call.System.Discard(block);
            }
        }

        return status == KernelStatus.MissingRights ? Errno.EACCES : ResultOf(status);
    }

    public static CallResult Remap(LinuxCall call)
    {
        ulong oldLength = Pages.RoundUp(call[1]);
        ulong newLength = Pages.RoundUp(call[2]);
        bool mayMove = (call[3] & 1) != 0;
        var memory = call.Process.Memory;
        ulong room = call.Process.Limits.MostMapped - Math.Min(call.Process.Limits.MostMapped, memory.Mapped);
        if (call[0] % Pages.Size != 0 || oldLength == 0 || newLength == 0 || newLength > ProcessMemory.UserEnd || (call[3] & ~1UL) != 0)
        {
            return Errno.EINVAL;
        }

        if (memory.Find(call[0]) is not { } area || call[0] + oldLength > area.End || call[0] + oldLength < call[0])
        {
            return Errno.EFAULT;
        }

        if (newLength <= oldLength)
        {
            if (newLength < oldLength)
            {
                var cut = ResultOf(memory.Unmap(call[0] + newLength, oldLength - newLength));
                if (cut != 0L)
                {
                    return cut;
                }
            }

            return (long)call[0];
        }

        ulong offset = area.Offset + (call[0] - area.Start);
        var part = area.Part(call[0], call[0] + oldLength);
        bool fits = offset + newLength <= area.Block.Size && area.Block.Uses == 1;
        bool inPlace = memory.IsFree(call[0] + oldLength, newLength - oldLength) && call[0] + newLength <= ProcessMemory.MapTop;
        if ((!inPlace && !mayMove) || newLength - oldLength > room)
        {
            return Errno.ENOMEM;
        }

        ulong address = inPlace ? call[0] : memory.FindFree(newLength);
        var target = area.Block;
        if (address == 0)
        {
            return Errno.ENOMEM;
        }

        if (!fits)
        {
            // A larger block with room for the next growth: memory costs only where it is written.
            var status = call.Process.CreateBlock(newLength * 4, out target);
            status = status == KernelStatus.Ok ? area.Block.CopyTo(target, offset, oldLength) : status;
            if (status != KernelStatus.Ok)
            {
                Drop(call, target);
                return status == KernelStatus.Suspended ? CallResult.Suspended : Errno.ENOMEM;
            }

            offset = 0;
        }

        target.Uses++;
        var mapped = memory.Unmap(call[0], oldLength);
        mapped = mapped == KernelStatus.Ok ? memory.Map(part with { Start = address, Length = newLength, Block = target, Offset = offset }) : mapped;
        call.System.Release(target);
        return mapped == KernelStatus.Ok ? (long)address : ResultOf(mapped);
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

        // Giving pages back twice does no harm, so that being suspended between two areas is none either.
        foreach (var area in call.Process.Memory.Areas)
        {
            ulong start = Math.Max(area.Start, call[0]);
            ulong end = Math.Min(area.End, call[0] + length);
            if (start < end && !area.Block.IsImmutable && !area.IsShared && area.Name.Length == 0)
            {
                var status = area.Block.Memory.Discard(area.Offset + (start - area.Start), end - start);
                if (status == KernelStatus.Suspended)
                {
                    return CallResult.Suspended;
                }
            }
        }

        return 0L;
    }
}
