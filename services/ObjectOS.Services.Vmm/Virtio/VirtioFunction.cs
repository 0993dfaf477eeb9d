namespace ObjectOS.Services.Vmm;

/// <summary>
/// What a virtio device does, apart from how it is reached: <see cref="VirtioTransport"/> gives it registers and queues. Every entry that
/// returns a <see cref="DeviceStatus"/> obeys the restart rule of <see cref="IDevice"/>; <see cref="DeviceStatus.Fault"/> means that the driver
/// broke a rule of its queue, and the device then wants a reset.
/// </summary>
public abstract class VirtioFunction
{
    private protected VirtioFunction(uint deviceId, params ReadOnlySpan<ushort> queueSizes)
    {
        DeviceId = deviceId;
        Queues = new Virtqueue[queueSizes.Length];
        for (int i = 0; i < queueSizes.Length; i++)
        {
            Queues[i] = new Virtqueue(queueSizes[i]);
        }
    }

    /// <summary>The device type (VIRTIO 1.2, chapter 5).</summary>
    public uint DeviceId { get; }

    /// <summary>Features (<see cref="VirtioFeatures"/>) offered besides those of the transport and the queues.</summary>
    public abstract ulong Offered { get; }

    /// <summary>The configuration space as it reads now; bytes behind its end read as zero.</summary>
    public virtual ReadOnlySpan<byte> Configuration => default;

    /// <summary>A store to the configuration space, of 1, 2, 4 or 8 bytes; most functions have nothing there to be written.</summary>
    /// <param name="offset">From the start of the configuration space; perhaps behind its end.</param>
    /// <param name="value">What was stored, zero-extended.</param>
    public virtual void WriteConfiguration(ulong offset, ulong value)
    {
    }

    /// <summary>Its queues.</summary>
    internal Virtqueue[] Queues { get; }

    /// <summary>What the driver has accepted.</summary>
    private protected ulong Accepted { get; private set; }

    /// <summary>True while the driver drives it.</summary>
    private protected bool IsRunning { get; private set; }

    private protected IDeviceHost Host { get; private set; } = null!;

    /// <summary>Has <see cref="OnDeadline"/> called before its machine's harts go on; before it is attached there is nobody to call it.</summary>
    private protected void AskToBeCalled() => ((IDeviceHost?)Host)?.SetDeadline(Host.Now);

    /// <summary>The driver says that there is something in a queue.</summary>
    public abstract DeviceStatus OnNotify(int queue);

    /// <summary>The time set by the host's deadline has come.</summary>
    public virtual DeviceStatus OnDeadline() => DeviceStatus.Done;

    /// <summary>A request to the host has ended.</summary>
    public virtual DeviceStatus OnCompletion(ulong id, long result, ReadOnlySpan<byte> data) => DeviceStatus.Done;

    /// <summary>The driver resets the device: what is under way is forgotten, what the device holds (a disk's contents) stays.</summary>
    public virtual void Reset()
    {
    }

    /// <summary>The machine reboots: <see cref="Reset"/>, and what begins anew with the machine.</summary>
    public virtual void Restart() => Reset();

    /// <summary>Writes the state.</summary>
    public virtual void Save(BinaryWriter writer)
    {
    }

    /// <summary>Takes what <see cref="Save"/> wrote.</summary>
    public virtual void Restore(BinaryReader reader)
    {
    }

    internal void Attach(IDeviceHost host)
    {
        Host = host;
        foreach (var queue in Queues)
        {
            queue.Attach(host);
        }
    }

    internal void SetState(ulong accepted, bool isRunning) => (Accepted, IsRunning) = (accepted, isRunning);
}
