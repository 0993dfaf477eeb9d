using System.Buffers.Binary;

namespace ObjectOS.Services.Vmm;

/// <summary>
/// A network card (VIRTIO 1.2, 5.1) at a port of a switch: queue 0 receives, queue 1 transmits, one frame in each chain. What comes is put into the
/// guest's buffers at a deadline of now, for only in a call of its own may a device touch its guest's memory.
/// </summary>
public sealed class NetworkFunction : VirtioFunction, ISwitchListener
{
    private const int ReceiveQueue = 0;
    private const int TransmitQueue = 1;
    private const ushort QueueSize = 256;
    private const uint SavedVersion = 1;

    private readonly VirtualSwitch _network;
    private readonly SwitchPort _port;
    private readonly byte[] _configuration = new byte[8];

    /// <param name="network">The switch.</param>
    /// <param name="port">Its port for this machine; it gets this card as its listener.</param>
    public NetworkFunction(VirtualSwitch network, SwitchPort port)
        : base(1, QueueSize, QueueSize)
    {
        (_network, _port) = (network, port);
        port.Listener = this;

        // 5.1.4: mac, then status with LINK_UP.
        port.Mac.Write(_configuration);
        _configuration[6] = 1;
    }

    /// <inheritdoc/>
    public override ulong Offered => VirtioFeatures.NetworkMac | VirtioFeatures.NetworkStatus;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Configuration => _configuration;

    /// <summary>Frames that were lost because they did not fit: too long for the buffer that came first, or to be sent and no frame.</summary>
    public ulong Unfit { get; private set; }

    /// <summary>5.1.6.1: without VERSION_1 and merged buffers <c>num_buffers</c> is not there.</summary>
    private int HeaderSize => (Accepted & VirtioFeatures.Version1) != 0 ? 12 : 10;

    /// <inheritdoc/>
    public void OnFrames() => AskToBeCalled();

    /// <inheritdoc/>
    public override DeviceStatus OnNotify(int queue) => queue == ReceiveQueue ? Receive() : Transmit();

    /// <inheritdoc/>
    public override DeviceStatus OnDeadline() => Receive();

    /// <inheritdoc/>
    public override void Reset() => _port.Clear();

    /// <inheritdoc/>
    public override void Save(BinaryWriter writer)
    {
        writer.Write(SavedVersion);
        writer.Write(Unfit);
    }

    /// <inheritdoc/>
    public override void Restore(BinaryReader reader)
    {
        Saved.Version(reader, SavedVersion, "a network card");
        Unfit = reader.ReadUInt64();
    }

    private DeviceStatus Receive()
    {
        var queue = Queues[ReceiveQueue];
        while (_port.Next is { } frame)
        {
            var status = queue.TryPeek(out var chain);
            if (status != DeviceStatus.Done || chain is null)
            {
                return status;
            }

            if (chain.WritableLength < (uint)(HeaderSize + frame.Length))
            {
                _port.Take();
                Unfit++;
                continue;
            }

            status = Put(queue, chain, frame);
            if (status != DeviceStatus.Done)
            {
                return status;
            }

            _port.Take();
        }

        return DeviceStatus.Done;
    }

    private DeviceStatus Put(Virtqueue queue, DescriptorChain chain, ReadOnlySpan<byte> frame)
    {
        Span<byte> header = stackalloc byte[HeaderSize];
        header.Clear();
        if (header.Length == 12)
        {
            // 5.1.6.4.1: num_buffers is 1 where buffers are not merged.
            BinaryPrimitives.WriteUInt16LittleEndian(header[10..], 1);
        }

        uint length = (uint)(header.Length + frame.Length);
        var status = queue.Prepare();
        status = status == DeviceStatus.Done ? chain.PrepareWrite(Host, 0, length) : status;
        if (status == DeviceStatus.Done)
        {
            chain.Write(Host, 0, header);
            chain.Write(Host, (ulong)header.Length, frame);
            queue.Take();
            queue.Complete(chain.Head, length);
        }

        return status;
    }

    private DeviceStatus Transmit()
    {
        var queue = Queues[TransmitQueue];
        while (true)
        {
            var status = queue.TryPeek(out var chain);
            if (status != DeviceStatus.Done || chain is null)
            {
                return status;
            }

            // The header asks for checksums and segmentation that were not offered: passed over.
            ulong length = chain.ReadableLength - Math.Min((ulong)HeaderSize, chain.ReadableLength);
            bool fits = length is >= VirtualSwitch.LeastInFrame and <= VirtualSwitch.MostInFrame;
            var frame = new byte[fits ? (int)length : 0];
            status = chain.Read(Host, fits ? (ulong)HeaderSize : 0, frame);
            status = status == DeviceStatus.Done ? queue.Prepare() : status;
            if (status != DeviceStatus.Done)
            {
                return status;
            }

            queue.Take();
            queue.Complete(chain.Head, 0);
            if (fits)
            {
                _network.Send(_port, frame);
            }
            else
            {
                Unfit++;
            }
        }
    }
}
