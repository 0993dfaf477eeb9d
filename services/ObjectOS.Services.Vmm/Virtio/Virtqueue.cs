using System.Buffers.Binary;
using System.Diagnostics;

namespace ObjectOS.Services.Vmm;

/// <summary>
/// The device's side of a split virtqueue (VIRTIO 1.2, 2.7). A chain is handled as the restart rule of <see cref="IDeviceHost"/> wants it:
/// <see cref="TryPeek"/>, the reading of its buffers, <see cref="Prepare"/> and the preparing of its buffers change nothing and may answer
/// <see cref="DeviceStatus.Suspended"/>; then <see cref="Take"/> and <see cref="Complete"/> change, and cannot fail.
/// </summary>
/// <param name="maximumSize">Most descriptors, a power of two.</param>
internal sealed class Virtqueue(ushort maximumSize)
{
    private IDeviceHost? _host;
    private ulong _descriptors;
    private ulong _available;
    private ulong _used;
    private ushort _nextAvailable;
    private ushort _nextUsed;
    private bool _hasEventIndex;
    private bool _hasIndirect;

    // Of one call of the device: what Prepare found, and how many chains may still be taken.
    private ushort _driverWord;
    private int _chainsLeft;
    private bool _wantsInterrupt;

    /// <summary>Most descriptors.</summary>
    public ushort MaximumSize => maximumSize;

    /// <summary>Descriptors in use; 0 until the driver has said so.</summary>
    public ushort Size { get; private set; }

    /// <summary>True once the driver has placed it.</summary>
    public bool IsReady { get; private set; }

    /// <summary>The host is known at attach.</summary>
    public void Attach(IDeviceHost host) => _host = host;

    /// <summary>
    /// Places the queue. False: the size is no power of two up to the maximum, or a part is not aligned (2.7: 16, 2 and 4 bytes) or wraps round
    /// the end of the address space; it is then not ready.
    /// </summary>
    public bool TryStart(uint size, ulong descriptors, ulong available, ulong used)
    {
        if (size == 0 || size > maximumSize || (size & (size - 1)) != 0 || ((descriptors & 15) | (available & 1) | (used & 3)) != 0
            || Math.Max(descriptors, Math.Max(available, used)) > ulong.MaxValue - (1 << 20))
        {
            return false;
        }

        (Size, _descriptors, _available, _used) = ((ushort)size, descriptors, available, used);
        _nextAvailable = _nextUsed = 0;
        IsReady = true;
        return true;
    }

    /// <summary>Takes what the driver accepts of the features of queues.</summary>
    public void SetFeatures(bool hasEventIndex, bool hasIndirect) => (_hasEventIndex, _hasIndirect) = (hasEventIndex, hasIndirect);

    /// <summary>Forgets where it is.</summary>
    public void Stop()
    {
        (Size, _descriptors, _available, _used) = (0, 0, 0, 0);
        _nextAvailable = _nextUsed = 0;
        _wantsInterrupt = false;
        IsReady = false;
    }

    /// <summary>
    /// A call of the device begins. No honest driver has more chains waiting than descriptors; one that lays the rings over each other could
    /// otherwise make work for itself for ever.
    /// </summary>
    public void BeginCall() => _chainsLeft = Size;

    /// <summary>True, once, where the call has used chains that the driver wants to be told of.</summary>
    public bool TakeInterrupt()
    {
        bool wants = _wantsInterrupt;
        _wantsInterrupt = false;
        return wants;
    }

    /// <summary>The next chain that waits, which stays where it is; null: none. <see cref="DeviceStatus.Fault"/>: the ring is malformed.</summary>
    public DeviceStatus TryPeek(out DescriptorChain? chain)
    {
        chain = null;
        if (!IsReady || _chainsLeft == 0)
        {
            return DeviceStatus.Done;
        }

        var status = ReadWord(_available + 2, out ushort end);
        ushort waiting = (ushort)(end - _nextAvailable);
        if (status != DeviceStatus.Done || waiting == 0)
        {
            return status;
        }

        if (waiting > Size)
        {
            return DeviceStatus.Fault;
        }

        status = ReadWord(_available + 4 + (2UL * (ushort)(_nextAvailable % Size)), out ushort head);
        return status == DeviceStatus.Done ? DescriptorChain.Walk(_host!, _descriptors, Size, head, _hasIndirect, out chain) : status;
    }

