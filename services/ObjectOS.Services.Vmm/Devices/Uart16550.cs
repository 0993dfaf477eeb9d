using ObjectOS.Abi;

namespace ObjectOS.Services.Vmm;

/// <summary>
/// A 16550A serial port on the machine's console (National Semiconductor's data sheet PC16550D). It sends at once; while the console has no room, the
/// transmitter is not empty. Input stays with the console until the guest reads it: after the receive FIFO was cleared nothing is there for about the time of a character, and
/// nothing is lost. The console is asked for input only once the guest shows that it wants some. Loads of the line status are answered by the engine while they would
/// have no effect; of those that count, one in <see cref="AnsweredTime"/> comes here.
/// </summary>
internal sealed class Uart16550(string name, MachineConsole console) : IDevice
{
    private const byte DataReady = 1 << 0, Overrun = 1 << 1, HoldingEmpty = 1 << 5, TransmitterEmpty = 1 << 6;
    private const byte ReceiveInterrupt = 1 << 0, TransmitInterrupt = 1 << 1, LineInterrupt = 1 << 2, ModemInterrupt = 1 << 3;
    private const byte RingEnded = 1 << 2, Ring = 1 << 6;
    private const byte DivisorLatch = 1 << 7, Loop = 1 << 4, FifoEnable = 1 << 0;
    private const int FifoDepth = 16;

    /// <summary>Reads of the line status that come here in a row, without a byte sent between them, that show that the guest waits for input.</summary>
    private const int PatientReads = 16;

    /// <summary>Guest time, in nanoseconds, for which the line status is answered without being read here, while reads are counted.</summary>
    private const ulong AnsweredTime = 50_000;

    private const ulong LineStatusOffset = 5;

    /// <summary>Guest time, in nanoseconds, that a character takes: ten bits at 115200 baud, rounded.</summary>
    private const ulong CharacterTime = 100_000;

    private readonly Queue<byte> _looped = [];
    private IDeviceHost _host = null!;
    private ushort _divisor;
    private byte _interruptEnable;
    private byte _fifoControl;
    private byte _lineControl;
    private byte _modemControl;
    private byte _scratch;
    private byte _lineErrors;
    private byte _modemChanges;
    private bool _isEmptyPending;
    private bool _isEmptyTold;
    private bool _wasFull;
    private int _statusReads;
    private ulong _quietUntil;

    // What the engine answers.
    private (byte Status, ulong Until)? _answer;

    public string Name { get; } = name;

    public ulong WindowSize => 0x1000;

    public int InterruptCount => 1;

    private bool IsLooping => (_modemControl & Loop) != 0;

    private bool HasFifo => (_fifoControl & FifoEnable) != 0;

    private bool HasLineInterrupt => _lineErrors != 0 && (_interruptEnable & LineInterrupt) != 0;

    private bool HasModemInterrupt => _modemChanges != 0 && (_interruptEnable & ModemInterrupt) != 0;

    private bool HasData => IsLooping ? _looped.Count > 0 : console.HasInput && _host.Now >= _quietUntil;

    private byte Status => (byte)((IsEmpty ? HoldingEmpty | TransmitterEmpty : 0) | (HasData ? DataReady : 0) | _lineErrors);

    private bool IsEmpty => IsLooping || console.HasRoom;

    public void Attach(IDeviceHost host)
    {
        _host = host;
        console.Changed += OnConsole;
        console.Used += AnswerLineStatus;
    }

    public DeviceStatus Read(ulong offset, int size, out ulong value)
    {
        value = offset switch
        {
            0 => (_lineControl & DivisorLatch) != 0 ? (byte)_divisor : Receive(),
            1 => (_lineControl & DivisorLatch) != 0 ? (ulong)(_divisor >> 8) : _interruptEnable,
            2 => IdentifyInterrupt(),
            3 => _lineControl,
            4 => _modemControl,
            LineStatusOffset => LineStatus(),
            6 => ReadModemStatus(),
            7 => _scratch,
            _ => 0,
        };
        Update();
        return DeviceStatus.Done;
    }

