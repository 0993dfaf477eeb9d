namespace ObjectOS.Services.Vmm;

/// <summary>
/// A clock in nanoseconds since 1970 with an alarm: <c>google,goldfish-rtc</c>, as its documentation in the Android emulator describes it. Reading the
/// low half of the time latches the high half; writing the low half of the time or of the alarm takes both halves over.
/// </summary>
/// <param name="name">Its name in the machine.</param>
/// <param name="wallClockBase">What it shows at guest time 0.</param>
internal sealed class GoldfishClock(string name, ulong wallClockBase) : IDevice
{
    private const ulong TimeLow = 0x00, TimeHigh = 0x04, AlarmLow = 0x08, AlarmHigh = 0x0c, InterruptEnabled = 0x10, ClearAlarm = 0x14, AlarmStatus = 0x18, ClearInterrupt = 0x1c;

    private IDeviceHost _host = null!;
    private ulong _offset;
    private uint _timeHigh;
    private uint _alarmHigh;
    private ulong _alarm;
    private bool _isSet;
    private bool _isEnabled;
    private bool _isPending;

    public string Name { get; } = name;

    public ulong WindowSize => 0x1000;

    public int InterruptCount => 1;

    private ulong Time => wallClockBase + _host.Now + _offset;

    public void Attach(IDeviceHost host) => _host = host;

    public DeviceStatus Read(ulong offset, int size, out ulong value)
    {
        ulong time = Time;
        value = offset switch
        {
            TimeLow => (uint)time,
            TimeHigh => _timeHigh,
            AlarmLow => (uint)_alarm,
            AlarmHigh => _alarm >> 32,
            InterruptEnabled => _isEnabled ? 1UL : 0,
            AlarmStatus => _isSet ? 1UL : 0,
            _ => 0,
        };
        if (offset == TimeLow)
        {
            _timeHigh = (uint)(time >> 32);
        }

        return DeviceStatus.Done;
    }

    public DeviceStatus Write(ulong offset, int size, ulong value)
    {
        switch (offset)
        {
            case TimeLow:
                _offset += (((ulong)_timeHigh << 32) | (uint)value) - Time;
                SetAlarm();
                break;
            case TimeHigh:
                _timeHigh = (uint)value;
                break;
            case AlarmLow:
                _alarm = ((ulong)_alarmHigh << 32) | (uint)value;
                _isSet = true;
                SetAlarm();
                break;
            case AlarmHigh:
                _alarmHigh = (uint)value;
                break;
            case InterruptEnabled:
                _isEnabled = (value & 1) != 0;
                break;
            case ClearAlarm:
                _isSet = false;
                SetAlarm();
                break;
            case ClearInterrupt:
                _isPending = false;
                break;
            default:
                break;
        }

        DriveInterrupt();
        return DeviceStatus.Done;
    }

    public DeviceStatus OnDeadline()
    {
        SetAlarm();
        DriveInterrupt();
        return DeviceStatus.Done;
    }

    public void Reset()
    {
        (_offset, _timeHigh, _alarmHigh, _alarm, _isSet, _isEnabled, _isPending) = (0, 0, 0, 0, false, false, false);
        _host.SetDeadline(null);
        DriveInterrupt();
    }

    public void Describe(DeviceTreeNode node) => node.Set("compatible", "google,goldfish-rtc");

    public void Save(BinaryWriter writer)
    {
        writer.Write(_offset);
        writer.Write(_timeHigh);
        writer.Write(_alarmHigh);
        writer.Write(_alarm);
        writer.Write(_isSet);
        writer.Write(_isEnabled);
        writer.Write(_isPending);
    }

    public void Restore(BinaryReader reader)
    {
        (_offset, _timeHigh, _alarmHigh, _alarm) = (reader.ReadUInt64(), reader.ReadUInt32(), reader.ReadUInt32(), reader.ReadUInt64());
        (_isSet, _isEnabled, _isPending) = (reader.ReadBoolean(), reader.ReadBoolean(), reader.ReadBoolean());
    }

    private void SetAlarm()
    {
        ulong left = _alarm - Time;
        bool isPast = (long)left <= 0;
        if (_isSet && isPast)
        {
            _isSet = false;
            _isPending = true;
        }

        _host.SetDeadline(_isSet ? _host.Now + left : null);
    }

    private void DriveInterrupt() => _host.SetInterrupt(0, _isPending && _isEnabled);
}
