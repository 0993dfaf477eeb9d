using ObjectOS.Abi;

namespace ObjectOS.Objects;

/// <summary>The slots of one cell. Slot 0 is always empty, so that 0 can mean "none".</summary>
public sealed class CapabilityTable
{
    private readonly Cell _cell;
    private readonly List<Capability?> _managed = [];
    private readonly Stack<int> _freeManaged = [];

    /// <summary>Slots from <see cref="DenseLimit"/> on: one capability in a high slot costs the host no more than one in a low one.</summary>
    private readonly Dictionary<uint, Capability> _sparse = [];
    private Capability?[] _slots = new Capability?[8];

    private const uint DenseLimit = 256;

    internal CapabilityTable(Cell cell) => _cell = cell;

    /// <summary>One of its capabilities, from which <see cref="Capability.NextHeld"/> leads to all others; null while it is empty.</summary>
    internal Capability? FirstHeld { get; private set; }

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

            if (slot < CapabilitySlots.Limit)
            {
                return _sparse.GetValueOrDefault((uint)slot);
            }

            ulong index = slot - CapabilitySlots.ChosenByKernel;
            return index < (ulong)_managed.Count ? _managed[(int)index] : null;
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
        var capability = New(slot, item, rights, badge);
        if (slot >= DenseLimit)
        {
            _sparse.Add(slot, capability);
        }
        else
        {
            if (slot >= _slots.Length)
            {
                Array.Resize(ref _slots, (int)Math.Min(DenseLimit, Math.Max(slot + 1, (uint)_slots.Length * 2)));
            }

            _slots[slot] = capability;
        }

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

    /// <summary>
    /// Empties a slot that is filled. False: <paramref name="most"/> of its mappings and of what was derived from it are dealt with, there
    /// are more, and it is still there.
    /// </summary>
    internal bool TryRemove(Kernel kernel, Capability capability, int most)
    {
        if (!capability.HandUpChildren(most))
        {
            return false;
        }

        for (; capability.Mappings is { Count: > 0 } mappings; most--)
        {
            if (most <= 0)
            {
                return false;
            }

            mappings[^1].Space.Unmap(mappings[^1]);
        }

        Remove(kernel, capability);
        return true;
    }

    /// <summary>The same in one step.</summary>
    internal void Remove(Kernel kernel, Capability capability)
    {
        if (capability.Slot >= CapabilitySlots.ChosenByKernel)
        {
            int index = (int)(capability.Slot - CapabilitySlots.ChosenByKernel);
            _managed[index] = null;
            _freeManaged.Push(index);
        }
        else if (capability.Slot >= DenseLimit)
        {
            _sparse.Remove(capability.Slot);
        }
        else
        {
            _slots[capability.Slot] = null;
        }

        Count--;
        _cell.Refund();
        Unlink(capability);
        capability.LeaveTree();
        while (capability.Mappings is { Count: > 0 } mappings)
        {
            mappings[^1].Space.Unmap(mappings[^1]);
        }

        capability.Object.Release(kernel);
    }

    private Capability New(uint slot, KernelObject item, CapabilityRights rights, ulong badge)
    {
        Count++;
        _cell.Charge();
        item.Retain();
        var capability = new Capability(item, rights, badge, this, slot) { NextHeld = FirstHeld };
        if (FirstHeld is { } first)
        {
            first.PreviousHeld = capability;
        }

        FirstHeld = capability;
        return capability;
    }

    private void Unlink(Capability capability)
    {
        if (capability.PreviousHeld is { } previous)
        {
            previous.NextHeld = capability.NextHeld;
        }
        else
        {
            FirstHeld = capability.NextHeld;
        }

        if (capability.NextHeld is { } next)
        {
            next.PreviousHeld = capability.PreviousHeld;
        }
    }
}
