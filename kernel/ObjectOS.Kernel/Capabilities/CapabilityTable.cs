using ObjectOS.Abi;

namespace ObjectOS.Objects;

/// <summary>The slots of one cell. Slot 0 is always empty, so that 0 can mean "none".</summary>
public sealed class CapabilityTable
{
    /// <summary>Slots that machine code can fill are below this.</summary>
    public const uint SlotLimit = 1 << 16;

    /// <summary>Slots from here on hold the replies that the kernel gives to a managed program.</summary>
    internal const uint ManagedReplies = 1 << 24;

    private readonly Cell _cell;
    private readonly List<Capability?> _replies = [];
    private readonly Stack<int> _freeReplies = [];
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

            ulong reply = slot - ManagedReplies;
            return reply < (ulong)_replies.Count ? _replies[(int)reply] : null;
        }
    }

    /// <summary>Ok where a capability can be put into the slot.</summary>
    internal KernelStatus CheckFree(ulong slot) =>
        slot is 0 or >= SlotLimit ? KernelStatus.InvalidArgument
        : this[slot] is not null ? KernelStatus.SlotOccupied
        : !_cell.CanCharge() ? KernelStatus.ObjectsExhausted
        : KernelStatus.Ok;

    /// <summary>Fills a slot that <see cref="CheckFree"/> has passed.</summary>
    internal Capability Put(uint slot, KernelObject item, CapabilityRights rights, ulong badge, Capability? parent)
    {
        if (slot >= _slots.Length)
        {
            Array.Resize(ref _slots, (int)Math.Min(SlotLimit, Math.Max(slot + 1, (uint)_slots.Length * 2)));
        }

        var capability = New(slot, item, rights, badge);
        _slots[slot] = capability;
        if (parent is not null)
        {
            capability.AttachTo(parent);
        }

        return capability;
    }

    /// <summary>Puts a reply into a slot of the kernel's choice.</summary>
    internal uint PutReply(Reply reply)
    {
        if (!_freeReplies.TryPop(out int index))
        {
            index = _replies.Count;
            _replies.Add(null);
        }

        uint slot = ManagedReplies + (uint)index;
        _replies[index] = New(slot, reply, CapabilityRights.All, 0);
        return slot;
    }

    /// <summary>Empties a slot that is filled.</summary>
    internal void Remove(Kernel kernel, Capability capability)
    {
        if (capability.Slot >= ManagedReplies)
        {
            int index = (int)(capability.Slot - ManagedReplies);
            _replies[index] = null;
            _freeReplies.Push(index);
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

        return _replies.Find(c => c is not null);
    }

    private Capability New(uint slot, KernelObject item, CapabilityRights rights, ulong badge)
    {
        Count++;
        _cell.Charge();
        item.Retain();
        return new Capability(item, rights, badge, this, slot);
    }
}
