using ObjectOS.Debugging;
using ObjectOS.Events;
using ObjectOS.Machine;

namespace ObjectOS.Recording;

/// <summary>
/// Runs a recording again, exactly: the same instructions at every depth, the same answers of the host, out of the file alone. No stream, file or
/// socket of the host is touched but those of <see cref="ReplayOptions"/>. Not thread-safe.
/// </summary>
/// <example>
/// <code>
/// using var replay = Replay.Open("run.rec");
/// await replay.RunAsync(new ReplayPosition(PositionKind.Output, 0, "panic"));
/// Console.WriteLine($"{replay.Position} instructions, {replay.Time} ns");
/// </code>
/// </example>
public sealed class Replay : IDisposable
{
    private readonly Stream _file;
    private readonly ReplayOptions _options;
    private readonly RecordingReader _reader;
    private ReplayRun _run;
    private DebugStops? _stops;

    private Replay(Stream file, ReplayOptions options)
    {
        _file = file;
        _options = options;
        _reader = new RecordingReader(file);
        CheckFit(_reader.Header, options);
        _run = new ReplayRun(_reader, options);
    }

    /// <summary>Opens a recording, checks all of it and stands at its start.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">What the embedding program adds; null: nothing.</param>
    /// <exception cref="DamagedRecordingException">It is no recording, or damaged.</exception>
    /// <exception cref="UnfitRecordingException">It needs classes that are not here.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static Replay Open(string path, ReplayOptions? options = null) => Open(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read), options);

