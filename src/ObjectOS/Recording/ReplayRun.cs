using System.IO.Hashing;
using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Debugging;
using ObjectOS.Events;
using ObjectOS.Machine;

namespace ObjectOS.Recording;

/// <summary>
/// One run of a recording from its start: the same slices, and between them the same calls from outside. What differs from the log ends it. It touches
/// nothing of the host but the streams that it is given.
/// </summary>
internal sealed partial class ReplayRun : IDisposable
{
    private readonly RecordingReader _reader;
    private readonly ReplayOptions _options;
    private readonly RecordedBuilds _builds;
    private readonly Machine.Machine _machine;
    private readonly List<ReplayKernel> _kernels = [];
    private readonly List<(IVirtualCpu Cpu, ReplayKernel Holder)> _virtualCpus = [];
    private readonly XxHash64 _inputs = new();
    private readonly EventStream? _events;
    private RecordCursor? _cursor;
    private ReplaySlice? _slice;
    private ulong _lastHostTime;

    /// <param name="reader">The recording.</param>
    /// <param name="options">What the embedding program adds.</param>
    /// <param name="stops">Where a debugger wants it to stop; null: there is no debugger.</param>
    /// <param name="events">Where events go; null: none are kept.</param>
    public ReplayRun(RecordingReader reader, ReplayOptions options, DebugStops? stops = null, EventStream? events = null)
    {
        _events = events;
        _reader = reader;
        _options = options;
        _builds = new RecordedBuilds(options.KernelFactory, options.LinuxFactory, options.VmmFactory);
        reader.Rewind();
        _machine = new Machine.Machine(new MachineOptions(reader.Header.Memory));
        var engine = new RealCpu(_machine, new RealCpuOptions { MemoryLimit = reader.Header.Memory, Instructions = options.Instructions }) { Stops = stops };
        DebugCpu = stops is null ? null : new DebugCpu(engine, stops);
        Cpu = new QuietCpu((ICpu?)DebugCpu ?? engine, engine);
        Printer = new ReplayPrinter(options);
    }

    public QuietCpu Cpu { get; }

    /// <summary>What a debugger stops; null: there is none.</summary>
    public DebugCpu? DebugCpu { get; }

    public ReplayPrinter Printer { get; }

    /// <summary>Virtual instructions that the root kernel has charged.</summary>
    public ulong Position { get; private set; }

    /// <summary>Where the slice under way, or the next one, begins.</summary>
    public ulong SliceStart { get; private set; }

    /// <summary>Guest time of the root kernel, in nanoseconds.</summary>
    public ulong Time => _kernels.Count == 0 ? 0 : _kernels[0].Kernel.Root.Now;

    /// <summary>The digest that the recording has for the last position where it has one, and the replay has, too.</summary>
    public UInt128 LastDigest { get; private set; }

    /// <summary>True once all records have been replayed.</summary>
    public bool IsAtEnd { get; private set; }

    /// <summary>The root kernel.</summary>
    /// <exception cref="InvalidOperationException">It has not been made yet.</exception>
    public IKernel Root => _kernels.Count > 0 ? _kernels[0].Kernel : throw new InvalidOperationException("No kernel has been made yet.");

    /// <summary>
    /// Runs until the position is <paramref name="position"/> or the first one after it, guest time is <paramref name="time"/>, the CPU has stopped the
    /// run, or the recording ends.
    /// </summary>
    /// <param name="position">Virtual instructions.</param>
    /// <param name="time">Nanoseconds.</param>
    /// <param name="stops">Asked after each slice or record; true: the run stops there.</param>
    /// <param name="step">Most virtual instructions between two questions.</param>
    public void Run(ulong position, ulong time, Func<bool> stops, ulong step = ulong.MaxValue)
    {
        while (Position < position && Time < time && !IsAtEnd)
        {
            if (_slice is null)
            {
                ReadRecord();
            }
            else
            {
                ulong most = Math.Min(Math.Min(position - Position, time - Time), step);
                Continue(_slice, most);
            }

            if (stops())
            {
                return;
            }
        }
    }

    public void Dispose()
    {
        Cpu.Dispose();
        _machine.Dispose();
    }

    /// <summary>Takes the requests that kernels have made so far, so that they can be looked at before the slice ends.</summary>
    public void TakeRequests()
    {
        foreach (var kernel in _kernels)
        {
            kernel.TakeRequests(Printer);
        }
    }

    /// <summary>Sorts the events that kernels have kept so far into their lanes.</summary>
    public void DrainEvents()
    {
        foreach (var kernel in _kernels)
        {
            kernel.DrainEvents();
        }
    }

    /// <summary>Runs a part of the slice under way.</summary>
    private void Continue(ReplaySlice slice, ulong most)
    {
        ulong left = _reader.Header.Slice - Math.Min(slice.Done, _reader.Header.Slice);
        var limits = new SliceLimits(Math.Min(left, most), slice.HostTime, slice.IdleTime);
        slice.IdleTime = slice.IdleTime is null ? null : 0;
        var result = Root.RunSlice(limits);
        slice.Done += result.Used;
        Position += result.Used;
        if (result.End == SliceEnd.Suspended || (result.End == SliceEnd.Budget && slice.Done < _reader.Header.Slice))
        {
            // The debugger or the caller's limit has stopped it; the slice goes on later.
            if (slice.Done > slice.Used)
            {
                throw Desync("0", slice.Expected, $"a slice that had used {slice.Done} and went on");
            }

            return;
        }

        _slice = null;
        if (result.End != slice.End || slice.Done != slice.Used)
        {
            string halt = Root.HaltReport is { } report ? $" ({report})" : "";
            throw Desync("0", slice.Expected, $"the end {result.End}{halt} after {slice.Done} virtual instructions");
        }
    }

