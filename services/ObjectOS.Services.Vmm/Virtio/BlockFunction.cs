using System.Buffers.Binary;
using System.Text;

namespace ObjectOS.Services.Vmm;

/// <summary>
/// A disk (VIRTIO 1.2, 5.2): reads, writes, flushes and an identity, over a file of the host. Several requests are under way at once and
/// are given back as they end.
/// </summary>
public sealed partial class BlockFunction : VirtioFunction
{
    /// <summary>Bytes of the unit that requests count in (5.2.6).</summary>
    public const int SectorSize = 512;

    /// <summary>Most bytes asked of the host at once.</summary>
    internal const int MostInPart = 256 * 1024;

    /// <summary>Most bytes that one call moves without the host; requests themselves count, too.</summary>
    internal const int MostInCall = 1024 * 1024;

    /// <summary>What a request counts as, besides its data.</summary>
    private const int RequestCost = 4096;

    private const int MostUnderWay = 32;
    private const int HeaderSize = 16;
    private const int IdentityLength = 20;
    private const ushort QueueSize = 128;
    private const ulong RetryAfter = 1_000_000;
    private const uint SavedVersion = 2;

    private readonly BlockBackend _backend;
    private readonly byte[] _identity = new byte[IdentityLength];
    private readonly byte[] _configuration = new byte[24];
    private readonly BlockOverlay? _overlay;
    private readonly List<BlockRequest> _requests = [];

    /// <param name="backend">The file.</param>
    /// <param name="identity">What GET_ID answers: at most 20 ASCII characters.</param>
    /// <exception cref="ArgumentException">The identity is too long or not ASCII.</exception>
    public BlockFunction(BlockBackend backend, string identity)
        : base(2, QueueSize)
    {
        if (identity.Length > IdentityLength || !Ascii.IsValid(identity))
        {
            throw new ArgumentException($"The identity of a disk is \"{identity}\"; at most {IdentityLength} ASCII characters are wanted.", nameof(identity));
        }

        _backend = backend;
        Encoding.ASCII.GetBytes(identity, _identity);
        _overlay = backend.Policy == BlockPolicy.Snapshot ? new BlockOverlay(backend.OverlayLimit) : null;

        // 5.2.4: capacity in sectors, size_max, seg_max, geometry, blk_size. Header and status need two of a chain's descriptors.
        BinaryPrimitives.WriteUInt64LittleEndian(_configuration, backend.Size / SectorSize);
        BinaryPrimitives.WriteUInt32LittleEndian(_configuration.AsSpan(12), QueueSize - 2);
        BinaryPrimitives.WriteUInt32LittleEndian(_configuration.AsSpan(20), SectorSize);
    }

    /// <inheritdoc/>
    public override ulong Offered => VirtioFeatures.BlockSize | VirtioFeatures.BlockSegmentMaximum | VirtioFeatures.BlockFlush
        | (_backend.Policy == BlockPolicy.ReadOnly ? VirtioFeatures.BlockReadOnly : 0);

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Configuration => _configuration;

    private Virtqueue Queue => Queues[0];

    private ulong Capacity => _backend.Size / SectorSize * SectorSize;

    /// <inheritdoc/>
    public override DeviceStatus OnNotify(int queue) => GoOn();

    /// <inheritdoc/>
    public override DeviceStatus OnDeadline() => GoOn();

    /// <inheritdoc/>
    public override DeviceStatus OnCompletion(ulong id, long result, ReadOnlySpan<byte> data)
    {
        // Where this call is made again after it suspended, the request has gone on already.
        if (_requests.Find(r => r.HostRequest == id && id != 0) is { } request)
        {
            var status = TakeResult(request, result, data);
            if (status != DeviceStatus.Done)
            {
                return status;
            }
        }

        return GoOn();
    }

    /// <inheritdoc/>
    public override void Reset()
    {
        _requests.Clear();
        _moved = 0;
        Host.SetDeadline(null);
    }