    /// <summary>The same for a stream that can seek; it is closed with the replay.</summary>
    public static Replay Open(Stream stream, ReplayOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        try
        {
            return new Replay(stream, options ?? new ReplayOptions());
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>What the recording says of itself.</summary>
    public RecordingHeader Header => _reader.Header;

    /// <summary>True if the recording has an end; false: the process that wrote it died, and it is replayed as far as it goes.</summary>
    public bool IsComplete => _reader.End is not null;

    /// <summary>Virtual instructions that the root kernel has charged.</summary>
    public ulong Position => _run.Position;

    /// <summary>Guest time of the root kernel, in nanoseconds.</summary>
    public ulong Time => _run.Time;

    /// <summary>Calls of guests so far.</summary>
    public ulong Calls => _run.Cpu.Calls;

    /// <summary>True at the end of the recording.</summary>
    public bool IsAtEnd => _run.IsAtEnd;

    /// <summary>The digest of the whole state at the last position where the recording has one: both agree on it.</summary>
    public string Digest => $"{_run.LastDigest:x32}";

    /// <summary>Assemblies of another build than those of the recording: with them the replay may differ from it.</summary>
    public IReadOnlyList<RecordedAssembly> OtherBuilds =>
        [.. Header.Assemblies.Except(RecordingHeader.AssembliesNow(new RecordedBuilds(_options.KernelFactory, _options.LinuxFactory, _options.VmmFactory)))];

    /// <summary>Runs forward to a position, or to the end. One that has been passed is not gone back to.</summary>
    /// <returns>True if the position was reached; false: the recording ends before it.</returns>
    /// <exception cref="DesyncException">The run differs from the recording.</exception>
    /// <exception cref="DamagedRecordingException">A record makes no sense.</exception>
    /// <exception cref="UnfitRecordingException">A class of the embedding program is missing.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; the replay stands where it is.</exception>
    public Task<bool> RunAsync(ReplayPosition until = default, CancellationToken cancellationToken = default) => Task.Run(() => Run(until, cancellationToken), cancellationToken);

    /// <summary>
    /// Goes back by so many virtual instructions, or to the start, by running again. Work of the kernel is done whole: if the place is inside such
    /// work, the replay stands before it.
    /// </summary>
    /// <exception cref="DesyncException">As for <see cref="RunAsync"/>.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; the replay stands before the position.</exception>
    public Task BackAsync(ulong instructions, CancellationToken cancellationToken = default) => Task.Run(() => SeekTo(Position - Math.Min(instructions, Position), cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        _run.Dispose();
        _file.Dispose();
    }

    /// <summary>What a debugger stops; null: there is none.</summary>
    internal DebugCpu? DebugCpu => _run.DebugCpu;

    /// <summary>Goes back to the start, with a debugger.</summary>
    internal void BeginDebugging(DebugStops stops)
    {
        _stops = stops;
        Restart();
    }

    /// <summary>Goes back to the start.</summary>
    internal void RestartDebugging() => Restart();

    /// <summary>Runs until the debugger's CPU stops, the recording ends, or the token is cancelled.</summary>
    internal void RunDebugged(CancellationToken interrupt) =>
        _run.Run(ulong.MaxValue, ulong.MaxValue, () => interrupt.IsCancellationRequested || DebugCpu!.Stopped is not null);

    private bool Run(ReplayPosition until, CancellationToken cancellationToken)
    {
        switch (until.Kind)
        {
            case PositionKind.Instruction:
                Forward(until.Number, ulong.MaxValue, cancellationToken);
                return Position >= until.Number;
            case PositionKind.Time:
                Forward(ulong.MaxValue, until.Number, cancellationToken);
                return Time >= until.Number;
            case PositionKind.Call:
                return RunToCall(until.Number, cancellationToken);
            case PositionKind.Event:
                return RunToEvent(until.Text, (long)Math.Min(until.Number, long.MaxValue), cancellationToken);
            case PositionKind.Output:
                return RunToOutput(until.Text, cancellationToken);
            default:
                Forward(ulong.MaxValue, ulong.MaxValue, cancellationToken);
                return true;
        }
    }

    private bool RunToCall(ulong number, CancellationToken cancellationToken)
    {
        _run.Cpu.StopAtCall(number);
        Forward(ulong.MaxValue, ulong.MaxValue, cancellationToken, () => _run.Cpu.HasStopped);
        bool has = _run.Cpu.HasStopped;
        _run.Cpu.StopAtCall(null);
        return has;
    }

    /// <summary>Finds the slice in which the text is complete, then runs again up to it and through it an instruction at a time.</summary>
    private bool RunToOutput(string text, CancellationToken cancellationToken)
    {
        ulong from = Position;
        _run.Printer.LookFor(text);
        Forward(ulong.MaxValue, ulong.MaxValue, cancellationToken, () => _run.Printer.HasFound);
        if (!_run.Printer.HasFound)
        {
            return false;
        }

        ulong slice = Math.Max(from, _run.SliceStart);
        Restart();
        Forward(from, ulong.MaxValue, cancellationToken);
        _run.Printer.LookFor(text);
        StepTo(slice, HasFoundNow, cancellationToken);
        return true;

        bool HasFoundNow()
        {
            _run.TakeRequests();
            return _run.Printer.HasFound;
        }
    }

    /// <summary>Runs from the start with events; then, as for a text, up to the slice of the event and through it an instruction at a time.</summary>
    private bool RunToEvent(string lane, long ordinal, CancellationToken cancellationToken)
    {
        ulong from = Position;
        var events = new EventStream();
        Restart(events);
        Forward(from, ulong.MaxValue, cancellationToken);
        Forward(ulong.MaxValue, ulong.MaxValue, cancellationToken, HasCome);
        if (!HasCome())
        {
            // A line without an end is an event at the end of the recording.
            return IsAtEnd && events.Lanes.Any(one => one.Name == lane && one.Count >= ordinal);
        }

        ulong slice = Math.Max(from, _run.SliceStart);
        events = new EventStream();
        Restart(events);
        StepTo(slice, HasCome, cancellationToken);
        return true;

        bool HasCome()
        {
            _run.DrainEvents();
            return events.CountOf(lane) >= ordinal;
        }
    }

    /// <summary>Runs up to a slice, and through it an instruction at a time, until something has come.</summary>
    private void StepTo(ulong slice, Func<bool> hasCome, CancellationToken cancellationToken)
    {
        Forward(slice, ulong.MaxValue, cancellationToken, hasCome);
        if (!hasCome())
        {
            Forward(ulong.MaxValue, ulong.MaxValue, cancellationToken, hasCome, step: 1);
        }
    }

    private void SeekTo(ulong position, CancellationToken cancellationToken)
    {
        if (position < Position)
        {
            Restart();
        }

        Forward(position, ulong.MaxValue, cancellationToken);
        if (Position <= position)
        {
            return;
        }

        // The last place before: it is in the slice under way.
        ulong last = Math.Min(_run.SliceStart, position);
        Restart();
        Forward(last, ulong.MaxValue, cancellationToken);
        last = Position;
        Forward(position + 1, ulong.MaxValue, cancellationToken, Note, step: 1);
        Restart();
        Forward(last, ulong.MaxValue, cancellationToken);

        bool Note()
        {
            last = Position <= position ? Position : last;
            return false;
        }
    }

    private void Restart(EventStream? events = null)
    {
        ulong printed = Math.Max(_run.Printer.Answered, _run.Printer.Skips);
        _run.Dispose();
        _run = new ReplayRun(_reader, _options, _stops, events);
        _run.Printer.Skips = printed;
    }

    private void Forward(ulong position, ulong time, CancellationToken cancellationToken, Func<bool>? stops = null, ulong step = ulong.MaxValue) => _run.Run(
        position,
        time,
        () =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            return stops?.Invoke() == true;
        },
        step);

    private static void CheckFit(RecordingHeader header, ReplayOptions options)
    {
        var missing = header.Instructions.Except(options.Instructions.Select(instruction => instruction.Mnemonic)).ToList();
        if (missing.Count > 0)
        {
            throw new UnfitRecordingException($"it uses the instruction {missing[0]}, which ReplayOptions.Instructions does not have");
        }
    }
}
