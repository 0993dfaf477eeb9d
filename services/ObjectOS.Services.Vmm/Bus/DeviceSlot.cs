using ObjectOS.Abi;

namespace ObjectOS.Services.Vmm;

/// <summary>A device in its place, and what it can do from there.</summary>
/// <param name="device">The device.</param>
/// <param name="address">The guest-physical address of its window.</param>
/// <param name="interrupt">Its first interrupt source; 0: none.</param>
/// <param name="bus">Where it stands.</param>
internal sealed class DeviceSlot(IDevice device, ulong address, int interrupt, DeviceBus bus) : IDeviceHost
{
    /// <summary>What the host works on for the device: the device's numbers, which are small and the same in every run, and the host's.</summary>
    private readonly SortedDictionary<ulong, ulong> _requests = [];

    /// <summary>The loads that the space answers for the device.</summary>
    private readonly SortedDictionary<(ulong Offset, int Size), (AnswerKind Kind, ulong Value, ulong Until)> _answers = [];

    public IDevice Device => device;

    // What a device says of itself is asked for once: these are looked at where nobody expects it to throw.
    public string Name { get; } = device.Name;

    public ulong WindowSize { get; } = device.WindowSize;

    public int InterruptCount { get; } = device.InterruptCount;

    public ulong Address => address;

    /// <summary>Its first interrupt source; 0: none.</summary>
    public int Interrupt => InterruptCount > 0 ? interrupt : 0;

    /// <summary>Why its state is lost: what the device threw when it was attached, or its state saved or restored. Empty: it is not.</summary>
    public string Failure { get; private set; } = "";

    /// <summary>When it wants to be called; null: it does not.</summary>
    public ulong? Deadline { get; private set; }

    /// <summary>True where the host works for it.</summary>
    public bool IsBusy => _requests.Count > 0;

    public ulong Now => bus.Now;

    public DeviceStatus ReadMemory(ulong address, Span<byte> destination) => bus.Ram.Read(address, destination);

    public DeviceStatus PrepareMemory(ulong address, ulong length) => bus.Ram.Prepare(address, length);

    public DeviceStatus WriteMemory(ulong address, ReadOnlySpan<byte> source) => bus.Ram.Write(address, source);

