using System.Buffers.Binary;

namespace ObjectOS.Services.Vmm;

/// <summary>A piece of guest memory that a descriptor names; it does not wrap round the end of the address space.</summary>
/// <param name="Address">Guest-physical address.</param>
/// <param name="Length">Bytes.</param>
internal readonly record struct MemorySegment(ulong Address, uint Length);

/// <summary>
/// One request of a driver: the parts that the device reads, then the parts that it writes (VIRTIO 1.2, 2.7.4 and 2.7.5). Read once out of
/// the descriptors: what a guest does to them later changes nothing.
/// </summary>
internal sealed class DescriptorChain
{
    /// <summary>Most descriptors in an indirect table; the specification's own limit would let one request name megabytes of descriptors.</summary>
    public const int MostIndirect = 1024;

    private const int DescriptorSize = 16;
    private const ushort Next = 1;
    private const ushort DeviceWrites = 2;
    private const ushort Indirect = 4;

    private readonly List<MemorySegment> _readable = [];
    private readonly List<MemorySegment> _writable = [];

    private DescriptorChain(ushort head) => Head = head;

    /// <summary>The index of its first descriptor, which names it in the used ring.</summary>
    public ushort Head { get; }

    /// <summary>Bytes for the device to read.</summary>
    public ulong ReadableLength { get; private set; }

    /// <summary>Bytes that the device may write.</summary>
    public ulong WritableLength { get; private set; }

    /// <summary>Reads a chain. <see cref="DeviceStatus.Fault"/>: it is malformed.</summary>
    public static DeviceStatus Walk(IDeviceHost host, ulong table, ushort size, ushort head, bool allowsIndirect, out DescriptorChain? chain)
    {
        var built = new DescriptorChain(head);
        var status = built.Walk(host, table, size, allowsIndirect);
        chain = status == DeviceStatus.Done ? built : null;
        return status;
    }

    /// <summary>Copies out of the parts that the device reads. <see cref="DeviceStatus.Fault"/>: they are not so long, or not all memory.</summary>
    public DeviceStatus Read(IDeviceHost host, ulong offset, Span<byte> destination)
    {
        foreach (var segment in _readable)
        {
            if (destination.IsEmpty)
            {
                break;
            }

            if (offset >= segment.Length)
            {
                offset -= segment.Length;
                continue;
            }

            int part = (int)Math.Min(segment.Length - offset, (ulong)destination.Length);
            var status = host.ReadMemory(segment.Address + offset, destination[..part]);
            if (status != DeviceStatus.Done)
            {
                return status;
            }

            destination = destination[part..];
            offset = 0;
        }

        return destination.IsEmpty ? DeviceStatus.Done : DeviceStatus.Fault;
    }

    /// <summary>Makes sure that <see cref="Write"/> of the range can be done in the same call of the device.</summary>
    public DeviceStatus PrepareWrite(IDeviceHost host, ulong offset, ulong length)
    {
        foreach (var segment in _writable)
        {
            if (length == 0)
            {
                break;
            }

            if (offset >= segment.Length)
            {
                offset -= segment.Length;
                continue;
            }

            ulong part = Math.Min(segment.Length - offset, length);
            var status = host.PrepareMemory(segment.Address + offset, part);
            if (status != DeviceStatus.Done)
            {
                return status;
            }

            length -= part;
            offset = 0;
        }

        return length == 0 ? DeviceStatus.Done : DeviceStatus.Fault;
    }

    /// <summary>Copies into the parts that the device writes, which were prepared.</summary>
    public void Write(IDeviceHost host, ulong offset, ReadOnlySpan<byte> source)
    {
        foreach (var segment in _writable)
        {
            if (source.IsEmpty)
            {
                break;
            }

            if (offset >= segment.Length)
            {
                offset -= segment.Length;
                continue;
            }

            int part = (int)Math.Min(segment.Length - offset, (ulong)source.Length);
            Virtqueue.WritePrepared(host, segment.Address + offset, source[..part]);
            source = source[part..];
            offset = 0;
        }
    }

