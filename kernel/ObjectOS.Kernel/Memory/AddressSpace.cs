using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Objects;

/// <summary>A range of an address space that shows a range of a memory object.</summary>
internal sealed class Mapping(AddressSpace space, ulong start, ulong length, Capability through, ulong offset, PageRights rights)
{
    public AddressSpace Space => space;

    public ulong Start => start;

    public ulong Length => length;

    public ulong End => start + length;

    /// <summary>The capability that it was made through, and with which it goes.</summary>
    public Capability Through => through;

    public MemoryObject Memory => (MemoryObject)through.Object;

    /// <summary>Where in the memory object it starts.</summary>
    public ulong Offset => offset;

    public PageRights Rights => rights;

    public PhysicalAddress Physical(ulong address) => Memory.Start + (offset + (address - start));
}

/// <summary>What a cell's threads see as memory: mappings of memory objects, in this record and in the CPU's own.</summary>
public sealed class AddressSpace : KernelObject
{
    private readonly List<Mapping> _mappings = [];
    private readonly IAddressSpace _hardware;
    private readonly IGuestMemory _memory;

    internal AddressSpace(Cell owner, ICpu cpu)
        : base(ObjectKind.AddressSpace, owner)
    {
        _memory = cpu.Memory;
        _hardware = cpu.CreateAddressSpace(owner.Account);
    }

    /// <summary>A map that is not run in: the second stage of a virtual CPU hears of its changes.</summary>
    internal AddressSpace(Cell owner, ICpu cpu, IAddressSpace listener)
        : base(ObjectKind.AddressSpace, owner)
    {
        _memory = cpu.Memory;
        _hardware = listener;
    }

    /// <summary>The CPU's side of it.</summary>
    internal IAddressSpace Hardware => _hardware;

    /// <summary>Mappings, ascending by address.</summary>
    internal IReadOnlyList<Mapping> Mappings => _mappings;

    /// <summary>True where nothing is mapped in the range.</summary>
    internal bool IsFree(ulong start, ulong length)
    {
        int i = IndexAtOrAfter(start);
        return i == _mappings.Count || _mappings[i].Start >= start + length;
    }

    internal void Map(ulong start, ulong length, Capability through, ulong offset, PageRights rights)
    {
        Insert(start, length, through, offset, rights);
        _hardware.Map(new VirtualAddress(start), _mappings[IndexAtOrAfter(start)].Physical(start), length, rights);
    }

    /// <summary>Ok where all of the range is mapped and the capabilities it was mapped through allow the rights.</summary>
    internal KernelStatus CheckProtect(ulong start, ulong length, PageRights rights)
    {
        ulong at = start;
        for (int i = IndexAtOrAfter(start); at < start + length; i++)
        {
            if (i == _mappings.Count || _mappings[i].Start > at)
            {
                return KernelStatus.NotMapped;
            }

            if (!Allows(_mappings[i].Through.Rights, rights))
            {
                return KernelStatus.MissingRights;
            }

            at = _mappings[i].End;
        }

        return KernelStatus.Ok;
    }

    internal static bool Allows(CapabilityRights held, PageRights wanted) =>
        (!wanted.HasFlag(PageRights.Read) || held.HasFlag(CapabilityRights.Read)) &&
        (!wanted.HasFlag(PageRights.Write) || held.HasFlag(CapabilityRights.Write)) &&
        (!wanted.HasFlag(PageRights.Execute) || held.HasFlag(CapabilityRights.Execute));

    /// <summary>Sets rights that <see cref="CheckProtect"/> has passed.</summary>
    internal void Protect(ulong start, ulong length, PageRights rights)
    {
        Split(start);
        Split(start + length);
        for (int i = IndexAtOrAfter(start); i < _mappings.Count && _mappings[i].Start < start + length; i++)
        {
            var old = _mappings[i];
            Remove(i);
            Insert(old.Start, old.Length, old.Through, old.Offset, rights);
        }

        _hardware.Protect(new VirtualAddress(start), length, rights);
    }

