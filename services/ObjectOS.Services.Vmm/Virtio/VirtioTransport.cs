using System.Buffers.Binary;

namespace ObjectOS.Services.Vmm;

/// <summary>
/// Virtio over MMIO (VIRTIO 1.2, 4.2): the registers in front of a <see cref="VirtioFunction"/>, version 2, or version 1 for drivers that
/// know no other (4.2.4). A driver that breaks the rules of a queue gets DEVICE_NEEDS_RESET (2.1.2), and nothing worse.
/// </summary>
public sealed class VirtioTransport : IDevice
{
    private const uint Magic = 0x74726976; // "virt"

    // What drivers for the virt board know, and some insist on.
    private const uint Vendor = 0x554d_4551;
    private const uint UsedBuffer = 1;
    private const uint ConfigurationChange = 2;
    // Where a legacy driver says nothing; what it does on other boards, too.
    private const uint LegacyAlignment = 4096;
    private const uint SavedVersion = 1;
    private const ulong QueueFeatures = VirtioFeatures.IndirectDescriptors | VirtioFeatures.EventIndex;

    private readonly VirtioFunction? _function;
    private readonly bool _isLegacy;
    private readonly QueueSetup[] _setups;
    private IDeviceHost _host = null!;
    private VirtioStatus _status;
    private ulong _driverFeatures;
    private uint _deviceFeaturesSelect;
    private uint _driverFeaturesSelect;
    private uint _queueSelect;
    private uint _interruptStatus;
    private uint _generation;
    private uint _guestPageSize;

