using ObjectOS.Abi;

namespace ObjectOS.Objects;

/// <summary>
/// A range of the CPU's physical memory of its own: sparse, zero until written, cloned by reference. Its place is aligned so that a
/// clone shares whole subtrees.
/// </summary>
public sealed class MemoryObject : KernelObject
{
    internal MemoryObject(Cell owner, PhysicalAddress start, ulong length, int order, int extraObjects)
        : base(ObjectKind.MemoryObject, owner)
    {
        Start = start;
        Length = length;
        Order = order;
        ExtraObjects = extraObjects;
        owner.Charge(extraObjects);
    }

    /// <summary>Bytes, whole pages.</summary>
    public ulong Length { get; }

    internal PhysicalAddress Start { get; }

    /// <summary>Its size class in <see cref="PhysicalRanges"/>.</summary>
    internal int Order { get; }

    /// <summary>Objects that it counts as besides itself, for the addresses that it takes.</summary>
    internal int ExtraObjects { get; }

    /// <summary>Where it is mapped, in no order; what is mapped goes with it, before its range is given out again.</summary>
    internal List<Mapping> Mappings { get; } = [];

    /// <summary>True where the bytes lie inside.</summary>
    internal bool Contains(ulong offset, ulong length) => offset <= Length && length <= Length - offset;

    /// <summary>A clone of it that was suspended: the range that it has begun to fill, that range's size class, and the kernel's moment.</summary>
    private (PhysicalAddress Start, int Order, (ulong, ulong) Moment)? _unfinished;

    /// <summary>Keeps the range of a clone that was suspended, for the call that is made again.</summary>
    internal void KeepUnfinished(Kernel kernel, PhysicalAddress start, int order) => _unfinished = (start, order, kernel.Moment);

    /// <summary>The range of the clone that is made again, if nothing at all has happened since; else what was begun is given back.</summary>
    internal bool TryTakeUnfinished(Kernel kernel, int order, out PhysicalAddress start)
    {
        start = _unfinished?.Start ?? default;
        bool isSame = _unfinished?.Moment == kernel.Moment && _unfinished?.Order == order;
        if (!isSame)
        {
            DropUnfinished(kernel);
        }

        _unfinished = null;
        return isSame;
    }

    private void DropUnfinished(Kernel kernel)
    {
        if (_unfinished is { } unfinished)
        {
            kernel.Reclaimer.AddUnfinished(unfinished.Start, Length, unfinished.Order, Owner);
        }
    }

    private protected override void OnDestroy(Kernel kernel)
    {
        DropUnfinished(kernel);
        while (Mappings.Count > 0)
        {
            Mappings[^1].Space.Unmap(Mappings[^1]);
        }

        Owner.Refund(ExtraObjects);
        kernel.Reclaimer.Add(Start, Length, Order, Owner);
    }
}