    public DeviceStatus Write(ulong offset, int size, ulong value)
    {
        byte data = (byte)value;
        bool isDivisor = (_lineControl & DivisorLatch) != 0;
        switch (offset)
        {
            case 0 when isDivisor:
                _divisor = (ushort)((_divisor & 0xff00) | data);
                break;
            case 0:
                Send(data);
                break;
            case 1 when isDivisor:
                _divisor = (ushort)((_divisor & 0xff) | (data << 8));
                break;
            case 1:
                EnableInterrupts((byte)(data & 0x0f));
                break;
            case 2:
                ControlFifo(data);
                break;
            case 3:
                _lineControl = data;
                break;
            case 4:
                ControlModem((byte)(data & 0x1f));
                break;
            case 7:
                _scratch = data;
                break;
            default:
                break;
        }

        Update();
        return DeviceStatus.Done;
    }

    public DeviceStatus OnDeadline()
    {
        Update();
        return DeviceStatus.Done;
    }

    public void Reset()
    {
        _looped.Clear();
        (_divisor, _interruptEnable, _fifoControl, _lineControl, _modemControl, _scratch) = (0, 0, 0, 0, 0, 0);
        (_lineErrors, _modemChanges) = (0, 0);
        (_isEmptyPending, _isEmptyTold, _wasFull, _statusReads, _quietUntil) = (false, false, false, 0, 0);
        Update();
    }

    public void Describe(DeviceTreeNode node)
    {
        node.Set("compatible", "ns16550a");
        node.Set("clock-frequency", 3_686_400u);
    }

    public void Save(BinaryWriter writer)
    {
        writer.Write(_divisor);
        writer.Write([_interruptEnable, _fifoControl, _lineControl, _modemControl, _scratch, _lineErrors, _modemChanges]);
        writer.Write(_isEmptyPending);
        writer.Write(_isEmptyTold);
        writer.Write(_wasFull);
        writer.Write(_statusReads);
        writer.Write(_quietUntil);
        writer.Write(_answer.HasValue);
        writer.Write(_answer?.Status ?? 0);
        writer.Write(_answer?.Until ?? 0);
        writer.Write(_looped.Count);
        writer.Write(_looped.ToArray());
    }

    public void Restore(BinaryReader reader)
    {
        _divisor = reader.ReadUInt16();
        (_interruptEnable, _fifoControl, _lineControl) = (reader.ReadByte(), reader.ReadByte(), reader.ReadByte());
        (_modemControl, _scratch) = (reader.ReadByte(), reader.ReadByte());
        (_lineErrors, _modemChanges) = (reader.ReadByte(), reader.ReadByte());
        (_isEmptyPending, _isEmptyTold) = (reader.ReadBoolean(), reader.ReadBoolean());
        (_wasFull, _statusReads) = (reader.ReadBoolean(), reader.ReadInt32());
        _quietUntil = reader.ReadUInt64();
        bool isAnswered = reader.ReadBoolean();
        (byte Status, ulong Until) answer = (reader.ReadByte(), reader.ReadUInt64());
        _answer = isAnswered ? answer : null;
        _looped.Clear();
        foreach (byte data in reader.ReadBytes(reader.ReadInt32()))
        {
            _looped.Enqueue(data);
        }
    }

    /// <summary>Input has come, or there is room again.</summary>
    private void OnConsole()
    {
        if (_wasFull && console.HasRoom)
        {
            _wasFull = false;
            _isEmptyPending = true;
        }

        Update();
    }

    private byte Receive()
    {
        if (IsLooping)
        {
            return _looped.TryDequeue(out byte looped) ? looped : (byte)0;
        }

        _statusReads = 0;
        if (HasData && console.TryTake(out byte data))
        {
            return data;
        }

        console.Ask();
        return 0;
    }

    private void Send(byte data)
    {
        _statusReads = 0;
        if (IsLooping)
        {
            ReceiveLooped(data);
            _isEmptyPending = true;
            return;
        }

        console.TryPut(data);
        _wasFull = !console.HasRoom;
        _isEmptyPending = !_wasFull;
        _isEmptyTold = false;
    }

    /// <summary>"Line Status Register", bit 1: a full FIFO stays as it is, and the new character is lost; without a FIFO the new character replaces the unread one.</summary>
    private void ReceiveLooped(byte data)
    {
        if (_looped.Count >= (HasFifo ? FifoDepth : 1))
        {
            _lineErrors |= Overrun;
            if (HasFifo)
            {
                return;
            }

            _looped.Clear();
        }

        _looped.Enqueue(data);
    }

