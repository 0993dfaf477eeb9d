namespace ObjectOS.Services.Vmm;

/// <summary>
/// Ends the machine by a store: compatible with <c>sifive,test1</c>. The low half of a word written to offset 0 is the command: 0x5555 power off,
/// 0x7777 reset, 0x3333 fail with the code in the high half. Anything else is ignored.
/// </summary>
internal sealed class TestDevice(string name, IPlatformHost platform) : IDevice
{
    public string Name { get; } = name;

    public ulong WindowSize => 0x1000;

    public int InterruptCount => 0;

    public void Attach(IDeviceHost host)
    {
    }

    public DeviceStatus Read(ulong offset, int size, out ulong value)
    {
        value = 0;
        return DeviceStatus.Done;
    }

    public DeviceStatus Write(ulong offset, int size, ulong value)
    {
        if (offset != 0 || size < 2)
        {
            return DeviceStatus.Done;
        }

        switch (value & 0xffff)
        {
            case 0x5555:
                platform.End(MachineEnd.PowerOff, 0);
                break;
            case 0x7777:
                platform.Reset();
                break;
            case 0x3333:
                platform.End(MachineEnd.GuestFailure, (value >> 16) & 0xffff);
                break;
            default:
                break;
        }

        return DeviceStatus.Done;
    }

    public void Reset()
    {
    }

    public void Describe(DeviceTreeNode node)
    {
        node.Set("compatible", "sifive,test1", "sifive,test0", "syscon");
    }

    public void Save(BinaryWriter writer)
    {
    }

    public void Restore(BinaryReader reader)
    {
    }
}
