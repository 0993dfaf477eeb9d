using ObjectOS.Abi;

namespace ObjectOS.Cpu;

/// <summary>
/// What a device can do in its machine. Memory is the guest's, by guest-physical address; an operation that answers <see cref="DeviceStatus.Suspended"/>
/// has done nothing, and the device then returns so, too, with nothing changed: first read and prepare all, then change.
/// </summary>
public interface IDeviceHost
{
    /// <summary>Guest time in nanoseconds.</summary>
    ulong Now { get; }

    /// <summary>Copies out of guest memory. <see cref="DeviceStatus.Fault"/>: not all of it is memory.</summary>
    DeviceStatus ReadMemory(ulong address, Span<byte> destination);

    /// <summary>Makes sure that <see cref="WriteMemory"/> of the range, in the same call of the device, is done.</summary>
    DeviceStatus PrepareMemory(ulong address, ulong length);

    /// <summary>Copies into guest memory.</summary>
    DeviceStatus WriteMemory(ulong address, ReadOnlySpan<byte> source);

    /// <summary>Drives one of the device's interrupt lines, 0 to <see cref="IDevice.InterruptCount"/> − 1.</summary>
    void SetInterrupt(int line, bool level);

    /// <summary>Has <see cref="IDevice.OnDeadline"/> called at a guest time in nanoseconds; null: not any more. One deadline at a time.</summary>
    void SetDeadline(ulong? nanoseconds);

    /// <summary>
    /// Has loads of so many bytes at an offset of the window answered without <see cref="IDevice.Read"/>, which may have no other effect there: the engine answers them
    /// where they are executed, for <see cref="AnsweredRead.Cost"/> virtual instructions each. The last call for an offset and a size counts. A machine may leave the loads to the device.
    /// </summary>
    /// <param name="offset">The offset, a multiple of the size.</param>
    /// <param name="size">1, 2, 4 or 8.</param>
    /// <param name="kind">What they read. <see cref="AnswerKind.None"/>: they are the device's again.</param>
    /// <param name="value">The value, or by how many bits the time register is shifted right.</param>
    /// <param name="until">The guest time, in nanoseconds, from which on they are the device's again.</param>
    void SetAnswer(ulong offset, int size, AnswerKind kind, ulong value = 0, ulong until = ulong.MaxValue)
    {
    }

    /// <summary>
    /// Asks the host for work; its end comes to <see cref="IDevice.OnCompletion"/> with the number returned, the device's own: the lowest that none of its requests
    /// under way has. 0: refused, the quota is used up.
    /// </summary>
    ulong Request(HostRequestKind kind, ulong target, ReadOnlySpan<byte> data, ulong argument0 = 0, ulong argument1 = 0, ulong argument2 = 0, ulong argument3 = 0);
}
