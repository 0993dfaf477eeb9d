namespace ObjectOS.Services.Vmm;

/// <summary>Where a driver wants a queue, before it says that it is ready.</summary>
internal struct QueueSetup
{
    public uint Size;
    public ulong Descriptors;
    public ulong Driver;
    public ulong Device;

    /// <summary>Legacy: the boundary of the used ring.</summary>
    public uint Align;

    /// <summary>Legacy: the guest page that the queue begins with.</summary>
    public uint Page;

    /// <summary>Takes a register; those that are none of a queue's are ignored.</summary>
    public void Write(int offset, uint value)
    {
        switch (offset)
        {
            case VirtioRegister.QueueSize:
                Size = value;
                break;
            case VirtioRegister.LegacyQueueAlign:
                Align = value;
                break;
            case VirtioRegister.QueueDescriptorLow:
                Descriptors = WithLow(Descriptors, value);
                break;
            case VirtioRegister.QueueDescriptorHigh:
                Descriptors = WithHigh(Descriptors, value);
                break;
            case VirtioRegister.QueueDriverLow:
                Driver = WithLow(Driver, value);
                break;
            case VirtioRegister.QueueDriverHigh:
                Driver = WithHigh(Driver, value);
                break;
            case VirtioRegister.QueueDeviceLow:
                Device = WithLow(Device, value);
                break;
            case VirtioRegister.QueueDeviceHigh:
                Device = WithHigh(Device, value);
                break;
        }
    }

    /// <summary>Writes the state.</summary>
    public readonly void Save(BinaryWriter writer)
    {
        writer.Write(Size);
        writer.Write(Descriptors);
        writer.Write(Driver);
        writer.Write(Device);
        writer.Write(Align);
        writer.Write(Page);
    }

    /// <summary>Makes what <see cref="Save"/> wrote.</summary>
    public static QueueSetup Restore(BinaryReader reader) => new()
    {
        Size = reader.ReadUInt32(),
        Descriptors = reader.ReadUInt64(),
        Driver = reader.ReadUInt64(),
        Device = reader.ReadUInt64(),
        Align = reader.ReadUInt32(),
        Page = reader.ReadUInt32(),
    };

    private static ulong WithLow(ulong value, uint low) => (value & ~0xffff_ffffUL) | low;

    private static ulong WithHigh(ulong value, uint high) => (value & 0xffff_ffff) | ((ulong)high << 32);
}