    /// <param name="name">Its name, unique in its machine.</param>
    /// <param name="function">What it does; null: an empty slot, device type 0, which drivers pass by (4.2.2).</param>
    /// <param name="isLegacy">True: version 1.</param>
    public VirtioTransport(string name, VirtioFunction? function, bool isLegacy = false)
    {
        Name = name;
        _function = function;
        _isLegacy = isLegacy;
        _setups = new QueueSetup[function?.Queues.Length ?? 0];
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public ulong WindowSize => 0x1000;

    /// <inheritdoc/>
    public int InterruptCount => 1;

    private ulong Offered => _function is null ? 0
        : _function.Offered | QueueFeatures | (_isLegacy ? VirtioFeatures.AnyLayout : VirtioFeatures.Version1);

    private bool HasSelectedQueue => _queueSelect < _setups.Length;

    /// <inheritdoc/>
    public void Attach(IDeviceHost host)
    {
        _host = host;
        _function?.Attach(host);
    }

    /// <inheritdoc/>
    public DeviceStatus Read(ulong offset, int size, out ulong value)
    {
        if (offset >= VirtioRegister.Configuration)
        {
            // 4.2.2.2: of any width; behind the end it reads as zero.
            Span<byte> bytes = stackalloc byte[8];
            bytes.Clear();
            var configuration = _function is null ? default : _function.Configuration;
            int at = (int)Math.Min(offset - VirtioRegister.Configuration, (ulong)configuration.Length);
            configuration.Slice(at, Math.Min(size, configuration.Length - at)).CopyTo(bytes);
            value = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            return DeviceStatus.Done;
        }

        // 4.2.2.2: drivers use 32-bit accesses; others read as zero.
        value = size == 4 && offset % 4 == 0 ? ReadRegister((int)offset) : 0;
        return DeviceStatus.Done;
    }

    /// <inheritdoc/>
    public DeviceStatus Write(ulong offset, int size, ulong value)
    {
        if (offset >= VirtioRegister.Configuration)
        {
            _function?.WriteConfiguration(offset - VirtioRegister.Configuration, value);
            return DeviceStatus.Done;
        }

        if (_function is null || size != 4 || offset % 4 != 0)
        {
            return DeviceStatus.Done;
        }

        if (offset == VirtioRegister.QueueNotify)
        {
            return Notify((uint)value);
        }

        WriteRegister((int)offset, (uint)value);
        return DeviceStatus.Done;
    }

    /// <inheritdoc/>
    public DeviceStatus OnDeadline() => CanWork ? EndCall(BeginCall().OnDeadline()) : DeviceStatus.Done;

    /// <inheritdoc/>
    public DeviceStatus OnCompletion(ulong id, long result, ReadOnlySpan<byte> data) =>
        CanWork ? EndCall(BeginCall().OnCompletion(id, result, data)) : DeviceStatus.Done;

    /// <inheritdoc/>
    public void Reset()
    {
        ResetByDriver();
        _guestPageSize = _deviceFeaturesSelect = _driverFeaturesSelect = _queueSelect = _generation = 0;
        _function?.Restart();
    }

    /// <inheritdoc/>
    public void Describe(DeviceTreeNode node) => node.Set("compatible", "virtio,mmio");

    /// <inheritdoc/>
    public void Save(BinaryWriter writer)
    {
        writer.Write(SavedVersion);
        writer.Write(_function?.DeviceId ?? 0);
        writer.Write(_isLegacy);
        writer.Write((uint)_status);
        writer.Write(_driverFeatures);
        writer.Write(_deviceFeaturesSelect);
        writer.Write(_driverFeaturesSelect);
        writer.Write(_queueSelect);
        writer.Write(_interruptStatus);
        writer.Write(_generation);
        writer.Write(_guestPageSize);
        for (int i = 0; i < _setups.Length; i++)
        {
            _setups[i].Save(writer);
            _function!.Queues[i].Save(writer);
        }

        _function?.Save(writer);
    }

    /// <inheritdoc/>
    public void Restore(BinaryReader reader)
    {
        Saved.Version(reader, SavedVersion, Name);
        uint type = reader.ReadUInt32();
        bool isLegacy = reader.ReadBoolean();
        if (type != (_function?.DeviceId ?? 0) || isLegacy != _isLegacy)
        {
            throw new InvalidDataException($"The saved state of {Name} is of device type {type}{(isLegacy ? ", legacy" : "")}; {_function?.DeviceId ?? 0}{(_isLegacy ? ", legacy" : "")} is wanted.");
        }

        _status = (VirtioStatus)reader.ReadUInt32();
        _driverFeatures = reader.ReadUInt64();
        _deviceFeaturesSelect = reader.ReadUInt32();
        _driverFeaturesSelect = reader.ReadUInt32();
        _queueSelect = reader.ReadUInt32();
        _interruptStatus = reader.ReadUInt32();
        _generation = reader.ReadUInt32();
        _guestPageSize = reader.ReadUInt32();
        for (int i = 0; i < _setups.Length; i++)
        {
            _setups[i] = QueueSetup.Restore(reader);
            _function!.Queues[i].Restore(reader);
        }

        TellState();
        _function?.Restore(reader);
        ShowInterrupt();
    }

    /// <summary>A legacy driver may use the device before DRIVER_OK (3.1.1).</summary>
    private bool CanWork => _function is not null && (_status & VirtioStatus.NeedsReset) == 0
        && (_isLegacy || (_status & VirtioStatus.DriverOk) != 0);

    private bool FeaturesAreSettled => (_status & VirtioStatus.FeaturesOk) != 0;

    private DeviceStatus Notify(uint queue) =>
        CanWork && queue < _setups.Length && _function!.Queues[queue].IsReady ? EndCall(BeginCall().OnNotify((int)queue)) : DeviceStatus.Done;

    private VirtioFunction BeginCall()
    {
        foreach (var queue in _function!.Queues)
        {
            queue.BeginCall();
        }

        return _function;
    }

    private DeviceStatus EndCall(DeviceStatus status)
    {
        foreach (var queue in _function!.Queues)
        {
            if (queue.TakeInterrupt())
            {
                _interruptStatus |= UsedBuffer;
            }
        }

        if (status == DeviceStatus.Fault)
        {
            // 2.1.2: the driver is told by a configuration change, if it is there to be told.
            _status |= VirtioStatus.NeedsReset;
            _interruptStatus |= (_status & VirtioStatus.DriverOk) != 0 ? ConfigurationChange : 0;
            TellState();
            _function.Reset();
            status = DeviceStatus.Done;
        }

        ShowInterrupt();
        return status;
    }

    private uint ReadRegister(int offset) => offset switch
    {
        VirtioRegister.MagicValue => Magic,
        VirtioRegister.Version => _isLegacy ? 1u : 2u,
        VirtioRegister.DeviceId => _function?.DeviceId ?? 0,
        VirtioRegister.VendorId => Vendor,
        VirtioRegister.DeviceFeatures => _deviceFeaturesSelect < 2 ? (uint)(Offered >> (int)(_deviceFeaturesSelect * 32)) : 0,
        VirtioRegister.QueueSizeMaximum => HasSelectedQueue ? _function!.Queues[_queueSelect].MaximumSize : 0u,
        VirtioRegister.LegacyQueuePage when _isLegacy && HasSelectedQueue => _setups[_queueSelect].Page,
        VirtioRegister.QueueReady when !_isLegacy && HasSelectedQueue => _function!.Queues[_queueSelect].IsReady ? 1u : 0u,
        VirtioRegister.InterruptStatus => _interruptStatus,
        VirtioRegister.Status => (uint)_status,

        // 4.2.2.1: a shared memory region that is not there has the length and base of all ones.
        >= VirtioRegister.SharedMemoryLengthLow and <= VirtioRegister.SharedMemoryBaseHigh when !_isLegacy => uint.MaxValue,
        VirtioRegister.ConfigurationGeneration when !_isLegacy => _generation,
        _ => 0,
    };

    private void WriteRegister(int offset, uint value)
    {
        switch (offset)
        {
            case VirtioRegister.DeviceFeaturesSelect:
                _deviceFeaturesSelect = value;
                break;
            case VirtioRegister.DriverFeaturesSelect:
                _driverFeaturesSelect = value;
                break;
            case VirtioRegister.DriverFeatures when _driverFeaturesSelect < 2 && !FeaturesAreSettled:
                int shift = (int)_driverFeaturesSelect * 32;
                _driverFeatures = (_driverFeatures & ~(0xffff_ffffUL << shift)) | ((ulong)value << shift);
                TellState();
                break;
            case VirtioRegister.LegacyGuestPageSize when _isLegacy:
                _guestPageSize = value;
                break;
            case VirtioRegister.QueueSelect:
                _queueSelect = value;
                break;
            case VirtioRegister.InterruptAcknowledge:
                _interruptStatus &= ~value;
                ShowInterrupt();
                break;
            case VirtioRegister.Status:
                WriteStatus(value);
                break;
            default:
                if (HasSelectedQueue)
                {
                    WriteQueueRegister(offset, value, ref _setups[_queueSelect], _function!.Queues[_queueSelect]);
                }

                break;
        }
    }

    private void WriteQueueRegister(int offset, uint value, ref QueueSetup setup, Virtqueue queue)
    {
        switch (offset)
        {
            case VirtioRegister.LegacyQueuePage when _isLegacy:
                StartLegacy(value, ref setup, queue);
                break;
            case VirtioRegister.QueueReady when !_isLegacy && value == 0:
                queue.Stop();
                break;
            case VirtioRegister.QueueReady when !_isLegacy && !queue.IsReady && FeaturesAreSettled:
                Start(queue, setup.Size, setup.Descriptors, setup.Driver, setup.Device);
                break;
            default:
                // 4.2.2.2: nothing of a queue that is ready is changed.
                if (!queue.IsReady)
                {
                    setup.Write(offset, value);
                }

                break;
        }
    }

    private void Start(Virtqueue queue, uint size, ulong descriptors, ulong available, ulong used)
    {
        ulong features = _driverFeatures & Offered;
        queue.TryStart(
            size, descriptors, available, used, (features & VirtioFeatures.EventIndex) != 0, (features & VirtioFeatures.IndirectDescriptors) != 0);
    }

    /// <summary>The layout of 2.7.2: descriptors, available ring, and from the next boundary the used ring. Page 0 takes the queue away.</summary>
    private void StartLegacy(uint page, ref QueueSetup setup, Virtqueue queue)
    {
        queue.Stop();
        setup.Page = page;
        uint align = setup.Align == 0 ? LegacyAlignment : setup.Align;
        uint size = setup.Size == 0 ? queue.MaximumSize : setup.Size;
        if (page == 0 || (align & (align - 1)) != 0)
        {
            return;
        }

        ulong descriptors = (ulong)page * _guestPageSize;
        ulong available = descriptors + (16UL * size);
        ulong used = (available + 6 + (2UL * size) + align - 1) & ~((ulong)align - 1);
        Start(queue, size, descriptors, available, used);
    }

    private void WriteStatus(uint value)
    {
        if (value == 0)
        {
            ResetByDriver();
            _function!.Reset();
            return;
        }

        var asked = (VirtioStatus)value & VirtioStatus.All & ~VirtioStatus.NeedsReset;
        if (asked.HasFlag(VirtioStatus.FeaturesOk) && !FeaturesAreSettled && !_isLegacy)
        {
            // 2.2: no feature that was not offered. A driver that never looks at the upper half does not accept VERSION_1; 6.1 lets a device go on
            // with it, and small kernels rely on that.
            asked &= (_driverFeatures & ~Offered) == 0 ? VirtioStatus.All : ~VirtioStatus.FeaturesOk;
        }

        if (!_isLegacy && !asked.HasFlag(VirtioStatus.FeaturesOk))
        {
            // 3.1.1: no driver without features agreed upon.
            asked &= ~VirtioStatus.DriverOk;
        }

        _status = asked | (_status & VirtioStatus.NeedsReset);
        TellState();
    }

    private void ResetByDriver()
    {
        _status = 0;
        _driverFeatures = 0;
        _interruptStatus = 0;
        Array.Clear(_setups);
        foreach (var queue in _function?.Queues ?? [])
        {
            queue.Stop();
        }

        TellState();
        ShowInterrupt();
    }

    private void TellState() => _function?.SetState(_driverFeatures & Offered, CanWork);

    private void ShowInterrupt() => _host.SetInterrupt(0, _interruptStatus != 0);
}