    public void SetInterrupt(int line, bool level)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)line, (uint)InterruptCount, nameof(line));
        if (Interrupt != 0)
        {
            bus.Plic?.SetLevel(Interrupt + line, level);
        }
    }

    public void SetDeadline(ulong? nanoseconds) => Deadline = nanoseconds;

    public void SetAnswer(ulong offset, int size, AnswerKind kind, ulong value, ulong until)
    {
        if (size is not (1 or 2 or 4 or 8) || offset % (ulong)size != 0 || offset >= WindowSize)
        {
            throw new ArgumentException($"A load of {size} bytes at offset 0x{offset:x} is none of device {Name}.", nameof(offset));
        }

        var answer = (kind, value, until);
        if (_answers.GetValueOrDefault((offset, size)) == answer || (kind == AnswerKind.None && !_answers.ContainsKey((offset, size))))
        {
            return;
        }

        bool isRefused = bus.IsLive && bus.Space.AnswerRead(new PhysicalAddress(address + offset), size, kind, value, until) != KernelStatus.Ok;
        if (kind == AnswerKind.None || isRefused)
        {
            _answers.Remove((offset, size));
        }
        else
        {
            _answers[(offset, size)] = answer;
        }
    }

    /// <summary>Tells the space what the device has said so far.</summary>
    public void PublishAnswers()
    {
        foreach (var ((offset, size), (kind, value, until)) in _answers.ToArray())
        {
            _answers.Remove((offset, size));
            SetAnswer(offset, size, kind, value, until);
        }
    }

    public ulong Request(HostRequestKind kind, ulong target, ReadOnlySpan<byte> data, ulong argument0, ulong argument1, ulong argument2, ulong argument3)
    {
        if (bus.Host.Request(kind, target, data, out ulong id, argument0, argument1, argument2, argument3) != KernelStatus.Ok)
        {
            return 0;
        }

        // The host's number says what else went on in the host: a device, whose state is hashed, knows nothing of it.
        ulong number = 1;
        while (_requests.ContainsKey(number))
        {
            number++;
        }

        _requests.Add(number, id);
        return number;
    }

    /// <summary>True where the host's request is one of the device's.</summary>
    public bool Owns(ulong request) => _requests.ContainsValue(request);

    /// <summary>Tells the device the end of its request. Its number is free again only then.</summary>
    public DeviceStatus Complete(ulong request, long result, ReadOnlySpan<byte> data)
    {
        ulong number = NumberOf(request);
        var status = device.OnCompletion(number, result, data);
        if (status != DeviceStatus.Suspended)
        {
            _requests.Remove(number);
        }

        return status;
    }

    /// <summary>The machine has ended: nobody hears of the request's end any more.</summary>
    public DeviceStatus Drop(ulong request)
    {
        _requests.Remove(NumberOf(request));
        return DeviceStatus.Done;
    }

    /// <summary>Tells the device that its time has come.</summary>
    public DeviceStatus Tick()
    {
        // The device may set the next one.
        ulong? due = Deadline;
        Deadline = null;
        var status = device.OnDeadline();
        Deadline = status == DeviceStatus.Suspended ? due : Deadline;
        return status;
    }

    /// <summary>The machine reboots: what the host still does for the device is not told to it any more.</summary>
    public DeviceStatus Reset()
    {
        _requests.Clear();
        Deadline = null;
        device.Reset();
        return DeviceStatus.Done;
    }

    public void Attach() => Failure = DeviceCall.Try(Name, () => device.Attach(this));

    /// <summary>What the device writes of its state; nothing, and a <see cref="Failure"/>, where it throws or its state is lost already.</summary>
    public ReadOnlySpan<byte> TellState()
    {
        using var state = new MemoryStream();
        if (Failure.Length == 0)
        {
            Failure = DeviceCall.Try(Name, () =>
            {
                using var writer = new BinaryWriter(state, System.Text.Encoding.UTF8, leaveOpen: true);
                device.Save(writer);
            });
        }

        return Failure.Length == 0 ? state.GetBuffer().AsSpan(0, (int)state.Length) : [];
    }

    /// <summary>Writes the state; nothing changes.</summary>
    /// <exception cref="InvalidOperationException">The device throws; the message has its name.</exception>
    public void Save(BinaryWriter writer)
    {
        writer.Write(Name);
        writer.Write(Deadline.HasValue);
        writer.Write(Deadline ?? 0);
        writer.Write(_requests.Count);
        foreach (var (number, request) in _requests.OrderBy(request => request.Key))
        {
            writer.Write(number);
            writer.Write(request);
        }

        writer.Write(_answers.Count);
        foreach (var ((offset, size), (kind, value, until)) in _answers)
        {
            writer.Write(offset);
            writer.Write((byte)size);
            writer.Write((byte)kind);
            writer.Write(value);
            writer.Write(until);
        }

        Saved.Write(writer, Failure.Length == 0 ? StateOfDevice() : []);
        writer.Write(Failure);
    }

    private byte[] StateOfDevice()
    {
        using var state = new MemoryStream();
        string failure = DeviceCall.Try(Name, () =>
        {
            using var inner = new BinaryWriter(state, System.Text.Encoding.UTF8, leaveOpen: true);
            device.Save(inner);
        });
        return failure.Length == 0 ? state.ToArray() : throw new InvalidOperationException($"The state cannot be saved: {failure}.");
    }

    public void Restore(BinaryReader reader)
    {
        if (reader.ReadString() is var name && name != Name)
        {
            throw new InvalidDataException($"The state is of device {name}; {Name} stands there.");
        }

        bool hasDeadline = reader.ReadBoolean();
        ulong deadline = reader.ReadUInt64();
        _requests.Clear();
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            _requests.Add(reader.ReadUInt64(), reader.ReadUInt64());
        }

        _answers.Clear();
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            var place = (reader.ReadUInt64(), (int)reader.ReadByte());
            _answers.Add(place, ((AnswerKind)reader.ReadByte(), reader.ReadUInt64(), reader.ReadUInt64()));
        }

        using var state = new MemoryStream(Saved.Bytes(reader, int.MaxValue));
        string failure = reader.ReadString();
        Failure = failure.Length > 0 ? failure : Failure;
        if (Failure.Length == 0)
        {
            Failure = DeviceCall.Try(Name, () =>
            {
                using var inner = new BinaryReader(state);
                device.Restore(inner);
            });
        }

        // The slot's alone: what had been asked for when the state was written, whatever a device asks for now.
        Deadline = hasDeadline ? deadline : null;
    }

    private ulong NumberOf(ulong request) => _requests.First(pair => pair.Value == request).Key;
}
