using ObjectOS.Client;

namespace ObjectOS.Services.Vmm;

/// <summary>The devices of a virtual machine by their places, and its memory.</summary>
/// <param name="ram">The memory.</param>
/// <param name="host">The way to the host.</param>
/// <param name="space">What the harts see.</param>
internal sealed class DeviceBus(GuestRam ram, HostPortCapability host, AddressSpaceCapability space)
{
    private readonly List<DeviceSlot> _slots = [];

    public GuestRam Ram => ram;

    public HostPortCapability Host => host;

    public AddressSpaceCapability Space => space;

    /// <summary>True once the space has been told which loads it answers.</summary>
    public bool IsLive { get; private set; }

    public ulong Now => host.Invoker.Port.Now;

    /// <summary>Where interrupts go; null: nowhere.</summary>
    public Plic? Plic { get; private set; }

    /// <summary>The devices, ascending by address.</summary>
    public IReadOnlyList<DeviceSlot> Slots => _slots;

    /// <summary>Why the state of a device is lost, and the machine with it; empty: none is.</summary>
    public string Failure => _slots.Select(slot => slot.Failure).FirstOrDefault(failure => failure.Length > 0, "");

    /// <summary>Puts a device in its place. Empty: done; else why it cannot stand there.</summary>
    public string Add(IDevice device, ulong address, int interrupt)
    {
        var slot = new DeviceSlot(device, address, interrupt, this);
        string problem = Check(slot);
        if (problem.Length == 0)
        {
            _slots.Insert(_slots.TakeWhile(other => other.Address < address).Count(), slot);
            Plic ??= device as Plic;
            slot.Attach();
        }

        return problem;
    }

    /// <summary>Tells the space which loads it answers; from now on each change is told at once.</summary>
    public void GoLive()
    {
        IsLive = true;
        _slots.ForEach(slot => slot.PublishAnswers());
    }

    private string Check(DeviceSlot slot)
    {
        ulong address = slot.Address;
        ulong size = slot.WindowSize;
        if (size == 0 || size % 4096 != 0 || size > 1UL << 40)
        {
            return $"the window of device {slot.Name} has {size} bytes: a multiple of 4096 is wanted";
        }

        if (slot.Interrupt != 0 && slot.Interrupt + slot.InterruptCount - 1 > PlatformDescription.Sources)
        {
            return $"the interrupts of device {slot.Name} are {slot.Interrupt} and further: there are {PlatformDescription.Sources}";
        }

        if (ram.Start < address + size && address < ram.Start + ram.Length)
        {
            return $"device {slot.Name} at 0x{address:x} overlaps memory";
        }

        foreach (var other in _slots)
        {
            if (other.Address < address + size && address < other.Address + other.WindowSize)
            {
                return $"device {slot.Name} at 0x{address:x} overlaps device {other.Name} at 0x{other.Address:x}";
            }

            if (other.Name == slot.Name)
            {
                return $"two devices have the name {slot.Name}";
            }
        }

        return "";
    }

    /// <summary>The device that answers a naturally aligned access of so many bytes; null: none does.</summary>
    public DeviceSlot? Find(ulong address, int size)
    {
        int low = 0;
        for (int high = _slots.Count; low < high;)
        {
            int middle = (low + high) / 2;
            if (_slots[middle].Address <= address)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low > 0 && address % (ulong)size == 0 && address - _slots[low - 1].Address < _slots[low - 1].WindowSize ? _slots[low - 1] : null;
    }

    /// <summary>The device that wants to be called first, of equal ones the lowest; null: none wants.</summary>
    public DeviceSlot? NextDue()
    {
        DeviceSlot? next = null;
        foreach (var slot in _slots)
        {
            if (slot.Deadline < (next?.Deadline ?? ulong.MaxValue))
            {
                next = slot;
            }
        }

        return next;
    }

    public void Save(BinaryWriter writer)
    {
        writer.Write(_slots.Count);
        foreach (var slot in _slots)
        {
            slot.Save(writer);
        }
    }

    public void Restore(BinaryReader reader)
    {
        if (reader.ReadInt32() is var count && count != _slots.Count)
        {
            throw new InvalidDataException($"The state is of a machine with {count} devices; this one has {_slots.Count}.");
        }

        foreach (var slot in _slots)
        {
            slot.Restore(reader);
        }

        IsLive = true;
    }
}
