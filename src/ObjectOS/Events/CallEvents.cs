using System.Text;
using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Services.Linux;

namespace ObjectOS.Events;

/// <summary>
/// Gives the events of threads and harts their digests and texts: words that mean the same in every version by value, addresses only as null or not,
/// numbers of processes as the lanes that have them.
/// </summary>
internal sealed class CallEvents : IEventText
{
    /// <summary>The number of execve.</summary>
    public const ulong Execute = 221;

    private const ulong Exit = 93, ExitGroup = 94, Clone = 220, GetPid = 172, GetTid = 178, SetTidAddress = 96;

    private readonly Pids _pids = new();
    private EventLane _lane = null!;

    /// <summary>Learns from a call which lane has which number.</summary>
    /// <param name="lane">The caller's.</param>
    /// <param name="record">The event.</param>
    /// <param name="child">The lane of the last thread that the caller made.</param>
    public void Learn(EventLane lane, in EventRecord record, EventLane? child)
    {
        _lane = lane;
        if (record.Kind != EventKind.SystemCall || IsError(record.Result))
        {
            return;
        }

        if (record.Number == Clone && child is not null)
        {
            _pids.Learn(child, record.Result);
        }
        else if (record.Number is GetPid or GetTid or SetTidAddress)
        {
            _pids.Learn(lane, record.Result);
        }
    }

    public LaneDigest Digest(EventLane lane, in EventRecord record) => record.Kind switch
    {
        EventKind.SystemCall => OfCall(lane, record),
        EventKind.SupervisorCall => OfSupervisorCall(record),
        EventKind.DeviceAccess => OfAccess(record),
        EventKind.Interrupt => new LaneDigest(0, 0, Words(Head(record), record.Arguments[0], record.Arguments[1])),
        EventKind.Trap => new LaneDigest(Words(Head(record), record.Arguments[2], record.Result), 0, 0),
        EventKind.Invocation => new LaneDigest(Words(Head(record), record.Result, 0), Words(0, record.InputDigest, record.OutputDigest), 0),
        EventKind.Ipc => OfIpc(record),
        EventKind.Note => new LaneDigest(Digest64.Add(Head(record), record.Arguments[0]), 0, 0),
        EventKind.ThreadEnd when IsExit(record) => new LaneDigest(Words(Head(record), record.SecondResult, (uint)record.Arguments[0]), 0, 0),
        _ => new LaneDigest(Head(record), Words(0, record.InputDigest, record.OutputDigest), 0),
    };

    public string Write(in EventRecord record) => record.Kind switch
    {
        EventKind.SystemCall => WriteCall(record),
        EventKind.SupervisorCall => SupervisorText.Call(record),
        EventKind.DeviceAccess => SupervisorText.Access(record),
        EventKind.Interrupt => $"interrupt lines 0x{record.Arguments[1]:x} of 0x{record.Arguments[0]:x}",
        EventKind.Trap => $"trap {(TrapCause)record.Number} at pc 0x{record.Arguments[0]:x}, address 0x{record.Arguments[1]:x}",
        EventKind.Invocation => $"{InvocationTable.Find(record.Number)?.Name ?? $"invocation {record.Number}"}({string.Join(", ", Hex(record, InvocationTable.Find(record.Number)?.Arguments.Length ?? 0))}) = {(KernelStatus)record.Result}",
        EventKind.Ipc => $"call {record.Number} ({string.Join(", ", Hex(record, MessageWords.Length))}) = {record.Result}, 0x{record.SecondResult:x}",
        EventKind.Note => SignalNames.Delivery(record.Number, (SignalEffect)record.Arguments[0]),
        EventKind.Born => "execve starts another program",
        EventKind.ThreadEnd when IsExit(record) => $"{LinuxService.CallName(record.SecondResult)}({(int)record.Arguments[0]})",
        EventKind.ThreadEnd => $"thread ends with {record.Number}",
        _ => $"{record.Kind} {record.Number}",
    };

    private LaneDigest OfCall(EventLane lane, in EventRecord record)
    {
        string shape = LinuxService.ShapeOf(record.Number) ?? "nnnnnn:n";
        ulong control = Head(record), timing = 0;
        bool hasTime = false;
        int i = 0;
        for (; shape[i] != ':'; i++)
        {
            hasTime |= shape[i] is CallShape.Time or CallShape.Status;
            control = Digest64.Add(control, Canonical(lane, shape[i], record.Arguments[i], ref timing));
        }

        char result = shape[i + 1];
        control = Digest64.Add(control, IsError(record.Result) ? record.Result : Canonical(lane, result, record.Result, ref timing));
        return hasTime
            ? new LaneDigest(control, record.InputDigest, Digest64.Add(timing, record.OutputDigest))
            : new LaneDigest(control, Words(0, record.InputDigest, record.OutputDigest), timing);
    }

