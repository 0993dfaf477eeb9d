using System.Text;
using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Services.Vmm.Tests;

/// <summary>The service on a <see cref="FakeKernel"/>; the test is its host and its harts.</summary>
internal sealed class VmmHost
{
    private const ulong Job = 17;
    private const ulong Badge = Job | (1UL << 63);

    private readonly bool _isReborn;
    private readonly IReadOnlyList<IDevice> _devices;
    private readonly Func<IReadOnlyList<IDevice>>? _makeDevices;
    private readonly StringBuilder _output = new();
    private VmmService _service = new();
    private uint _replySlot = 1 << 25;
    private int _served;

    /// <param name="isReborn">True: after every message the service is replaced by another one that has only its saved state.</param>
    /// <param name="suspendingSeed">Memory is suspended now and then.</param>
    /// <param name="makeDevices">Devices of the embedding program.</param>
    public VmmHost(bool isReborn = false, int? suspendingSeed = null, Func<IReadOnlyList<IDevice>>? makeDevices = null)
    {
        _isReborn = isReborn;
        _makeDevices = makeDevices;
        _devices = makeDevices?.Invoke() ?? [];
        Kernel = new FakeKernel(suspendingSeed);
        _service.Start(Kernel);
        _service.Offer(Job, _devices);
    }

    public FakeKernel Kernel { get; }

    public string Output => _output.ToString();

    public byte[] Input { get; set; } = [];

    public (MachineEnd Reason, ulong Code, MachineEndRecord Record)? End { get; private set; }

    /// <summary>What the service said of the machine while it ran.</summary>
    public List<(MachineNotice About, string Text)> Notices { get; } = [];

    /// <summary>False: what the machine asks of the host is answered only by <see cref="AnswerHost"/>.</summary>
    public bool AnswersHost { get; set; } = true;

    /// <summary>Starts a machine and brings it to where harts run, or to its end.</summary>
    public VmmHost Start(MachineRequest request, params (MachineFile File, byte[] Bytes)[] files)
    {
        foreach (var (file, bytes) in files)
        {
            var message = new Message { Kind = MessageKind.Endpoint, Label = MachineProtocol.File, CapabilitySlot = Kernel.Put(bytes) };
            (message.Words[0], message.Words[1], message.Words[2]) = (Job, (ulong)file, (ulong)bytes.Length);
            Handle(message);
        }

        byte[] record = (request with { Job = Job }).ToBytes();
        var start = new Message { Kind = MessageKind.Endpoint, Label = MachineProtocol.Start, CapabilitySlot = Kernel.Put(record) };
        start.Words[1] = (ulong)record.Length;
        Handle(start);
        Settle();
        return this;
    }

    public void Stop()
    {
        var message = new Message { Kind = MessageKind.Endpoint, Label = MachineProtocol.Stop };
        message.Words[0] = Job;
        Handle(message);
        Settle();
    }

    /// <summary>A store of hart 0; false: it got an access fault. Null: no answer.</summary>
    public bool? Store(ulong address, ulong value, int size = 4) => Access(address, 23, size, value)?.Label is { } label ? label == 2 : null;

    /// <summary>A load of hart 0; null: it got an access fault.</summary>
    /// <summary>What a load reads; null: it faults. One that the engine would answer reads the same from its device.</summary>
    public ulong? Load(ulong address, int size = 4)
    {
        ulong ticks = (Kernel.Now / 100) + (Kernel.Harts.TryGetValue(0, out var hart) ? hart.TimeOffset : 0);
        bool isAnswered = Kernel.Space.Answers.TryAnswer(address, size, Kernel.Now, ticks, out ulong answered);
        ulong? value = Access(address, 21, size, 0) is { Label: 2 } answer ? answer.Word0 : null;
        (isAnswered ? answered : value).Should().Be(value, "that is what the device says of 0x{0:x}", address);
        return value;
    }

    /// <summary>True if the engine answers a load now.</summary>
    public bool IsAnswered(ulong address, int size) => Kernel.Space.Answers.TryAnswer(address, size, Kernel.Now, 0, out _);

    public (ulong Label, ulong Word0, ulong Word1)? Access(ulong address, ulong cause, int size, ulong value)
    {
        var message = new Message { Kind = MessageKind.Fault, Label = cause, Badge = Badge, ReplySlot = ++_replySlot, ThreadNumber = 500 };
        (message.Words[0], message.Words[1], message.Words[2]) = (address, 0x80000000, value);
        (message.Words[3], message.Words[4], message.Words[5]) = (cause == 23 ? 2UL : 1, (ulong)size, address + 0x1000_0000_0000);
        return Ask(message);
    }

    /// <summary>An SBI call; null: no answer.</summary>
    public (ulong Label, ulong Word0, ulong Word1)? Call(int hart, ulong extension, ulong function, params ReadOnlySpan<ulong> words)
    {
        var message = new Message { Kind = MessageKind.SystemCall, Label = extension | (function << 32), Badge = Badge, ReplySlot = ++_replySlot, ThreadNumber = 500 + (ulong)hart };
        for (int i = 0; i < words.Length; i++)
        {
            message.Words[i] = words[i];
        }

        return Ask(message);
    }

