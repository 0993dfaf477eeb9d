using ObjectOS.Client;

namespace ObjectOS.Services.Vmm;

/// <summary>The devices of a virtual machine by their places, and its memory.</summary>
internal sealed class DeviceBus(GuestRam ram, HostPortCapability host)
{
    private readonly List<DeviceSlot> _slots = [];

    public GuestRam Ram => ram;

    public HostPortCapability Host => host;

    public ulong Now => host.Invoker.Port.Now;

    /// <summary>Where interrupts go; null: nowhere.</summary>
    public Plic? Plic { get; private set; }

    /// <summary>The devices, ascending by address.</summary>
    public IReadOnlyList<DeviceSlot> Slots => _slots;

    /// <summary>Puts a device in its place. Empty: done; else why it cannot stand there.</summary>
    public string Add(IDevice device, ulong address, int interrupt)
    {
        ulong size = device.WindowSize;
        if (size == 0 || size % 4096 != 0 || size > 1UL << 40)
        {
            return $"the window of device {device.Name} has {size} bytes: a multiple of 4096 is wanted";
        }

        if (device.InterruptCount > 0 && interrupt != 0 && interrupt + device.InterruptCount - 1 > PlatformDescription.Sources)
        {
            return $"the interrupts of device {device.Name} are {interrupt} and further: there are {PlatformDescription.Sources}";
        }

        if (ram.Start < address + size && address < ram.Start + ram.Length)
        {
            return $"device {device.Name} at 0x{address:x} overlaps memory";
        }

        foreach (var other in _slots)
        {
            if (other.Address < address + size && address < other.Address + other.Device.WindowSize)
            {
                return $"device {device.Name} at 0x{address:x} overlaps device {other.Device.Name} at 0x{other.Address:x}";
            }

            if (other.Device.Name == device.Name)
            {
                return $"two devices have the name {device.Name}";
            }
        }

        var slot = new DeviceSlot(device, address, device.InterruptCount > 0 ? interrupt : 0, this);
        _slots.Insert(_slots.TakeWhile(other => other.Address < address).Count(), slot);
        Plic ??= device as Plic;
        device.Attach(slot);
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

        return low > 0 && address % (ulong)size == 0 && address - _slots[low - 1].Address < _slots[low - 1].Device.WindowSize ? _slots[low - 1] : null;
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

    public void Reset()
    {
        foreach (var slot in _slots)
        {
            slot.Reset();
        }
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
    }
}
