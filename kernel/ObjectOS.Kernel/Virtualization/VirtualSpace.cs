using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Objects;

/// <summary>
/// An address space on a virtual CPU: what its kernel has mapped, and, composed with the second stage, a space on the CPU below that
/// the engine runs in. A hit costs the same at every depth; what is not composed yet is so at the first fault.
/// </summary>
internal sealed class VirtualSpace : IAddressSpace
{
    private const ulong PageLimit = 1UL << (64 - Pages.Shift);

    private readonly ExtentList _own = new();
    private readonly VCpu _vcpu;
    private bool _disposed;

    public VirtualSpace(VCpu vcpu, IAddressSpace backing)
    {
        _vcpu = vcpu;
        Backing = backing;
        Direct = vcpu.Virtual.IsOnVirtual ? ((VirtualSpace)backing).Direct : backing;
    }

    /// <summary>The CPU that it is a space of.</summary>
    public VirtualCpu Cpu => _vcpu.Virtual;

    /// <summary>The composed map, on the CPU below.</summary>
    public IAddressSpace Backing { get; }

    /// <summary>The composed map that the engine runs in, whatever the depth.</summary>
    public IAddressSpace Direct { get; }

    /// <summary>Ranges that its kernel has mapped.</summary>
    public int Ranges => _own.Count;

    /// <summary>Its place in its CPU's list.</summary>
    public int Index { get; set; }

    public void Map(VirtualAddress address, PhysicalAddress physical, ulong length, PageRights rights)
    {
        CheckRange(address, length);
        ulong size = Cpu.Description.MemorySize;
        if (!physical.IsPageAligned || length > size || physical.Value > size - length)
        {
            throw new ArgumentException($"{length} bytes at {physical} are not whole pages of a memory of {size} bytes.", nameof(physical));
        }

        ulong count = length >> Pages.Shift;
        if (_disposed || count == 0)
        {
            return;
        }

        if (_own.Overlaps(address.PageNumber, count))
        {
            throw new ArgumentException($"Something is mapped between {address} and {length} bytes on; unmap it first.", nameof(address));
        }

        var extent = new Extent(address.PageNumber, count, physical.PageNumber, StageTwo.Closed(rights));
        _own.Add(extent);
        Compose(extent);
    }

    public void Protect(VirtualAddress address, ulong length, PageRights rights)
    {
        CheckRange(address, length);
        if (_disposed)
        {
            return;
        }

        ulong count = length >> Pages.Shift;
        if (!_own.Covers(address.PageNumber, count))
        {
            throw new ArgumentException($"Not all is mapped between {address} and {length} bytes on.", nameof(address));
        }

        if (count > 0)
        {
            _own.SetRights(address.PageNumber, count, StageTwo.Closed(rights));
            Backing.Unmap(address, length);
            ComposeRange(address.PageNumber, count);
        }
    }

    public void Unmap(VirtualAddress address, ulong length)
    {
        CheckRange(address, length);
        if (length > 0 && !_disposed)
        {
            _own.Remove(address.PageNumber, length >> Pages.Shift);
            Backing.Unmap(address, length);
        }
    }

    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            Backing.Dispose();
            Cpu.Leave(this);
        }
    }

    /// <summary>Whether the kernel on the CPU has allowed an access, and to which of its physical addresses.</summary>
    public bool TryTranslate(VirtualAddress address, PageRights wanted, out ulong physical, out Extent extent)
    {
        bool found = _own.TryFind(address.PageNumber, out extent) && (extent.Rights & wanted) == wanted;
        physical = found ? ((extent.Physical + (address.PageNumber - extent.First)) << Pages.Shift) + address.PageOffset : 0;
        return found;
    }

    /// <summary>Composes the part of an extent that lies in a segment of memory, in place of what was composed there.</summary>
    public void Compose(in Extent extent, in Segment segment)
    {
        ulong from = Math.Max(extent.Physical << Pages.Shift, segment.Start);
        ulong to = Math.Min((extent.Physical + extent.Count) << Pages.Shift, segment.End);
        var rights = extent.Rights & segment.Rights;
        var address = new VirtualAddress((extent.First << Pages.Shift) + (from - (extent.Physical << Pages.Shift)));
        Backing.Unmap(address, to - from);
        if (rights != PageRights.None)
        {
            Backing.Map(address, segment.At(from), to - from, rights);
        }
    }

    /// <summary>Takes away what was composed from a range of guest-physical addresses.</summary>
    public void Forget(ulong start, ulong end)
    {
        if (_disposed)
        {
            return;
        }

        ulong first = start >> Pages.Shift;
        ulong last = end == ulong.MaxValue ? PageLimit : end >> Pages.Shift;
        for (int i = 0; i < _own.Count; i++)
        {
            var extent = _own[i];
            ulong from = Math.Max(first, extent.Physical);
            ulong to = Math.Min(last, extent.Physical + extent.Count);
            if (from < to)
            {
                Backing.Unmap(new VirtualAddress((extent.First + (from - extent.Physical)) << Pages.Shift), (to - from) << Pages.Shift);
            }
        }
    }

    private void ComposeRange(ulong first, ulong count)
    {
        for (int i = _own.IndexAtOrAfter(first); i < _own.Count && _own[i].First < first + count; i++)
        {
            Compose(_own[i].Part(first, first + count));
        }
    }

    /// <summary>Composes what is there now of an extent that nothing is composed of.</summary>
    private void Compose(Extent extent)
    {
        if (extent.Rights == PageRights.None)
        {
            return;
        }

        ulong end = (extent.Physical + extent.Count) << Pages.Shift;
        for (ulong at = extent.Physical << Pages.Shift; at < end;)
        {
            var segment = _vcpu.StageTwo.Find(at);
            if (segment.Kind == SegmentKind.Memory)
            {
                Compose(extent, segment);
            }

            at = segment.End;
        }
    }

    private static void CheckRange(VirtualAddress address, ulong length)
    {
        if (!address.IsPageAligned || length % Pages.Size != 0)
        {
            throw new ArgumentException($"{address} and the length 0x{length:x} have to be whole pages of {Pages.Size} bytes.");
        }

        if (length >> Pages.Shift > PageLimit - address.PageNumber)
        {
            throw new ArgumentException($"0x{length:x} bytes at {address} wrap around the end of the address space.");
        }
    }
}