    /// <inheritdoc/>
    public override void Save(BinaryWriter writer)
    {
        writer.Write(SavedVersion);
        writer.Write(_requests.Count);
        foreach (var request in _requests)
        {
            request.Save(writer);
        }

        writer.Write(_moved);
        writer.Write(_overlay is not null);
        _overlay?.Save(writer);
    }

    /// <inheritdoc/>
    public override void Restore(BinaryReader reader)
    {
        Saved.Version(reader, SavedVersion, "a disk");
        _requests.Clear();
        for (int count = Saved.Count(reader, MostUnderWay); count > 0; count--)
        {
            _requests.Add(BlockRequest.Restore(reader));
        }

        _moved = Saved.Count(reader, int.MaxValue);
        if (reader.ReadBoolean() != (_overlay is not null))
        {
            throw new InvalidDataException("The saved state of a disk is of another policy.");
        }

        _overlay?.Restore(reader);
    }

    /// <summary>Goes on with what waits for nobody, then takes what is new; what is too much for one call goes on at once in another.</summary>
    private DeviceStatus GoOn()
    {
        var status = GoOnUntilTooMuch();
        if (status == DeviceStatus.Suspended)
        {
            // The same call comes again: what it has moved counts on, so that suspensions change nothing.
            return status;
        }

        if (IsTooMuch)
        {
            Host.SetDeadline(Host.Now);
        }

        _moved = 0;
        return status;
    }

    private DeviceStatus GoOnUntilTooMuch()
    {
        for (int i = 0; i < _requests.Count && !IsTooMuch;)
        {
            var request = _requests[i];
            var status = GoOn(request);
            if (status != DeviceStatus.Done)
            {
                return status;
            }

            i += i < _requests.Count && _requests[i] == request ? 1 : 0;
        }

        while (_requests.Count < MostUnderWay && !IsTooMuch)
        {
            var status = Queue.TryPeek(out var chain);
            if (status != DeviceStatus.Done || chain is null)
            {
                return status;
            }

            status = TakeNew(chain);
            if (status != DeviceStatus.Done)
            {
                return status;
            }
        }

        return DeviceStatus.Done;
    }

    private DeviceStatus TakeNew(DescriptorChain chain)
    {
        Span<byte> header = stackalloc byte[HeaderSize];
        if (chain.WritableLength == 0)
        {
            // 5.2.6: there is no place to say how it ended.
            return DeviceStatus.Fault;
        }

        var status = chain.Read(Host, 0, header);
        status = status == DeviceStatus.Done ? Queue.Prepare() : status;
        if (status != DeviceStatus.Done)
        {
            return status;
        }

        var command = (BlockCommand)BinaryPrimitives.ReadUInt32LittleEndian(header);
        ulong sector = BinaryPrimitives.ReadUInt64LittleEndian(header[8..]);
        ulong length = command switch
        {
            BlockCommand.In => chain.WritableLength - 1,
            BlockCommand.Out => chain.ReadableLength - HeaderSize,
            BlockCommand.GetId => Math.Min(chain.WritableLength - 1, IdentityLength),
            _ => 0,
        };
        bool isTransfer = command is BlockCommand.In or BlockCommand.Out;
        var request = new BlockRequest(chain, command, isTransfer ? unchecked(sector * SectorSize) : 0, length)
        {
            // 5.2.6.2: whole sectors within the capacity, and no writes to what is read-only.
#if OFF_BY_ONE_DEVICE
            // Planted for tests: the last sector cannot be had.
            Outcome = isTransfer && (length % SectorSize != 0 || sector > Capacity / SectorSize || length >= Capacity - (sector * SectorSize))
#else
            Outcome = isTransfer && (length % SectorSize != 0 || sector > Capacity / SectorSize || length > Capacity - (sector * SectorSize))
#endif
                || (command == BlockCommand.Out && _backend.Policy == BlockPolicy.ReadOnly) ? BlockOutcome.IoError : BlockOutcome.Open,
        };
        Queue.Take();
        _requests.Add(request);
        _moved += RequestCost;
        return GoOn(request);
    }
}
