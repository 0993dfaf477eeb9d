using System.Globalization;
using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Events;

/// <summary>
/// The lanes of what services ask of the host. A stream that guests write text to has an event per line; all others have one per request and one per
/// answer.
/// </summary>
internal sealed class HostEvents(EventStream stream, string level) : IEventText
{
    private readonly Dictionary<ulong, Target> _targets = [];
    private readonly Dictionary<ulong, (EventLane Lane, bool IsStatus)> _pending = [];
    private readonly Dictionary<EventLane, LineSplitter> _lines = [];

    /// <summary>The write that lines are of. The bytes of each line stand apart: a copy of the record for each would cost more than its digest.</summary>
    private EventRecord _write;
    private ReadOnlyMemory<byte> _line;

    public void Name(ulong target, string name, bool isText) => _targets[target] = new Target(name, isText);

    public void Request(in EventRecord record, string? cause)
    {
        var kind = (HostRequestKind)record.Number;
        if (!_targets.TryGetValue(record.Arguments[0], out var target)
            || kind is HostRequestKind.Started or HostRequestKind.Ended or HostRequestKind.Log or HostRequestKind.Notice or HostRequestKind.Clock)
        {
            return;
        }

        var lane = target.Lane ??= stream.Lane(string.Create(CultureInfo.InvariantCulture, $"{level}/{target.Name}"));
        if (kind == HostRequestKind.StreamWrite && target.IsText)
        {
            _write = record with { Arguments = default, Input = default, Retired = 0, Pc = 0 };
            SplitterOf(lane).Add(record.Input, line => AddLine(lane, line, cause));
            return;
        }

        _pending[record.Result] = (lane, kind == HostRequestKind.File && (HostFileOperation)record.Arguments[1] is HostFileOperation.Open or HostFileOperation.Status or HostFileOperation.HandleStatus);
        ulong control = Digest64.Add((ulong)EventKind.Request, record.Number);
        for (int i = 1; i < MessageWords.Length; i++)
        {
            control = Digest64.Add(control, record.Arguments[i]);
        }

        stream.Add(lane, record, new LaneDigest(control, Digest64.Add(0, record.Input.Span), 0), this, cause);
    }

    public void Complete(in EventRecord record)
    {
        if (_pending.Remove(record.Number, out var request))
        {
            ulong control = Digest64.Add((ulong)EventKind.Completion, record.Result);
            ulong data = Digest64.Add(0, record.Output.Span);

            // The status of a file holds times.
            stream.Add(request.Lane, record, request.IsStatus ? new LaneDigest(control, 0, data) : new LaneDigest(control, data, 0), this);
        }
    }

    public void Flush()
    {
        foreach (var (lane, splitter) in _lines)
        {
            splitter.Flush(line => AddLine(lane, line, null));
        }
    }

    public string Write(in EventRecord record) => record.Kind switch
    {
        EventKind.Completion => $"answer {(long)record.Result}{Data(record.Output)}",
        _ when (HostRequestKind)record.Number == HostRequestKind.StreamWrite && record.Arguments[0] == 0 => SampleCursor.Quote(_line.Span),
        _ when (HostRequestKind)record.Number == HostRequestKind.File =>
            $"{(HostFileOperation)record.Arguments[1]}(0x{record.Arguments[2]:x}, 0x{record.Arguments[3]:x}, 0x{record.Arguments[4]:x}){Data(record.Input)}",
        _ => $"{(HostRequestKind)record.Number}(0x{record.Arguments[1]:x}, 0x{record.Arguments[2]:x}){Data(record.Input)}",
    };

    private static string Data(ReadOnlyMemory<byte> data) => data.IsEmpty ? "" : " " + SampleCursor.Quote(data.Span);

    private LineSplitter SplitterOf(EventLane lane)
    {
        if (!_lines.TryGetValue(lane, out var splitter))
        {
            _lines.Add(lane, splitter = new LineSplitter());
        }

        return splitter;
    }

    private void AddLine(EventLane lane, ReadOnlyMemory<byte> line, string? cause)
    {
        var text = LineSplitter.WithoutTime(line.Span);
        var digest = new LaneDigest((ulong)EventKind.Request, Digest64.Add(0, text), text.Length == line.Length ? 0 : Digest64.Add(0, line.Span));
        _line = line;
        stream.Add(lane, _write, digest, this, cause);
    }

    private sealed class Target(string name, bool isText)
    {
        public string Name => name;

        /// <summary>True for a stream of lines.</summary>
        public bool IsText => isText;

        /// <summary>Its lane; null before the first request.</summary>
        public EventLane? Lane { get; set; }
    }
}
