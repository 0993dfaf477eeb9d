namespace ObjectOS.Services.Vmm;

/// <summary>Puts the parts of a platform onto a bus.</summary>
internal static class PlatformBuilder
{
    /// <summary>Builds. Empty: done; else what cannot stand where it is to.</summary>
    /// <param name="request">The machine.</param>
    /// <param name="isMachineMode">True where the harts have machine mode.</param>
    /// <param name="bus">Where the devices go.</param>
    /// <param name="platform">What the parts drive.</param>
    /// <param name="console">What serial ports are connected to.</param>
    /// <param name="virtio">What the virtio devices do, slot by slot.</param>
    /// <param name="own">The devices of the embedding program.</param>
    public static string Build(
        MachineRequest request, bool isMachineMode, DeviceBus bus, IPlatformHost platform, MachineConsole console, IReadOnlyList<VirtioFunction> virtio, IReadOnlyList<IDevice> own)
    {
        var names = new Dictionary<PartKind, int>();
        int slot = 0;
        foreach (var part in Ordered(request.Platform))
        {
            int index = names[part.Kind] = names.GetValueOrDefault(part.Kind, -1) + 1;
            IDevice? device = part.Kind switch
            {
                PartKind.Test => new TestDevice($"test{index}", platform),
                PartKind.Clock => new GoldfishClock($"rtc{index}", request.WallClockBase),
                PartKind.Clint => isMachineMode ? new Clint($"clint{index}", platform) : null,
                PartKind.Plic => new Plic($"plic{index}", platform, isMachineMode),
                PartKind.Uart => new Uart16550($"uart{index}", console),
                PartKind.VirtioSlot or PartKind.LegacyVirtioSlot => new VirtioTransport($"virtio{slot}", slot < virtio.Count ? virtio[slot] : null, part.Kind == PartKind.LegacyVirtioSlot),
                _ => null,
            };
            slot += device is VirtioTransport ? 1 : 0;
            string problem = part.Kind == PartKind.OwnDevices ? AddOwn(bus, part, own) : device is null ? "" : bus.Add(device, part.Address, part.Interrupt);
            if (problem.Length > 0)
            {
                return problem;
            }
        }

        return slot < virtio.Count ? $"the machine has {virtio.Count} virtio devices and its platform {slot} slots for them"
            : own.Count > 0 && !names.ContainsKey(PartKind.OwnDevices) ? "the platform has no place for devices of the embedding program"
            : "";
    }

    /// <summary>The interrupt controller first: devices may drive their lines as soon as they are there.</summary>
    private static IEnumerable<PlatformPart> Ordered(PlatformDescription platform) => platform.Parts.OrderBy(part => part.Kind != PartKind.Plic);

    private static string AddOwn(DeviceBus bus, in PlatformPart part, IReadOnlyList<IDevice> own)
    {
        ulong address = part.Address;
        int interrupt = part.Interrupt;
        foreach (var device in own)
        {
            string problem = "";
            string failure = DeviceCall.Try(device.GetType().Name, () =>
            {
                problem = bus.Add(device, address, interrupt);
                address += device.WindowSize;
                interrupt += device.InterruptCount;
            });
            if (problem.Length > 0 || failure.Length > 0)
            {
                return problem.Length > 0 ? problem : failure;
            }
        }

        return "";
    }
}
