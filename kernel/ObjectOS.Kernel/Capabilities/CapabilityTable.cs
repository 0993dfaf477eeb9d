using ObjectOS.Abi;

namespace ObjectOS.Objects;

/// <summary>The slots of one cell. Slot 0 is always empty, so that 0 can mean "none".</summary>
public sealed class CapabilityTable
{
    private readonly Cell _cell;
    private readonly List<Capability?> _managed = [];
    private readonly Stack<int> _freeManaged = [];
    private Capability?[] _slots = new Capability?[8];

    internal CapabilityTable(Cell cell) => _cell = cell;

    /// <summary>Capabilities in the table.</summary>
    public int Count { get; private set; }

    /// <summary>What a slot holds; null for an empty slot and for a number that no slot has.</summary>
    public Capability? this[ulong slot]
    {
        get
        {
            if (slot < (ulong)_slots.Length)
            {
                return _slots[slot];
            }

            ulong reply = slot - CapabilitySlots.ChosenByKernel;
            return reply < (ulong)_managed.Count ? _managed[(int)reply] : null;
        }
    }

    /// <summary>Ok where a capability can be put into the slot.</summary>
    internal KernelStatus CheckFree(ulong slot) =>
        slot is 0 or >= CapabilitySlots.Limit ? KernelStatus.InvalidArgument
        : this[slot] is not null ? KernelStatus.SlotOccupied
        : !_cell.CanCharge() ? KernelStatus.ObjectsExhausted
        : KernelStatus.Ok;

    /// <summary>Fills a slot that <see cref="CheckFree"/> has passed.</summary>
    internal Capability Put(uint slot, KernelObject item, CapabilityRights rights, ulong badge, Capability? parent)
    {
        if (slot >= _slots.Length)
        {
            Array.Resize(ref _slots, (int)Math.Min(CapabilitySlots.Limit, Math.Max(slot + 1, (uint)_slots.Length * 2)));
        }

        var capability = New(slot, item, rights, badge);
        _slots[slot] = capability;
        if (parent is not null)
        {
            capability.AttachTo(parent);
        }

        return capability;
    }

    /// <summary>Puts a capability into a slot of the kernel's choice, for a managed program.</summary>
    internal Capability PutManaged(KernelObject item, CapabilityRights rights, ulong badge, Capability? parent)
    {
        if (!_freeManaged.TryPop(out int index))
        {
            index = _managed.Count;
            _managed.Add(null);
        }

        uint slot = CapabilitySlots.ChosenByKernel + (uint)index;
        var capability = New(slot, item, rights, badge);
        _managed[index] = capability;
        if (parent is not null)
        {
            capability.AttachTo(parent);
        }

        return capability;
    }

    /// <summary>Empties a slot that is filled.</summary>
    internal void Remove(Kernel kernel, Capability capability)
    {
        if (capability.Slot >= CapabilitySlots.ChosenByKernel)
        {
            int index = (int)(capability.Slot - CapabilitySlots.ChosenByKernel);
            _managed[index] = null;
            _freeManaged.Push(index);
        }
        else
        {
            _slots[capability.Slot] = null;
        }

        Count--;
        _cell.Refund();
        capability.Detach();
        while (capability.Mappings is { Count: > 0 } mappings)
        {
            mappings[^1].Space.Unmap(mappings[^1]);
        }

        capability.Object.Release(kernel);
    }

    /// <summary>Some capability of the table, or null.</summary>
    internal Capability? Any()
    {
        if (Count == 0)
        {
            return null;
        }

        foreach (var capability in _slots)
        {
            if (capability is not null)
            {
                return capability;
            }
        }

        return _managed.Find(c => c is not null);
    }

    private Capability New(uint slot, KernelObject item, CapabilityRights rights, ulong badge)
    {
        Count++;
        _cell.Charge();
        item.Retain();
        return new Capability(item, rights, badge, this, slot);
    }
}