    private void ReadRecord()
    {
        while (_cursor is null || _cursor.IsAtEnd)
        {
            _cursor = _reader.NextLog();
            if (_cursor is null)
            {
                IsAtEnd = true;
                return;
            }
        }

        try
        {
            _cursor.BeginRecord();
            Carry((RecordKind)_cursor.Byte(), _cursor);
            _inputs.Append(_cursor.RecordBytes);
        }
        catch (Exception e) when (e is not (OutOfMemoryException or DamagedRecordingException or UnfitRecordingException or DesyncException))
        {
            throw _cursor.Damaged($"the record before cannot be carried out: {e.Message}");
        }
    }

    private void Carry(RecordKind kind, RecordCursor cursor)
    {
        switch (kind)
        {
            case RecordKind.Slice:
                BeginSlice(cursor);
                break;
            case RecordKind.Request:
                ExpectRequest(cursor);
                break;
            case RecordKind.Completion:
                Post(cursor);
                break;
            case RecordKind.Kernel:
                CreateKernel(cursor);
                break;
            case RecordKind.ManagedCell:
                CreateManagedCell(cursor);
                break;
            case RecordKind.VirtualCpu:
                CreateVirtualCpu(cursor);
                break;
            case RecordKind.Invocation:
                Invoke(cursor);
                break;
            case >= RecordKind.Interrupt and <= RecordKind.Reserve and not RecordKind.Invocation:
                DoToVirtualCpu(kind, cursor);
                break;
            case RecordKind.Shutdown:
                KernelOf(cursor).Shutdown();
                break;
            case RecordKind.Memory:
                ChangeMemory(cursor);
                break;
            case RecordKind.Devices:
                Offer(cursor);
                break;
            case RecordKind.Stream:
                Printer.Name(KernelOf(cursor).Number, cursor.Number(), cursor.Int(2, "a descriptor"));
                break;
            case RecordKind.Digest:
                Compare(cursor);
                break;
            case RecordKind.Name:
                NoteName(cursor);
                break;
            default:
                throw cursor.Damaged($"a record has the unknown kind {(int)kind}");
        }
    }

    private void BeginSlice(RecordCursor cursor)
    {
        byte flags = cursor.Byte();
        var end = (SliceEnd)(flags & 0x0f);
        if (end > SliceEnd.Halted || (flags & 0x90) != 0)
        {
            throw cursor.Damaged($"a slice has the unknown flags 0x{flags:x2}");
        }

        ulong? hostTime = (flags & 0x20) != 0 ? _lastHostTime += cursor.Number() : null;
        ulong? idleTime = hostTime is null && (flags & 0x40) != 0 ? cursor.Number() : null;
        foreach (var kernel in _kernels)
        {
            kernel.TakeRequests(Printer);
            if (kernel.Taken.TryPeek(out var extra))
            {
                throw Desync(kernel.Path, "no request", RequestRecord.Of(extra).ToString());
            }
        }

        Position = Root.Statistics.Charged;
        SliceStart = Position;
        _slice = new ReplaySlice(end, cursor.Number(), hostTime) { IdleTime = idleTime };
    }

    private void ExpectRequest(RecordCursor cursor)
    {
        var kernel = KernelOf(cursor);
        var expected = RequestRecord.Read(cursor);
        kernel.TakeRequests(Printer);
        if (!kernel.Taken.TryDequeue(out var request))
        {
            throw Desync(kernel.Path, expected.ToString(), "no request");
        }

        if (RequestRecord.Of(request) is var found && found != expected)
        {
            throw Desync(kernel.Path, expected.ToString(), found.ToString());
        }
    }

    private void Post(RecordCursor cursor)
    {
        var kernel = KernelOf(cursor);
        var completion = new Completion(cursor.Number(), cursor.Signed(), cursor.Blob()) { Delay = cursor.Number() };
        Printer.Answer(kernel.Number, completion);
        kernel.Kernel.Post(completion);
    }

    private void NoteName(RecordCursor cursor)
    {
        var kernel = KernelOf(cursor);
        ulong number = cursor.Number();
        string name = cursor.Text();
        bool isText = cursor.Flag();
        kernel.Events?.Name(number, name, isText);
    }

    private void Compare(RecordCursor cursor)
    {
        bool withMemory = cursor.Flag();
        UInt128 expected = cursor.Fixed() | ((UInt128)cursor.Fixed() << 64);
        LastDigest = StateDigest.Of(Root, Cpu.Last, _inputs.GetCurrentHashAsUInt64(), withMemory);
        if (LastDigest != expected)
        {
            throw Desync("state", $"the digest {expected:x32}", $"{LastDigest:x32}");
        }
    }

    private DesyncException Desync(string lane, string expected, string actual) => new(
        $"the replay differs from the recording at instruction:{Position} in {(lane == "state" ? "the state" : $"kernel {lane}")}: expected {expected}, got {actual}", Position, lane);

    /// <summary>A slice that the log has.</summary>
    private sealed class ReplaySlice(SliceEnd end, ulong used, ulong? hostTime)
    {
        public SliceEnd End => end;

        public ulong Used => used;

        public ulong? HostTime => hostTime;

        public ulong? IdleTime { get; set; }

        public ulong Done { get; set; }

        public string Expected => $"a slice that ends {end} after {used} virtual instructions";
    }
}