    private ulong Canonical(EventLane lane, char kind, ulong word, ref ulong timing)
    {
        switch (kind)
        {
            case CallShape.Unused:
                return 0;
            case CallShape.Text or CallShape.Input or CallShape.Output or CallShape.Status or CallShape.Address:
                return word == 0 ? 0UL : 1;
            case CallShape.Time:
                timing = Digest64.Add(timing, word == 0 ? 0UL : 1);
                return 0;
            case CallShape.Descriptor:
                return (uint)word;
            case CallShape.Process when _pids.Find(lane, word) is { } found:
                return Digest64.Add(0, Encoding.UTF8.GetBytes(found.Name[found.Name.IndexOf('/')..]));
            default:
                return word;
        }
    }

    /// <summary>SBI specification v2.0, chapter "Timer Extension": the argument of set_timer is a time.</summary>
    private static LaneDigest OfSupervisorCall(in EventRecord record)
    {
        bool isTimer = (uint)record.Number is SupervisorText.TimeExtension or SupervisorText.LegacySetTimer;
        ulong control = Head(record), payload = 0;
        for (int i = 0; i < MessageWords.Length && !isTimer; i++)
        {
            payload = Digest64.Add(payload, record.Arguments[i]);
        }

        control = Words(control, record.Result, 0);
        return new LaneDigest(control, Words(payload, record.InputDigest, record.OutputDigest), isTimer ? record.Arguments[0] : 0);
    }

    private static LaneDigest OfAccess(in EventRecord record)
    {
        ulong control = Words(Digest64.Add(Head(record), record.Arguments[0]), record.Arguments[2], record.Arguments[3]);
        ulong values = Words(0, record.Arguments[1], record.Result);
        return SupervisorText.IsClock(record.Arguments[0])
            ? new LaneDigest(control, 0, values)
            : new LaneDigest(control, Words(values, record.InputDigest, record.OutputDigest), 0);
    }

    private static LaneDigest OfIpc(in EventRecord record)
    {
        ulong payload = Words(0, record.InputDigest, record.OutputDigest);
        for (int i = 0; i < MessageWords.Length; i++)
        {
            payload = Digest64.Add(payload, record.Arguments[i]);
        }

        return new LaneDigest(Words(Head(record), record.Result, 0), Digest64.Add(payload, record.SecondResult), 0);
    }

    private static bool IsExit(in EventRecord record) => record.SecondResult is Exit or ExitGroup;

    private static ulong Head(in EventRecord record) => Digest64.Add((ulong)record.Kind, record.Number);

    private static ulong Words(ulong digest, ulong first, ulong second) => first == 0 && second == 0 ? digest : Digest64.Add(Digest64.Add(digest, first), second);

    private static bool IsError(ulong result) => (long)result is < 0 and >= -4095;

    private static IEnumerable<string> Hex(EventRecord record, int count) =>
        Enumerable.Range(0, Math.Min(count, MessageWords.Length)).Select(i => $"0x{record.Arguments[i]:x}");

    private string WriteCall(in EventRecord record)
    {
        string shape = LinuxService.ShapeOf(record.Number) ?? "nnnnnn:n";
        string name = LinuxService.CallName(record.Number) ?? $"syscall_{record.Number}";
        var input = new SampleCursor(record.Input);
        var output = new SampleCursor(record.Output);
        var arguments = new List<string>();
        int i = 0;
        for (; shape[i] != ':'; i++)
        {
            ulong word = record.Arguments[i];
            arguments.Add(shape[i] switch
            {
                CallShape.Text when word != 0 => input.TakeText(),
                CallShape.Input when word != 0 => input.TakeRest(),
                CallShape.Output or CallShape.Status when word != 0 => output.TakeRest(),
                CallShape.Flags => $"0x{word:x}",
                CallShape.Descriptor => $"{(int)word}",
                CallShape.Process => Process(word),
                CallShape.Time when word != 0 => "time",
                CallShape.Address or CallShape.Text or CallShape.Input or CallShape.Output or CallShape.Status or CallShape.Time => word == 0 ? "NULL" : $"0x{word:x}",
                _ => $"{(long)word}",
            });
        }

        return $"{name}({string.Join(", ", arguments)}) = {Result(shape[i + 1], record.Result)}";
    }

    private string Result(char kind, ulong word) =>
        IsError(word) ? ErrorNames.Of(-(int)(long)word)
        : kind == CallShape.Address ? $"0x{word:x}"
        : kind == CallShape.Process ? Process(word)
        : $"{(long)word}";

    private string Process(ulong word) => _pids.Find(_lane, word) is { } lane ? $"{(int)word} ({lane.Name})" : $"{(int)word}";
}
