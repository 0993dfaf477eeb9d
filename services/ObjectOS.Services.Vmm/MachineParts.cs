using ObjectOS.Client;

namespace ObjectOS.Services.Vmm;

/// <summary>What a virtual machine is made of, as the service has made or restored it.</summary>
internal sealed record MachineParts(
    Invoker Invoker, MachineRequest Request, CellCapability Cell, AddressSpaceCapability Space, MemoryCapability Memory,
    IReadOnlyDictionary<MachineFile, MemoryCapability> Files, IReadOnlyList<IDevice> OwnDevices,
    VirtualSwitch Network, SwitchPort? Port);
