namespace ObjectOS.Cpu;

/// <summary>How a device's work ended.</summary>
public enum DeviceStatus : byte
{
    /// <summary>Done.</summary>
    Done,

    /// <summary>
    /// A memory operation answered so, and the device has changed nothing since: the same work is given to it again. Work in several parts may
    /// keep what is complete, if doing the whole again then goes on behind it.
    /// </summary>
    Suspended,

    /// <summary>There is nothing at the address, or it cannot be accessed so: the hart gets an access fault.</summary>
    Fault,
}

/// <summary>
/// A device of a virtual machine: a C# class that guests see as registers in their physical memory. All members are called one at a
/// time, in guest time; its state is data that <see cref="Save"/> writes.
/// </summary>
public interface IDevice
{
    /// <summary>Unique in its machine, for instance <c>uart0</c>.</summary>
    string Name { get; }

    /// <summary>Bytes of its register window, a multiple of 4096.</summary>
    ulong WindowSize { get; }

    /// <summary>Interrupt lines that it wants.</summary>
    int InterruptCount { get; }

    /// <summary>Called once, before all else: what the device can do in its machine.</summary>
    void Attach(IDeviceHost host);

    /// <summary>A load of 1, 2, 4 or 8 bytes.</summary>
    /// <param name="offset">From the start of the window; with the size not beyond its end.</param>
    /// <param name="size">Bytes.</param>
    /// <param name="value">What the hart gets, zero-extended.</param>
    DeviceStatus Read(ulong offset, int size, out ulong value);

    /// <summary>A store of 1, 2, 4 or 8 bytes.</summary>
    DeviceStatus Write(ulong offset, int size, ulong value);

    /// <summary>The time set by <see cref="IDeviceHost.SetDeadline"/> has come.</summary>
    DeviceStatus OnDeadline() => DeviceStatus.Done;

    /// <summary>A request to the host has ended.</summary>
    /// <param name="id">What <see cref="IDeviceHost.Request"/> returned.</param>
    /// <param name="result">As the request's kind says; negative: an error.</param>
    /// <param name="data">What came with it; not to be kept.</param>
    DeviceStatus OnCompletion(ulong id, long result, ReadOnlySpan<byte> data) => DeviceStatus.Done;

    /// <summary>Back to the state after <see cref="Attach"/>: the machine reboots.</summary>
    void Reset();

    /// <summary>Adds what guests are to know of it to its node of the device tree, which has <c>reg</c> and <c>interrupts</c> already.</summary>
    void Describe(DeviceTreeNode node);

    /// <summary>Writes the state.</summary>
    void Save(BinaryWriter writer);

    /// <summary>
    /// Takes what <see cref="Save"/> wrote, in a device that is attached. Its deadline and its requests to the host are kept by its machine and are there again: it asks
    /// for none of them here.
    /// </summary>
    /// <exception cref="InvalidDataException">It is not a state of this device and version.</exception>
    void Restore(BinaryReader reader);
}
