using ObjectOS.Abi;

namespace ObjectOS.Objects;

/// <summary>
/// A range of the CPU's physical memory of its own: sparse, zero until written, cloned by reference. Its place is aligned so that a
/// clone shares whole subtrees.
/// </summary>
public sealed class MemoryObject : KernelObject
{
    internal MemoryObject(Cell owner, PhysicalAddress start, ulong length, int order)
        : base(ObjectKind.MemoryObject, owner)
    {
        Start = start;
        Length = length;
        Order = order;
    }

    /// <summary>Bytes, whole pages.</summary>
    public ulong Length { get; }

    internal PhysicalAddress Start { get; }

    /// <summary>Its size class in <see cref="PhysicalRanges"/>.</summary>
    internal int Order { get; }

    /// <summary>Where it is mapped, in no order; what is mapped goes with it, before its range is given out again.</summary>
    internal List<Mapping> Mappings { get; } = [];

    /// <summary>True where the bytes lie inside.</summary>
    internal bool Contains(ulong offset, ulong length) => offset <= Length && length <= Length - offset;

    private protected override void OnDestroy(Kernel kernel)
    {
        while (Mappings.Count > 0)
        {
            Mappings[^1].Space.Unmap(Mappings[^1]);
        }

        kernel.Reclaimer.Add(Start, Length, Order);
    }
}
