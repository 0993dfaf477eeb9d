using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace ObjectOS.Services.Vmm;

/// <summary>What the device tree of a machine says beside its devices.</summary>
/// <param name="HasMachineMode">True where the harts have machine mode.</param>
/// <param name="InitrdStart">Where the initial root file system starts; equal to its end: there is none.</param>
/// <param name="InitrdEnd">The first address behind it.</param>
internal readonly record struct PlatformTreeOptions(bool HasMachineMode, ulong InitrdStart, ulong InitrdEnd);

/// <summary>Makes the device tree of a virtual machine; names and bindings are those of the Devicetree Specification and of Linux's bindings.</summary>
internal static class PlatformTree
{
    private const uint SupervisorExternal = 9, MachineExternal = 11, MachineTimer = 7, MachineSoftware = 3;

    /// <summary>An interrupt that is not there: drivers pass over such a context.</summary>
    private const uint NoInterrupt = uint.MaxValue;

    private const uint PlicHandle = 100, TestHandle = 101;
    private const uint CacheBlock = 64;

    public static byte[] Make(MachineRequest request, DeviceBus bus, in PlatformTreeOptions options)
    {
        var root = new DeviceTreeNode("");
        root.Set("#address-cells", 2u);
        root.Set("#size-cells", 2u);
        root.Set("compatible", "riscv-virtio");
        root.Set("model", "riscv-virtio,objectos");
        AddChosen(root.Add("chosen"), request, bus, options);
        AddMemory(root, bus.Ram);
        AddCpus(root.Add("cpus"), request);
        var soc = root.Add("soc");
        soc.Set("#address-cells", 2u);
        soc.Set("#size-cells", 2u);
        soc.Set("compatible", "simple-bus");
        soc.Set("ranges");
        foreach (var slot in bus.Slots)
        {
            AddDevice(soc, slot, request, options);
        }

        if (bus.Slots.Any(slot => slot.Device is TestDevice))
        {
            AddCommand(root.Add("poweroff"), "syscon-poweroff", 0x5555);
            AddCommand(root.Add("reboot"), "syscon-reboot", 0x7777);
        }

        return FlattenedDeviceTree.Write(root);
    }

    private static uint CpuHandle(int hart) => (uint)((hart * 2) + 1);

    private static uint ControllerHandle(int hart) => CpuHandle(hart) + 1;

    private static void AddChosen(DeviceTreeNode chosen, MachineRequest request, DeviceBus bus, in PlatformTreeOptions options)
    {
        chosen.Set("bootargs", request.Arguments);
        if (bus.Slots.FirstOrDefault(slot => slot.Device is Uart16550) is { } uart)
        {
            chosen.Set("stdout-path", $"/soc/{NameOf(uart)}");
        }

        if (options.InitrdEnd > options.InitrdStart)
        {
            chosen.Set("linux,initrd-start", High(options.InitrdStart), (uint)options.InitrdStart);
            chosen.Set("linux,initrd-end", High(options.InitrdEnd), (uint)options.InitrdEnd);
        }

        var seed = new byte[8 + 16];
        BinaryPrimitives.WriteUInt64LittleEndian(seed, request.Seed);
        "machine rng-seed"u8.CopyTo(seed.AsSpan(8));
        chosen.SetBytes("rng-seed", SHA256.HashData(seed));
    }

    private static void AddMemory(DeviceTreeNode root, GuestRam ram)
    {
        var memory = root.Add(string.Create(CultureInfo.InvariantCulture, $"memory@{ram.Start:x}"));
        memory.Set("device_type", "memory");
        SetRegisters(memory, ram.Start, ram.Length);
    }

    private static void AddCpus(DeviceTreeNode cpus, MachineRequest request)
    {
        cpus.Set("#address-cells", 1u);
        cpus.Set("#size-cells", 0u);
        cpus.Set("timebase-frequency", request.TimebaseHz);
        for (int hart = 0; hart < request.Harts; hart++)
        {
            var cpu = cpus.Add(string.Create(CultureInfo.InvariantCulture, $"cpu@{hart:x}"));
            cpu.Set("phandle", CpuHandle(hart));
            cpu.Set("device_type", "cpu");
            cpu.Set("reg", (uint)hart);
            cpu.Set("status", "okay");
            cpu.Set("compatible", "riscv");
            cpu.Set("riscv,isa", request.Isa);
            cpu.Set("mmu-type", request.Paging switch { PagingMode.Sv39 => "riscv,sv39", PagingMode.Sv48 => "riscv,sv48", _ => "riscv,sv57" });
            foreach (string extension in (string[])["zicbom", "zicboz"])
            {
                if (request.Isa.Contains(extension, StringComparison.Ordinal))
                {
                    cpu.Set($"riscv,{extension.AsSpan(2)}-block-size", CacheBlock);
                }
            }

            var controller = cpu.Add("interrupt-controller");
            controller.Set("#interrupt-cells", 1u);
            controller.Set("#address-cells", 0u);
            controller.Set("interrupt-controller");
            controller.Set("compatible", "riscv,cpu-intc");
            controller.Set("phandle", ControllerHandle(hart));
        }

        var cluster = cpus.Add("cpu-map").Add("cluster0");
        for (int hart = 0; hart < request.Harts; hart++)
        {
            cluster.Add(string.Create(CultureInfo.InvariantCulture, $"core{hart}")).Set("cpu", CpuHandle(hart));
        }
    }

    private static void AddDevice(DeviceTreeNode soc, DeviceSlot slot, MachineRequest request, in PlatformTreeOptions options)
    {
        var device = slot.Device;
        var node = soc.Add(NameOf(slot));
        SetRegisters(node, slot.Address, device is Uart16550 ? 0x100 : slot.WindowSize);
        if (slot.Interrupt != 0)
        {
            node.Set("interrupts", [.. Enumerable.Range(slot.Interrupt, slot.InterruptCount).Select(source => (uint)source)]);
            node.Set("interrupt-parent", PlicHandle);
        }

        device.Describe(node);
        switch (device)
        {
            case Plic:
                node.Set("phandle", PlicHandle);
                node.Set("interrupts-extended", ToHarts(request.Harts, options.HasMachineMode ? MachineExternal : NoInterrupt, SupervisorExternal));
                break;
            case Clint:
                node.Set("interrupts-extended", ToHarts(request.Harts, MachineSoftware, MachineTimer));
                break;
            case TestDevice:
                node.Set("phandle", TestHandle);
                break;
            default:
                break;
        }
    }

    private static uint[] ToHarts(int harts, uint first, uint second) =>
        [.. Enumerable.Range(0, harts).SelectMany(hart => (uint[])[ControllerHandle(hart), first, ControllerHandle(hart), second])];

    private static void AddCommand(DeviceTreeNode node, string compatible, uint value)
    {
        node.Set("compatible", compatible);
        node.Set("regmap", TestHandle);
        node.Set("offset", 0u);
        node.Set("value", value);
    }

    private static void SetRegisters(DeviceTreeNode node, ulong address, ulong size) => node.Set("reg", High(address), (uint)address, High(size), (uint)size);

    private static string NameOf(DeviceSlot slot)
    {
        string name = slot.Device switch
        {
            TestDevice => "test",
            GoldfishClock => "rtc",
            Uart16550 => "serial",
            Plic => "plic",
            Clint => "clint",
            _ when slot.Name.StartsWith("virtio", StringComparison.Ordinal) => "virtio_mmio",
            _ => slot.Name,
        };
        return string.Create(CultureInfo.InvariantCulture, $"{name}@{slot.Address:x}");
    }

    private static uint High(ulong value) => (uint)(value >> 32);
}
