using ObjectOS.Abi;
using ObjectOS.Client;

namespace ObjectOS.Services.Linux;

/// <summary>
/// The copying of a process's memory for a fork, as it is mapped when the fork begins: in steps, between which others run. What other threads of the
/// parent write meanwhile is in the copy or not, area by area, as on several processors.
/// </summary>
internal sealed class MemoryCopy
{
    /// <summary>Areas that one message copies: each may be a clone of a memory object and a mapping.</summary>
    private const int MostAtOnce = 256;

    private readonly LinuxProcess _child;
    private readonly List<MemoryArea> _areas;
    private readonly Dictionary<ulong, MemoryBlock> _copies = [];
    private MemoryBlock? _heap;
    private ulong _heapEnd;
    private int _done;

    private MemoryCopy(LinuxProcess child, List<MemoryArea> areas)
    {
        _child = child;
        _areas = areas;
    }

    public static MemoryCopy Begin(ProcessMemory parent, LinuxProcess child)
    {
        var copy = new MemoryCopy(child, [.. parent.Areas]) { _heap = parent.HeapBlock, _heapEnd = parent.HeapBlockEnd };
        copy._areas.ForEach(area => area.Block.Uses++);
        child.OwnMemory.HeapStart = parent.HeapStart;
        child.OwnMemory.HeapEnd = parent.HeapEnd;
        return copy;
    }

    /// <summary>Goes on. Ok: all is copied; InProgress: there is more; Suspended: call again; else the copy cannot be made.</summary>
    public KernelStatus Step()
    {
        for (int most = _done + MostAtOnce; _done < _areas.Count; _done++)
        {
            if (_done == most)
            {
                return KernelStatus.InProgress;
            }

            var area = _areas[_done];
            var status = Copy(area, out var block);
            status = status == KernelStatus.Ok ? _child.OwnMemory.Map(area with { Block = block }) : status;
            if (status != KernelStatus.Ok)
            {
                return status;
            }
        }

        if (_heap is not null && _copies.TryGetValue(_heap.Id, out var heap))
        {
            heap.Uses++;
            _child.OwnMemory.HeapBlock = heap;
            _child.OwnMemory.HeapBlockEnd = _heapEnd;
        }

        return KernelStatus.Ok;
    }

    /// <summary>Gives up its hold on the parent's memory, and what it has copied and not mapped.</summary>
    public void End()
    {
        _areas.ForEach(area => _child.System.Release(area.Block));
        foreach (var block in _copies.Values.Where(block => block.Uses == 0))
        {
            _child.System.Discard(block);
        }
    }

    /// <summary>The block that the child maps in place of the area's.</summary>
    private KernelStatus Copy(MemoryArea area, out MemoryBlock block)
    {
        block = area.Block;
        if (area.NeedsCopy || area.IsShared || _copies.TryGetValue(block.Id, out block!))
        {
            return KernelStatus.Ok;
        }

        MemoryCapability clone = default;
        var status = _child.WithRoom(() => area.Block.Memory.CreateClone(_child.Cell, out clone));
        if (status == KernelStatus.Ok)
        {
            block = area.Block.Inode is { } inode
                ? _child.System.Add(MemoryBlock.Of(_child.System.NewId(), clone, area.Block.Size, area.Block.Job!, inode, false))
                : _child.System.AddBlock(clone, area.Block.Size, false);
            _copies.Add(area.Block.Id, block);
        }

        return status;
    }

    public void Save(BinaryWriter writer)
    {
        writer.Write(_areas.Count);
        _areas.ForEach(area => area.Save(writer));
        writer.Write(_copies.Count);
        foreach (var (id, block) in _copies.OrderBy(copy => copy.Key))
        {
            writer.Write(id);
            writer.Write(block.Id);
        }

        writer.Write(_heap?.Id ?? 0);
        writer.Write(_heapEnd);
        writer.Write(_done);
    }

    public static MemoryCopy Restore(BinaryReader reader, LinuxProcess child)
    {
        var blocks = child.System.Blocks;
        var areas = new List<MemoryArea>();
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            areas.Add(MemoryArea.Restore(reader, blocks));
        }

        var copy = new MemoryCopy(child, areas);
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            copy._copies.Add(reader.ReadUInt64(), blocks[reader.ReadUInt64()]);
        }

        copy._heap = blocks.GetValueOrDefault(reader.ReadUInt64());
        copy._heapEnd = reader.ReadUInt64();
        copy._done = reader.ReadInt32();
        return copy;
    }
}
