using System.Buffers.Binary;
using System.Numerics;

namespace ObjectOS.Services.Vmm;

/// <summary>
/// Virtio over MMIO (VIRTIO 1.2, 4.2): the registers in front of a <see cref="VirtioFunction"/>, version 2, or version 1 for drivers that
/// know no other (4.2.4). A driver that breaks the rules of a queue gets DEVICE_NEEDS_RESET (2.1.2), and nothing worse.
/// </summary>
public sealed partial class VirtioTransport : IDevice
{
    private const uint Magic = 0x74726976; // "virt"

    // What drivers for the virt board know, and some insist on.
    private const uint Vendor = 0x554d_4551;
    private const uint UsedBuffer = 1;
    private const uint ConfigurationChange = 2;
    // Where a legacy driver says nothing; what it does on other boards, too.
    private const uint LegacyAlignment = 4096;
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

    // Bit n: the driver notified queue n before the device could work.
    private uint _earlyNotifications;

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
    public DeviceStatus OnDeadline()
    {
        if (!CanWork)
        {
            return DeviceStatus.Done;
        }

        var function = BeginCall();
        var status = ServeEarlyNotifications(function);
        return EndCall(status == DeviceStatus.Done ? function.OnDeadline() : status);
    }

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

    /// <summary>A legacy driver may use the device before DRIVER_OK (3.1.1).</summary>
    private bool CanWork => _function is not null && (_status & VirtioStatus.NeedsReset) == 0
        && (_isLegacy || (_status & VirtioStatus.DriverOk) != 0);

    /// <summary>True if the driver can no longer change what it accepts: it has said so, or it drives the device.</summary>
    private bool FeaturesAreSettled => (_status & (VirtioStatus.FeaturesOk | VirtioStatus.DriverOk)) != 0;

    private bool AcceptsOnlyOffered => (_driverFeatures & ~Offered) == 0;

    private DeviceStatus Notify(uint queue)
    {
        if (queue >= _setups.Length || !_function!.Queues[queue].IsReady)
        {
            return DeviceStatus.Done;
        }

        if (CanWork)
        {
            return EndCall(BeginCall().OnNotify((int)queue));
        }

        // 3.1.1 forbids drivers to notify before DRIVER_OK. One that does so never notifies again, and would wait without end.
        _earlyNotifications |= 1u << (int)queue;
        return DeviceStatus.Done;
    }

    private DeviceStatus ServeEarlyNotifications(VirtioFunction function)
    {
        for (; _earlyNotifications != 0; _earlyNotifications &= _earlyNotifications - 1)
        {
            var status = function.OnNotify(BitOperations.TrailingZeroCount(_earlyNotifications));
            if (status != DeviceStatus.Done)
            {
                return status;
            }
        }

        return DeviceStatus.Done;
    }

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
            case VirtioRegister.QueueReady when !_isLegacy && !queue.IsReady:
                // 3.1.1 wants FEATURES_OK first; drivers that place their queues before are taken as they are.
                queue.TryStart(setup.Size, setup.Descriptors, setup.Driver, setup.Device);
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
        queue.TryStart(size, descriptors, available, used);
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
            asked &= AcceptsOnlyOffered ? VirtioStatus.All : ~VirtioStatus.FeaturesOk;
        }

        if (!_isLegacy && !asked.HasFlag(VirtioStatus.FeaturesOk) && !AcceptsOnlyOffered)
        {
            // A driver that never asks for FEATURES_OK drives all the same, as a legacy one does (3.1.2), but not with features that are not offered.
            asked &= ~VirtioStatus.DriverOk;
        }

        _status = asked | (_status & VirtioStatus.NeedsReset);
        TellState();
        if (CanWork && _earlyNotifications != 0)
        {
            _host.SetDeadline(_host.Now);
        }
    }

    private void ResetByDriver()
    {
        _status = 0;
        _driverFeatures = 0;
        _interruptStatus = _earlyNotifications = 0;
        Array.Clear(_setups);
        foreach (var queue in _function?.Queues ?? [])
        {
            queue.Stop();
        }

        TellState();
        ShowInterrupt();
    }

    /// <summary>The function and its queues follow what the driver accepts, also where a queue was placed before.</summary>
    private void TellState()
    {
        ulong accepted = _driverFeatures & Offered;
        _function?.SetState(accepted, CanWork);
        foreach (var queue in _function?.Queues ?? [])
        {
            queue.SetFeatures((accepted & VirtioFeatures.EventIndex) != 0, (accepted & VirtioFeatures.IndirectDescriptors) != 0);
        }
    }

    private void ShowInterrupt() => _host.SetInterrupt(0, _interruptStatus != 0);
}