    private void EnableInterrupts(byte enable)
    {
        // Enabling the transmitter's interrupt while it is empty raises it.
        _isEmptyPending |= (enable & ~_interruptEnable & TransmitInterrupt) != 0 && IsEmpty;
        _interruptEnable = enable;
        if ((enable & ReceiveInterrupt) != 0)
        {
            console.Ask();
        }
    }

    private void ControlFifo(byte control)
    {
        // "FIFO Control Register", bit 0: a change of mode clears what was received.
        if (((_fifoControl ^ control) & FifoEnable) != 0)
        {
            _looped.Clear();
        }

        _fifoControl = (byte)(control & (FifoEnable | 0xc0));
        if ((control & 2) != 0)
        {
            _looped.Clear();
            _quietUntil = _host.Now + CharacterTime;
            _host.SetDeadline(_quietUntil);
        }
    }

    /// <summary>The highest interrupt that is pending; telling that the transmitter is empty ends that one.</summary>
    private ulong IdentifyInterrupt()
    {
        ulong identity = HasFifo ? 0xc0UL : 0;
        if (HasLineInterrupt)
        {
            return identity | 6;
        }

        if (HasData && (_interruptEnable & ReceiveInterrupt) != 0)
        {
            return identity | 4;
        }

        if (_isEmptyPending && (_interruptEnable & TransmitInterrupt) != 0)
        {
            _isEmptyPending = false;
            return identity | 2;
        }

        return HasModemInterrupt ? identity : identity | 1;
    }

    private ulong LineStatus()
    {
        ulong status = Status;
        _lineErrors = 0;
        if (!HasData && !IsLooping && ++_statusReads >= PatientReads)
        {
            _statusReads = PatientReads;
            console.Ask();
        }

        return status;
    }

    /// <summary>Carrier, data set ready, clear to send; in the loop the four outputs come back as inputs.</summary>
    private byte ModemStatus() => !IsLooping
        ? (byte)0xb0
        : (byte)(((_modemControl & 0x0c) << 4) | ((_modemControl & 2) << 3) | ((_modemControl & 1) << 5));

    private ulong ReadModemStatus()
    {
        byte changes = _modemChanges;
        _modemChanges = 0;
        return (ulong)(ModemStatus() | changes);
    }

    /// <summary>"MODEM Status Register": bits 0, 1 and 3 say that a line has changed since the last read, bit 2 that the ring indicator has fallen.</summary>
    private void ControlModem(byte control)
    {
        byte before = ModemStatus();
        _modemControl = control;
        byte after = ModemStatus();
        bool hasRingEnded = (before & ~after & Ring) != 0;
        _modemChanges |= (byte)((((before ^ after) >> 4) & ~RingEnded) | (hasRingEnded ? RingEnded : 0));
    }

    private void Update()
    {
        bool receives = (HasData && (_interruptEnable & ReceiveInterrupt) != 0) || HasLineInterrupt || HasModemInterrupt;
        bool sends = _isEmptyPending && (_interruptEnable & TransmitInterrupt) != 0;
        if (!HasData && (_interruptEnable & ReceiveInterrupt) != 0 && !IsLooping)
        {
            console.Ask();
        }

        // An empty transmitter is told by a pulse: small kernels never ask which interrupt it was, and a level would come back for ever.
        // While input is told, the pulse is still to come; the line falls before it, so that it is seen.
        if (sends && !_isEmptyTold && !receives)
        {
            _host.SetInterrupt(0, false);
            _host.SetInterrupt(0, true);
        }

        _isEmptyTold = sends && (_isEmptyTold || !receives);
        _host.SetInterrupt(0, receives);
        AnswerLineStatus();
    }

    /// <summary>Has the engine answer loads of the line status while they would have no effect, or a small one.</summary>
    private void AnswerLineStatus()
    {
        if (_lineErrors != 0)
        {
            _answer = null;
            _host.SetAnswer(LineStatusOffset, 1, AnswerKind.None);
            return;
        }

        byte status = Status;
        bool hasNoEffect = HasData || IsLooping || console.HasAsked;
        bool isKnown = _answer is var (known, until) && known == status && (hasNoEffect ? until == ulong.MaxValue : until != ulong.MaxValue && _host.Now < until);
        if (!isKnown)
        {
            _answer = (status, hasNoEffect ? ulong.MaxValue : _host.Now + AnsweredTime);
            _host.SetAnswer(LineStatusOffset, 1, AnswerKind.Value, status, _answer.Value.Until);
        }
    }
}
