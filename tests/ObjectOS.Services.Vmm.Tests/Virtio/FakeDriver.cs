using System.Buffers.Binary;
using ObjectOS.Cpu;
using ObjectOS.Services.Vmm;

namespace ObjectOS.Tests.Vmm.Virtio;

/// <summary>A driver that follows VIRTIO 1.2: the handshake of 3.1.1, split queues of 2.7, registers of 4.2.2.</summary>
internal sealed class FakeDriver
{
    private const ulong QueueStride = 0x4000;
    private const ulong HeapStart = FakeDeviceHost.Base + 0x20000;

    private readonly Dictionary<int, ushort> _nextAvailable = [];
    private readonly Dictionary<int, ushort> _nextUsed = [];
    private readonly Dictionary<(int, ushort), (ulong Address, int Length)[]> _writable = [];
    private readonly Dictionary<int, ushort> _nextDescriptor = [];
    private ulong _heap = HeapStart;

    public FakeDriver(VirtioTransport device, FakeDeviceHost host, bool attach = true)
    {
        (Device, Host) = (device, host);
        if (attach)
        {
            device.Attach(host);
        }
    }

    public VirtioTransport Device { get; }

    public FakeDeviceHost Host { get; }

    public ushort Size { get; private set; }

    public ulong Features { get; private set; }

    public static ulong Descriptors(int queue) => FakeDeviceHost.Base + 0x1000 + ((ulong)queue * QueueStride);

    public static ulong Available(int queue) => Descriptors(queue) + 0x1000;

    public static ulong Used(int queue) => Descriptors(queue) + 0x2000;

    public uint Read(ulong offset)
    {
        Device.Read(offset, 4, out ulong value).Should().Be(DeviceStatus.Done);
        return (uint)value;
    }

    public void Write(ulong offset, uint value) => Host.Call(() => Device.Write(offset, 4, value)).Should().Be(DeviceStatus.Done);

    public ulong OfferedFeatures()
    {
        Write(0x14, 0);
        ulong low = Read(0x10);
        Write(0x14, 1);
        return low | ((ulong)Read(0x10) << 32);
    }

    public void Start(int queues, ushort size = 16, ulong without = 0)
    {
        Begin();
        Accept(OfferedFeatures() & ~without);
        Write(0x70, 11);
        Read(0x70).Should().Be(11);
        PlaceQueues(queues, size);
        Write(0x70, 15);
        Read(0x70).Should().Be(15);
    }

    /// <summary>Resets the device, acknowledges it and says that there is a driver.</summary>
    public void Begin()
    {
        Write(0x70, 0);
        Write(0x70, 1);
        Write(0x70, 3);
    }

    public void Accept(ulong features)
    {
        Features = features;
        Write(0x24, 0);
        Write(0x20, (uint)Features);
        Write(0x24, 1);
        Write(0x20, (uint)(Features >> 32));
    }

    public void PlaceQueues(int queues, ushort size = 16)
    {
        Size = size;
        for (int i = 0; i < queues; i++)
        {
            Write(0x30, (uint)i);
            Read(0x44).Should().Be(0);
            Write(0x38, size);
            Place(0x80, Descriptors(i));
            Place(0x90, Available(i));
            Place(0xa0, Used(i));
            Write(0x44, 1);
            Read(0x44).Should().Be(1);
            _nextAvailable[i] = _nextUsed[i] = _nextDescriptor[i] = 0;
        }
    }

    public ulong Allocate(int length)
    {
        ulong at = _heap;
        _heap += (ulong)(length + 15) & ~15UL;
        return at;
    }