    /// <summary>Hart 0 takes an exception that is its holder's, or an access, for the 1001st time in a row.</summary>
    public (ulong Label, ulong Word0, ulong Word1)? Repeat(ulong cause, ulong pc, ulong address, ulong instruction = 0)
    {
        var message = new Message { Kind = MessageKind.Fault, Label = cause, Badge = Badge, ReplySlot = ++_replySlot, ThreadNumber = 500 };
        (message.Words[0], message.Words[1], message.Words[2], message.Words[3], message.Words[5]) = (address, pc, instruction, 0x100, address);
        return Ask(message);
    }

    public void Fault(ulong cause)
    {
        Handle(new Message { Kind = MessageKind.Fault, Label = cause, Badge = Badge, ReplySlot = ++_replySlot, ThreadNumber = 500 });
        Settle();
    }

    /// <summary>The answer that came to the last message since.</summary>
    public (ulong Label, ulong Word0, ulong Word1)? LastAnswer => Kernel.Replies.TryGetValue(_replySlot, out var answer) ? answer : null;

    /// <summary>Lets guest time pass.</summary>
    public void Pass(ulong nanoseconds)
    {
        ulong end = Kernel.Now + nanoseconds;
        while (Kernel.Timer <= end)
        {
            Kernel.Now = Math.Max(Kernel.Now, Kernel.Timer.Value);
            Kernel.Timer = null;
            Kernel.SignalledBits |= 2;
            Settle();
        }

        Kernel.Now = end;
    }

    public byte[] Memory(ulong address, int length)
    {
        var bytes = new byte[length];
        var (at, memory, offset, _, _) = Kernel.Space.Mappings.First(map => address >= map.Address && address < map.Address + map.Length);
        memory.Read(address - at + offset, bytes).Should().BeTrue();
        return bytes;
    }

    public void WriteMemory(ulong address, byte[] bytes)
    {
        var (at, memory, offset, _, _) = Kernel.Space.Mappings.First(map => address >= map.Address && address < map.Address + map.Length);
        memory.Write(address - at + offset, bytes).Should().BeTrue();
    }

    /// <summary>Does all that the service has told itself or the host to do.</summary>
    public void Settle()
    {
        int steps = 0;
        for (bool more = true; more;)
        {
            (++steps).Should().BeLessThan(100_000);
            more = AnswersHost && AnswerHost();
            if (Kernel.SignalledBits != 0)
            {
                var message = new Message { Kind = MessageKind.Notification };
                message.Words[0] = Kernel.SignalledBits;
                Kernel.SignalledBits = 0;
                Handle(message);
                more = true;
            }
        }
    }

    /// <summary>Writes the service's state; it goes on.</summary>
    public byte[] Save() => StateOf(_service);

    /// <summary>Replaces the service by another one that has only this state.</summary>
    public void Reload(byte[] state)
    {
        _service = new VmmService();
        _service.Start(Kernel);
        _service.Offer(Job, _makeDevices?.Invoke() ?? []);
        _service.Restore(new BinaryReader(new MemoryStream(state)));
    }

    public bool AnswerHost()
    {
        if (_served == Kernel.Requests.Count)
        {
            return false;
        }

        var request = Kernel.Requests[_served++];
        switch (request.Kind)
        {
            case HostRequestKind.StreamWrite:
                _output.Append(Encoding.Latin1.GetString(request.Data.Span));
                Complete(request.Id, request.Data.Length, default);
                break;
            case HostRequestKind.StreamRead:
                byte[] part = Input[..Math.Min(Input.Length, 5)];
                Input = Input[part.Length..];
                Complete(request.Id, part.Length, part);
                break;
            case HostRequestKind.Notice:
                Notices.Add(((MachineNotice)request.Argument0, Encoding.UTF8.GetString(request.Data.Span)));
                break;
            case HostRequestKind.Ended:
                End.Should().BeNull();
                End = ((MachineEnd)request.Argument0, request.Argument1, MachineEndRecord.FromBytes(request.Data));
                break;
            default:
                break;
        }

        return true;
    }

    public void Complete(ulong id, long result, ReadOnlyMemory<byte> data)
    {
        var message = new Message { Kind = MessageKind.Completion, Label = id, Data = data };
        message.Words[0] = (ulong)result;
        Handle(message);
    }

    private (ulong, ulong, ulong)? Ask(in Message message)
    {
        Handle(message);
        Settle();
        return LastAnswer;
    }

    private void Handle(in Message message)
    {
        Kernel.BeginMessage();
        for (int tries = 0; _service.Handle(message, Kernel) == HandleResult.Suspended; tries++)
        {
            tries.Should().BeLessThan(10_000);
        }

        if (_isReborn)
        {
            byte[] state = StateOf(_service);
            Reload(state);
            StateOf(_service).Should().Equal(state);
        }
    }

    private static byte[] StateOf(VmmService service)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        service.Save(writer);
        writer.Flush();
        return stream.ToArray();
    }
}
