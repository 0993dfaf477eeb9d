namespace ObjectOS.Services.Vmm;

/// <summary>A virtio-mmio slot without a device: device id 0 (virtio 1.2, section "MMIO Device Register Layout": a placeholder that drivers ignore).</summary>
internal sealed class EmptyVirtioSlot(string name) : IDevice
{
    private const ulong Magic = 0x74726976; // "virt"
    private const ulong Vendor = 0x4f4a424f; // "OBJO"

    public string Name { get; } = name;

    public ulong WindowSize => 0x1000;

    public int InterruptCount => 1;

    public void Attach(IDeviceHost host)
    {
    }

    public DeviceStatus Read(ulong offset, int size, out ulong value)
    {
        value = size != 4 ? 0 : offset switch
        {
            0x000 => Magic,
            0x004 => 2,
            0x00c => Vendor,
            _ => 0,
        };
        return DeviceStatus.Done;
    }

    public DeviceStatus Write(ulong offset, int size, ulong value) => DeviceStatus.Done;

    public void Reset()
    {
    }

    public void Describe(DeviceTreeNode node) => node.Set("compatible", "virtio,mmio");

    public void Save(BinaryWriter writer)
    {
    }

    public void Restore(BinaryReader reader)
    {
    }
}