    /// <summary>Puts a chain into the available ring.</summary>
    public ushort Add(int queue, byte[][] readable, int[] writable, bool indirect = false)
    {
        var parts = new List<(ulong Address, int Length, ushort Flags)>();
        foreach (byte[] bytes in readable)
        {
            ulong at = Allocate(bytes.Length);
            Store(at, bytes);
            parts.Add((at, bytes.Length, 0));
        }

        parts.AddRange(writable.Select(length => (Allocate(length), length, (ushort)2)));
        ushort head = NextDescriptor(queue);
        if (indirect)
        {
            ulong table = Allocate(parts.Count * 16);
            WriteTable(parts, i => table + (16UL * (ulong)i), i => (ushort)(i + 1));
            WriteDescriptor(Descriptors(queue) + (16UL * head), table, parts.Count * 16, 4, 0);
        }
        else
        {
            var indices = new List<ushort> { head };
            while (indices.Count < parts.Count)
            {
                indices.Add(NextDescriptor(queue));
            }

            WriteTable(parts, i => Descriptors(queue) + (16UL * indices[i]), i => indices[i + 1]);
        }

        _writable[(queue, head)] = [.. parts.Where(p => p.Flags == 2).Select(p => (p.Address, p.Length))];
        Offer(queue, head);
        return head;
    }

    public void Offer(int queue, ushort head)
    {
        StoreWord(Available(queue) + 4 + (2UL * (ushort)(_nextAvailable[queue] % Size)), head);
        StoreWord(Available(queue) + 2, ++_nextAvailable[queue]);
    }

    public void Notify(int queue) => Write(0x50, (uint)queue);

    /// <summary>The next used chain: its head, the length told, and what its writable parts hold.</summary>
    public (ushort Head, uint Length, byte[] Data)? Collect(int queue)
    {
        if (LoadWord(Used(queue) + 2) == _nextUsed[queue])
        {
            return null;
        }

        ulong element = Used(queue) + 4 + (8UL * (ushort)(_nextUsed[queue]++ % Size));
        uint head = BinaryPrimitives.ReadUInt32LittleEndian(Load(element, 4));
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(Load(element + 4, 4));
        byte[] data = [.. _writable[(queue, (ushort)head)].SelectMany(p => Load(p.Address, p.Length).ToArray())];
        return ((ushort)head, length, data);
    }

    public void RunDeadline()
    {
        if (Host.TakeDeadline())
        {
            Host.Call(Device.OnDeadline).Should().Be(DeviceStatus.Done);
        }
    }

    public void Complete(ulong id, long result, byte[] data) => Host.Call(() => Device.OnCompletion(id, result, data)).Should().Be(DeviceStatus.Done);

    public ReadOnlySpan<byte> Load(ulong address, int length) => Host.Memory.AsSpan((int)(address - FakeDeviceHost.Base), length);

    public void Store(ulong address, ReadOnlySpan<byte> bytes) => bytes.CopyTo(Host.Memory.AsSpan((int)(address - FakeDeviceHost.Base)));

    public ushort LoadWord(ulong address) => BinaryPrimitives.ReadUInt16LittleEndian(Load(address, 2));

    public void StoreWord(ulong address, ushort value) => Store(address, BitConverter.GetBytes(value));

    public void WriteDescriptor(ulong at, ulong address, int length, ushort flags, ushort next)
    {
        Store(at, BitConverter.GetBytes(address));
        Store(at + 8, BitConverter.GetBytes(length));
        StoreWord(at + 12, flags);
        StoreWord(at + 14, next);
    }

    private void WriteTable(List<(ulong Address, int Length, ushort Flags)> parts, Func<int, ulong> place, Func<int, ushort> next)
    {
        for (int i = 0; i < parts.Count; i++)
        {
            bool isLast = i == parts.Count - 1;
            WriteDescriptor(place(i), parts[i].Address, parts[i].Length, (ushort)(parts[i].Flags | (isLast ? 0 : 1)), isLast ? (ushort)0 : next(i));
        }
    }

    private ushort NextDescriptor(int queue) => (ushort)(_nextDescriptor[queue]++ % Size);

    private void Place(ulong register, ulong address)
    {
        Write(register, (uint)address);
        Write(register + 4, (uint)(address >> 32));
    }
}