    /// <summary>Writes the state.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(Head);
        foreach (var list in (List<MemorySegment>[])[_readable, _writable])
        {
            writer.Write(list.Count);
            foreach (var segment in list)
            {
                writer.Write(segment.Address);
                writer.Write(segment.Length);
            }
        }
    }

    /// <summary>Makes what <see cref="Save"/> wrote.</summary>
    /// <exception cref="InvalidDataException">Nothing saved is so long.</exception>
    public static DescriptorChain Restore(BinaryReader reader)
    {
        var chain = new DescriptorChain(reader.ReadUInt16());
        for (int kind = 0; kind < 2; kind++)
        {
            for (int count = Saved.Count(reader, MostIndirect + ushort.MaxValue); count > 0; count--)
            {
                chain.Add(new MemorySegment(reader.ReadUInt64(), reader.ReadUInt32()), kind == 1);
            }
        }

        return chain;
    }

    private DeviceStatus Walk(IDeviceHost host, ulong table, ushort size, bool allowsIndirect)
    {
        Span<byte> raw = stackalloc byte[DescriptorSize];
        ushort index = Head;

        // More descriptors than the table has are a loop.
        for (int count = 0; count < size && index < size; count++)
        {
            var status = host.ReadMemory(table + (ulong)(DescriptorSize * index), raw);
            if (status != DeviceStatus.Done)
            {
                return status;
            }

            ushort flags = BinaryPrimitives.ReadUInt16LittleEndian(raw[12..]);
            index = BinaryPrimitives.ReadUInt16LittleEndian(raw[14..]);
            if ((flags & Indirect) != 0)
            {
                // 2.7.5.3.1: not without the feature, and not with NEXT.
                return allowsIndirect && (flags & Next) == 0 ? WalkIndirect(host, raw) : DeviceStatus.Fault;
            }

            if (!Add(raw))
            {
                return DeviceStatus.Fault;
            }

            if ((flags & Next) == 0)
            {
                return DeviceStatus.Done;
            }
        }

        return DeviceStatus.Fault;
    }

    private DeviceStatus WalkIndirect(IDeviceHost host, ReadOnlySpan<byte> descriptor)
    {
        ulong address = BinaryPrimitives.ReadUInt64LittleEndian(descriptor);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(descriptor[8..]);
        if (length == 0 || length % DescriptorSize != 0 || length > MostIndirect * DescriptorSize || address + length < address)
        {
            return DeviceStatus.Fault;
        }

        var table = new byte[length];
        var status = host.ReadMemory(address, table);
        if (status != DeviceStatus.Done)
        {
            return status;
        }

        int entries = (int)(length / DescriptorSize);
        int index = 0;
        for (int count = 0; count < entries && index < entries; count++)
        {
            var raw = table.AsSpan(index * DescriptorSize, DescriptorSize);
            ushort flags = BinaryPrimitives.ReadUInt16LittleEndian(raw[12..]);

            // 2.7.5.3.1: a table within a table is not allowed.
            if ((flags & Indirect) != 0 || !Add(raw))
            {
                return DeviceStatus.Fault;
            }

            if ((flags & Next) == 0)
            {
                return DeviceStatus.Done;
            }

            index = BinaryPrimitives.ReadUInt16LittleEndian(raw[14..]);
        }

        return DeviceStatus.Fault;
    }

    private bool Add(ReadOnlySpan<byte> descriptor)
    {
        var segment = new MemorySegment(
            BinaryPrimitives.ReadUInt64LittleEndian(descriptor), BinaryPrimitives.ReadUInt32LittleEndian(descriptor[8..]));
        bool writes = (BinaryPrimitives.ReadUInt16LittleEndian(descriptor[12..]) & DeviceWrites) != 0;
        if (segment.Address + segment.Length < segment.Address || (!writes && _writable.Count > 0))
        {
            // 2.7.4.2: what the device writes comes behind what it reads.
            return false;
        }

        Add(segment, writes);

        // 2.7.5: no chain is longer than 2^32 bytes.
        return ReadableLength + WritableLength <= 1UL << 32;
    }

    private void Add(MemorySegment segment, bool writes)
    {
        (writes ? _writable : _readable).Add(segment);
        if (writes)
        {
            WritableLength += segment.Length;
        }
        else
        {
            ReadableLength += segment.Length;
        }
    }
}
