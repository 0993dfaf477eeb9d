using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Objects;

/// <summary>Gives the memory of dead objects back, in bounded steps between the runs of threads.</summary>
internal sealed class Reclaimer(Kernel kernel, IGuestMemory memory, PhysicalRanges ranges)
{
    /// <summary>Bytes looked at in one step: at most 64 pages are given back.</summary>
    private const ulong Step = IGuestMemory.CloneUnit;

    private readonly Queue<DeadRange> _dead = [];
    private readonly Queue<KernelObject> _torn = [];
    private readonly Queue<DeadRange> _unfinished = [];
    private ulong _done;

    private readonly record struct DeadRange(PhysicalAddress Start, ulong Length, int Order, Cell Owner);

    /// <summary>Threads that one step ends the waits of.</summary>
    internal const int StepUnits = 64;

    public Kernel Kernel => kernel;

    public bool HasWork => _dead.Count > 0 || _torn.Count > 0 || _unfinished.Count > 0;

    public void Add(KernelObject item) => _torn.Enqueue(item);

    public void Add(PhysicalAddress start, ulong length, int order, Cell owner) => _dead.Enqueue(new(start, length, order, owner));

    /// <summary>The same for one that a clone was suspended in: the memory may remember how far that had come, and has to be told even where it is empty.</summary>
    public void AddUnfinished(PhysicalAddress start, ulong length, int order, Cell owner) => _unfinished.Enqueue(new(start, length, order, owner));

    /// <summary>Does one step of work for a cell, which may be dead. Returns Ok, or Suspended if an ancestor must act first.</summary>
    public MemoryStatus DoStep(out Cell owner, out int pages)
    {
        pages = 0;
        if (_torn.TryPeek(out var item))
        {
            owner = item.Owner;
            if (item.TearDown(this))
            {
                _torn.Dequeue();
            }

            return MemoryStatus.Ok;
        }

        if (_unfinished.TryPeek(out var range))
        {
            owner = range.Owner;
            var told = memory.Discard(range.Start, Pages.Size);
            if (told == MemoryStatus.Ok)
            {
                _dead.Enqueue(_unfinished.Dequeue());
            }

            return told;
        }

        var (start, length, order, from) = _dead.Peek();
        owner = from;
        var end = start + length;
        if (!memory.TryFindPresent(start + _done, end, out var page))
        {
            _dead.Dequeue();
            _done = 0;
            ranges.Return(start, order);
            return MemoryStatus.Ok;
        }

        ulong first = (page.Value - start.Value) & ~(Step - 1);
        ulong to = Math.Min(first + Step, length);
        pages = CountPresent(page, start + to);
        var status = memory.Discard(start + first, to - first);
        if (status == MemoryStatus.Ok)
        {
            _done = to;
        }

        return status;
    }

    /// <summary>Counts the pages of a step that were written: what they cost was not charged when code touched them.</summary>
    private int CountPresent(PhysicalAddress page, PhysicalAddress end)
    {
        int count = 1;
        while (memory.TryFindPresent(page + Pages.Size, end, out page))
        {
            count++;
        }

        return count;
    }
}
