namespace ObjectOS.Services.Vmm;

/// <summary>What a part of a platform is.</summary>
public enum PartKind
{
    /// <summary>Power-off, reset and failure: compatible with <c>sifive,test1</c>.</summary>
    Test,

    /// <summary>A clock: <c>google,goldfish-rtc</c>. One interrupt.</summary>
    Clock,

    /// <summary>Software and timer interrupts of machine mode: <c>riscv,clint0</c>. Left out where the harts have no machine mode.</summary>
    Clint,

    /// <summary>The interrupt controller: <c>riscv,plic0</c>.</summary>
    Plic,

    /// <summary>A serial port: <c>ns16550a</c>. One interrupt.</summary>
    Uart,

    /// <summary>A slot for a virtio device: <c>virtio,mmio</c>, version 2. One interrupt. Slots are filled in the order of the parts.</summary>
    VirtioSlot,

    /// <summary>From here on upwards the devices of the embedding program stand, their interrupts from the first one named here on.</summary>
    OwnDevices,

    /// <summary>
    /// The same as <see cref="VirtioSlot"/>, but its device has the legacy interface (VIRTIO 1.2, 4.2.4), version 1, for drivers that know no other. Slots of both kinds
    /// are filled in the order of the parts.
    /// </summary>
    LegacyVirtioSlot,
}

/// <summary>A part of a platform: data, so that platforms can be described, saved and sent.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Address">The first guest-physical address of its window, a multiple of 4096.</param>
/// <param name="Interrupt">The first of its interrupt sources, 1 to 96; 0 for a part without.</param>
public readonly record struct PlatformPart(PartKind Kind, ulong Address, int Interrupt = 0);