    /// <summary>Makes sure that <see cref="Take"/> and <see cref="Complete"/> can be done in the same call of the device.</summary>
    public DeviceStatus Prepare()
    {
        // The used ring with the word behind it, avail_event.
        var status = _host!.PrepareMemory(_used, 6 + (8UL * Size));

        // used_event or the flags: what tells whether the driver wants an interrupt (2.7.7.2).
        return status == DeviceStatus.Done ? ReadWord(_hasEventIndex ? _available + 4 + (2UL * Size) : _available, out _driverWord) : status;
    }

    /// <summary>The chain that was peeked at is the device's from now on. Prepared.</summary>
    public void Take()
    {
        _nextAvailable++;
        _chainsLeft--;
        if (_hasEventIndex)
        {
            // 2.7.10: the driver tells of the first chain behind this one.
            WriteWord(_used + 4 + (8UL * Size), _nextAvailable);
        }
    }

    /// <summary>Gives a chain back with the number of bytes that were written into it. Prepared.</summary>
    public void Complete(ushort head, uint written)
    {
        Span<byte> element = stackalloc byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(element, head);
        BinaryPrimitives.WriteUInt32LittleEndian(element[4..], written);
        WritePrepared(_host!, _used + 4 + (8UL * (ushort)(_nextUsed % Size)), element);
        ushort old = _nextUsed++;
        WriteWord(_used + 2, _nextUsed);

        // 2.7.7.1 and 2.7.10: without the event index bit 0 of the flags holds interrupts off; with it, one is due as used_event is passed.
        _wantsInterrupt |= _hasEventIndex ? (ushort)(_nextUsed - _driverWord - 1) < (ushort)(_nextUsed - old) : (_driverWord & 1) == 0;
    }

    /// <summary>Writes memory that was prepared.</summary>
    /// <exception cref="UnreachableException">The machine broke its promise.</exception>
    public static void WritePrepared(IDeviceHost host, ulong address, ReadOnlySpan<byte> source)
    {
        var status = host.WriteMemory(address, source);
        if (status != DeviceStatus.Done)
        {
            throw new UnreachableException($"prepared memory at 0x{address:x}, {source.Length} bytes: {status}");
        }
    }

    /// <summary>Writes the state.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(IsReady);
        writer.Write(Size);
        writer.Write(_descriptors);
        writer.Write(_available);
        writer.Write(_used);
        writer.Write(_nextAvailable);
        writer.Write(_nextUsed);
    }

    /// <summary>Takes what <see cref="Save"/> wrote.</summary>
    /// <exception cref="InvalidDataException">It is no state of such a queue.</exception>
    public void Restore(BinaryReader reader)
    {
        Stop();
        bool isReady = reader.ReadBoolean();
        ushort size = reader.ReadUInt16();
        ulong descriptors = reader.ReadUInt64();
        ulong available = reader.ReadUInt64();
        ulong used = reader.ReadUInt64();
        ushort nextAvailable = reader.ReadUInt16();
        ushort nextUsed = reader.ReadUInt16();
        if (isReady && !TryStart(size, descriptors, available, used))
        {
            throw new InvalidDataException($"A saved queue has {size} descriptors at 0x{descriptors:x}; no such queue can be.");
        }

        (_nextAvailable, _nextUsed) = (nextAvailable, nextUsed);
    }

    private DeviceStatus ReadWord(ulong address, out ushort value)
    {
        Span<byte> word = stackalloc byte[2];
        var status = _host!.ReadMemory(address, word);
        value = BinaryPrimitives.ReadUInt16LittleEndian(word);
        return status;
    }

    private void WriteWord(ulong address, ushort value)
    {
        Span<byte> word = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(word, value);
        WritePrepared(_host!, address, word);
    }
}