    internal void Unmap(ulong start, ulong length)
    {
        Split(start);
        Split(start + length);
        int i = IndexAtOrAfter(start);
        bool any = false;
        while (i < _mappings.Count && _mappings[i].Start < start + length)
        {
            Remove(i);
            any = true;
        }

        if (any)
        {
            _hardware.Unmap(new VirtualAddress(start), length);
        }
    }

    internal void Unmap(Mapping mapping) => Unmap(mapping.Start, mapping.Length);

    /// <summary>Copies out of the space, as its threads could read it.</summary>
    internal KernelStatus CopyIn(ulong address, Span<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            if (Find(address, PageRights.Read) is not { } mapping)
            {
                return KernelStatus.NotMapped;
            }

            int length = (int)Math.Min((ulong)buffer.Length, mapping.End - address);
            if (_memory.Read(mapping.Physical(address), buffer[..length]) == MemoryStatus.Suspended)
            {
                return KernelStatus.Suspended;
            }

            buffer = buffer[length..];
            address += (ulong)length;
        }

        return KernelStatus.Ok;
    }

    /// <summary>Copies into the space, as its threads could write it. Nothing is written unless all can be.</summary>
    internal KernelStatus CopyOut(ulong address, ReadOnlySpan<byte> buffer)
    {
        var status = Prepare(address, (ulong)buffer.Length);
        while (status == KernelStatus.Ok && buffer.Length > 0)
        {
            var mapping = Find(address, PageRights.Write)!;
            int length = (int)Math.Min((ulong)buffer.Length, mapping.End - address);
            _memory.Write(mapping.Physical(address), buffer[..length], Owner.Account);
            buffer = buffer[length..];
            address += (ulong)length;
        }

        return status;
    }

    /// <summary>Makes every page of the range present, so that a copy into it cannot fail.</summary>
    internal KernelStatus Prepare(ulong address, ulong length)
    {
        ulong at = address;
        for (ulong left = length; left > 0;)
        {
            if (Find(at, PageRights.Write) is not { } mapping)
            {
                return KernelStatus.NotMapped;
            }

            ulong part = Math.Min(left, mapping.End - at);
            at += part;
            left -= part;
        }

        for (ulong left = length; left > 0;)
        {
            var mapping = Find(address, PageRights.Write)!;
            ulong part = Math.Min(left, mapping.End - address);
            switch (_memory.Prepare(mapping.Physical(address), part, Owner.Account))
            {
                case MemoryStatus.Exhausted:
                    return KernelStatus.MemoryExhausted;
                case MemoryStatus.Suspended:
                    return KernelStatus.Suspended;
                default:
                    break;
            }

            address += part;
            left -= part;
        }

        return KernelStatus.Ok;
    }

    private protected override void OnDestroy(Kernel kernel)
    {
        while (_mappings.Count > 0)
        {
            Remove(_mappings.Count - 1);
        }

        _hardware.Dispose();
    }

    private Mapping? Find(ulong address, PageRights rights)
    {
        int i = IndexAtOrAfter(address);
        return i < _mappings.Count && _mappings[i].Start <= address && (_mappings[i].Rights & rights) == rights ? _mappings[i] : null;
    }

    /// <summary>The index of the mapping that holds the address, else of the first one above it.</summary>
    internal int IndexAtOrAfter(ulong address)
    {
        int low = 0;
        int high = _mappings.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_mappings[middle].End - 1 < address)
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

    /// <summary>Makes a mapping boundary at the address.</summary>
    private void Split(ulong address)
    {
        int i = IndexAtOrAfter(address);
        if (i == _mappings.Count || _mappings[i].Start >= address)
        {
            return;
        }

        var old = _mappings[i];
        Remove(i);
        Insert(old.Start, address - old.Start, old.Through, old.Offset, old.Rights);
        Insert(address, old.End - address, old.Through, old.Offset + (address - old.Start), old.Rights);
    }

    private void Insert(ulong start, ulong length, Capability through, ulong offset, PageRights rights)
    {
        var mapping = new Mapping(this, start, length, through, offset, rights);
        _mappings.Insert(IndexAtOrAfter(start), mapping);
        (through.Mappings ??= []).Add(mapping);
    }

    private void Remove(int index)
    {
        var mapping = _mappings[index];
        _mappings.RemoveAt(index);
        mapping.Through.Mappings!.Remove(mapping);
    }
}
