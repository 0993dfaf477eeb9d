using System.Buffers.Binary;

namespace ObjectOS.Services.Vmm;

/// <summary>
/// A console of one port (VIRTIO 1.2, 5.3): queue 0 takes what is typed to the driver, queue 1 what the driver prints. A character stored to
/// <c>emerg_wr</c> is printed, too, whatever the driver has set up.
/// </summary>
public sealed class ConsoleFunction : VirtioFunction, IConsoleListener
{
    private const int ReceiveQueue = 0;
    private const int TransmitQueue = 1;
    private const ushort QueueSize = 64;
    private const int MostAtOnce = 4096;
    private const int EmergencyWrite = 8;
    private const uint SavedVersion = 1;

    private readonly IConsoleLine _line;
    private readonly byte[] _configuration = new byte[EmergencyWrite + 4];
    private ulong _printed;

    /// <param name="line">What it is connected to; it gets this device as its listener.</param>
    /// <param name="columns">Characters in a line of what shows it; 0: not known.</param>
    /// <param name="rows">Its lines; 0: not known.</param>
    public ConsoleFunction(IConsoleLine line, ushort columns = 0, ushort rows = 0)
        : base(3, QueueSize, QueueSize)
    {
        _line = line;
        line.Connect(this);

        // 5.3.4: cols, rows, max_nr_ports (which is not there without MULTIPORT), emerg_wr.
        BinaryPrimitives.WriteUInt16LittleEndian(_configuration, columns);
        BinaryPrimitives.WriteUInt16LittleEndian(_configuration.AsSpan(2), rows);
        Offered = VirtioFeatures.ConsoleEmergencyWrite | (columns > 0 && rows > 0 ? VirtioFeatures.ConsoleSize : 0);
    }

    /// <inheritdoc/>
    public override ulong Offered { get; }

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Configuration => _configuration;

    /// <inheritdoc/>
    public override void WriteConfiguration(ulong offset, ulong value)
    {
        // 5.3.4: there is nobody to wait for room.
        if (offset == EmergencyWrite && _line.Room > 0)
        {
            _line.Print([(byte)value]);
        }
    }

    /// <inheritdoc/>
    public void OnLineChanged() => AskToBeCalled();

    /// <inheritdoc/>
    public override DeviceStatus OnNotify(int queue) => queue == ReceiveQueue ? Receive() : Transmit();

    /// <inheritdoc/>
    public override DeviceStatus OnDeadline()
    {
        var status = Receive();
        return status == DeviceStatus.Done ? Transmit() : status;
    }

    /// <inheritdoc/>
    public override void Reset() => _printed = 0;

    /// <inheritdoc/>
    public override void Save(BinaryWriter writer)
    {
        writer.Write(SavedVersion);
        writer.Write(_printed);
    }

    /// <inheritdoc/>
    public override void Restore(BinaryReader reader)
    {
        Saved.Version(reader, SavedVersion, "a console");
        _printed = reader.ReadUInt64();
    }

    private DeviceStatus Receive()
    {
        while (true)
        {
            var queue = Queues[ReceiveQueue];
            var status = queue.TryPeek(out var chain);
            if (status != DeviceStatus.Done || chain is null)
            {
                return status;
            }

            if (_line.Typed.IsEmpty)
            {
                _line.Ask();
                return DeviceStatus.Done;
            }

            if (chain.WritableLength == 0)
            {
                return DeviceStatus.Fault;
            }

            int length = (int)Math.Min(chain.WritableLength, (ulong)Math.Min(_line.Typed.Length, MostAtOnce));
            status = queue.Prepare();
            status = status == DeviceStatus.Done ? chain.PrepareWrite(Host, 0, (ulong)length) : status;
            if (status != DeviceStatus.Done)
            {
                return status;
            }

            chain.Write(Host, 0, _line.Typed[..length]);
            _line.Take(length);
            queue.Take();
            queue.Complete(chain.Head, (uint)length);
        }
    }

    /// <summary>Prints as much as the line has room for; a chain is given back once all of it was printed.</summary>
    private DeviceStatus Transmit()
    {
        var queue = Queues[TransmitQueue];
        Span<byte> bytes = stackalloc byte[MostAtOnce];
        while (true)
        {
            var status = queue.TryPeek(out var chain);
            if (status != DeviceStatus.Done || chain is null)
            {
                return status;
            }

            ulong left = chain.ReadableLength - Math.Min(_printed, chain.ReadableLength);
            int length = (int)Math.Min(left, (ulong)Math.Min(_line.Room, MostAtOnce));
            if (length == 0 && left > 0)
            {
                return DeviceStatus.Done;
            }

            status = chain.Read(Host, _printed, bytes[..length]);
            status = status == DeviceStatus.Done ? queue.Prepare() : status;
            if (status != DeviceStatus.Done)
            {
                return status;
            }

            _line.Print(bytes[..length]);
            _printed += (ulong)length;
            if ((ulong)length == left)
            {
                _printed = 0;
                queue.Take();
                queue.Complete(chain.Head, 0);
            }
        }
    }
}
