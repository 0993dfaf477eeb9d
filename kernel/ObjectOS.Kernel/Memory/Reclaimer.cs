using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Objects;

/// <summary>Gives the memory of dead objects back, in bounded steps between the runs of threads.</summary>
internal sealed class Reclaimer(Kernel kernel, IGuestMemory memory, PhysicalRanges ranges)
{
    /// <summary>Bytes looked at in one step: at most 64 pages are given back.</summary>
    private const ulong Step = IGuestMemory.CloneUnit;

    private readonly Queue<(PhysicalAddress Start, ulong Length, int Order)> _dead = [];
    private readonly Queue<KernelObject> _torn = [];
    private readonly Queue<(PhysicalAddress Start, ulong Length, int Order)> _unfinished = [];
    private ulong _done;

    /// <summary>Threads that one step ends the waits of.</summary>
    internal const int StepUnits = 64;

    public Kernel Kernel => kernel;

    public bool HasWork => _dead.Count > 0 || _torn.Count > 0 || _unfinished.Count > 0;

    public void Add(KernelObject item) => _torn.Enqueue(item);

    public void Add(PhysicalAddress start, ulong length, int order) => _dead.Enqueue((start, length, order));

    /// <summary>The same for one that a clone was suspended in: the memory may remember how far that had come, and has to be told even where it is empty.</summary>
    public void AddUnfinished(PhysicalAddress start, ulong length, int order) => _unfinished.Enqueue((start, length, order));

    /// <summary>Does one step. Ok, or Suspended where an ancestor must act first.</summary>
    public MemoryStatus DoStep()
    {
        if (_torn.TryPeek(out var item))
        {
            if (item.TearDown(this))
            {
                _torn.Dequeue();
            }

            return MemoryStatus.Ok;
        }

        if (_unfinished.TryPeek(out var range))
        {
            var told = memory.Discard(range.Start, Pages.Size);
            if (told == MemoryStatus.Ok)
            {
                _dead.Enqueue(_unfinished.Dequeue());
            }

            return told;
        }

        var (start, length, order) = _dead.Peek();
        var end = start + length;
        if (!memory.TryFindPresent(start + _done, end, out var page))
        {
            _dead.Dequeue();
            _done = 0;
            ranges.Return(start, order);
            return MemoryStatus.Ok;
        }

        ulong from = (page.Value - start.Value) & ~(Step - 1);
        ulong to = Math.Min(from + Step, length);
        var status = memory.Discard(start + from, to - from);
        if (status == MemoryStatus.Ok)
        {
            _done = to;
        }

        return status;
    }
}
