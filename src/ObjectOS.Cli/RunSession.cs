using System.Text;
using ObjectOS.Cli.Jail;
using ObjectOS.Debugging;

namespace ObjectOS.Cli;

/// <summary>One run of a guest from the command line: the files, the signals, the figures, the exit code.</summary>
internal sealed class RunSession(ToolStreams streams, RunSettings settings) : IDisposable
{
    /// <summary>Host time after which a wait is reported.</summary>
    private static readonly TimeSpan NoticeTime = TimeSpan.FromSeconds(5);

    /// <summary>Functions of a backtrace that are printed.</summary>
    private const int MostFrames = 16;

    private StreamWriter? _trace;
    private int _hasSaid;
    private Interruption? _interruption;
    private ToolJail? _jail;
    private OutputFile? _statistics;
    private FileStream? _recording;
    private GdbServer? _gdb;

    /// <summary>What the command line says of the run.</summary>
    public RunSettings Settings => settings;

    /// <summary>What stops it early. It has a thread of its own, and so begins after <see cref="Confine"/>.</summary>
    public Interruption Interruption => _interruption ??= new();

    /// <summary>Opens what is to be written beside the standard streams. False: a sentence says why it cannot be.</summary>
    public bool TryOpenFiles(out string problem)
    {
        problem = "";
        if (settings.StatisticsFile is { } statistics && (_statistics = OutputFile.TryCreate("--stats", statistics, out problem)) is null)
        {
            return false;
        }

        if (settings is { TraceGuest: not GuestEvents.None, TraceFile: null })
        {
            problem = "--trace-guest is given without --trace";
            return false;
        }

        if (settings is { GdbPort: not null, RecordFile: not null })
        {
            problem = "--gdb and --record are both given; record first, then debug the recording: objectos replay --gdb PORT FILE";
            return false;
        }

        if (settings.RecordFile is { } record)
        {
            try
            {
                _recording = new FileStream(record, FileMode.Create, FileAccess.Write, FileShare.Read, 0);
            }
            catch (Exception e) when (OutputFile.IsOfTheFile(e))
            {
                problem = OutputFile.Unwritable("--record", record, e);
                return false;
            }
        }

        if (settings.TraceFile is { } trace)
        {
            try
            {
                _trace = new StreamWriter(trace, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { NewLine = "\n" };
            }
            catch (Exception e) when (OutputFile.IsOfTheFile(e))
            {
                problem = OutputFile.Unwritable("--trace", trace, e);
                return false;
            }
        }

        return true;
    }

    /// <summary>Begins to confine the tool: after the files for writing are open, and before anything starts another thread.</summary>
    /// <param name="grants">What the guest needs of the host.</param>
    public void Confine(JailGrants grants)
    {
        if (!settings.IsConfined)
        {
            return;
        }

        if (settings.WantsStatistics || settings.RecordFile is not null || settings.Command == "boot")
        {
            ToolJail.LoadHashes();
        }

        grants.AddOutput(settings.StatisticsFile);
        if (settings.GdbPort is { } port)
        {
            grants.Ports.Add((ushort)port);
            grants.UsesSockets = true;
        }

        _jail = ToolJail.TryEnter(grants);
    }

    /// <summary>Runs the guest to its end; the result is the tool's exit code.</summary>
    public async Task<int> RunAsync(IGuest guest)
    {
        try
        {
            _gdb = settings.GdbPort is { } port ? GdbServer.Listen(port) : null;
        }
        catch (IOException e)
        {
            streams.Error.Say($"objectos: {e.Message.TrimEnd('.')}");
            return ExitCodes.ToolFailed;
        }

        try
        {
            return await RunGuestAsync(guest).ConfigureAwait(false);
        }
        finally
        {
            if (_gdb is not null)
            {
                await _gdb.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private async Task<int> RunGuestAsync(IGuest guest)
    {
        if (_gdb is not null)
        {
            _gdb.Killed = () => Interruption.Stop(ExitCodes.Terminated);
            streams.Error.Say($"objectos: waiting for gdb: target remote :{_gdb.Port}");
        }

        using var output = new HashingStream(streams.Output, settings.WantsStatistics);
        var figures = new RunFigures(guest.Name, settings);
        var os = await ObjectOs.BootAsync(o =>
        {
            o.Memory = guest.SystemMemory;
            if (settings.Engine is { } engine)
            {
                o.Engine = engine;
            }

            o.Seed = settings.Seed;
            o.HostClock = settings.Clock == "host";
            o.WallClock = o.HostClock ? o.TimeProvider.GetUtcNow() : o.WallClock;
            o.Inputs = settings.Inputs;
            o.IdleTime = settings.IdleTime;
            o.Trace = _trace;
            o.TraceGuest = settings.TraceGuest;
            o.Recording = _recording;
            o.Debugger = _gdb;
            o.RecordingTitle = $"{settings.Command} {guest.Name}";
            o.StallTime = NoticeTime;
            o.StallHandler = SayOnce;
        }).ConfigureAwait(false);
        RunResult result;
        await using (os.ConfigureAwait(false))
        {
            try
            {
                var innermost = await os.DescendAsync(settings.Depth).ConfigureAwait(false);
                _jail?.Close();
                var cell = await guest.StartAsync(innermost, output).ConfigureAwait(false);
                result = await cell.WaitAsync(Interruption.Token).ConfigureAwait(false);
                _gdb?.ReportExit(result.ExitCode);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
            {
                return Refuse(guest, e);
            }
            catch (ProgramCanceledException e) when (e.Result is not null)
            {
                result = e.Result;
            }
            catch (ProgramCanceledException)
            {
                return Interruption.ExitCode;
            }

            await os.SettleAsync().ConfigureAwait(false);
            figures.Take(result, await os.GetStatisticsAsync().ConfigureAwait(false), output.Sha256);
        }

        figures.FramesAfterTeardown = os.LiveFrames;
        figures.CodeBytes = os.PeakCodeBytes;
        figures.Walls = _jail?.Walls ?? figures.Walls;
        figures.Engine = os.Engine;
        figures.EngineProblem = os.EngineProblem;
        int code = Tell(guest, result, figures, output.Problem);
        return os.RecordingFailure is { } failure ? RefuseRecording(failure, code) : code;
    }

    /// <summary>Says what there is to say of a run that is over. The exit code.</summary>
    private int Tell(IGuest guest, RunResult result, RunFigures figures, string? lost)
    {
        if (result.Message is { } message)
        {
            streams.Error.Say($"objectos: {message}");
        }

        SayBacktrace(result.Fault?.Backtrace ?? []);
        if (lost is not null)
        {
            streams.Error.Say($"objectos: standard output: {lost.TrimEnd('.')}; what was written last may be lost");
        }

        int code = result.End == RunEnd.Stopped && Interruption.ExitCode != 0 ? Interruption.ExitCode : result.ExitCode;
        if (result.End == RunEnd.NotRunnable)
        {
            return code;
        }

        if (guest.Finish(result) is { } problem)
        {
            int unkept = streams.Usage(problem);
            code = code == 0 ? unkept : code;
        }

        return settings.WantsStatistics ? Report(figures, code) : code;
    }

    public void Dispose()
    {
        _interruption?.Dispose();
        _statistics?.Dispose();
        _recording?.Dispose();
        try
        {
            _trace?.Dispose();
        }
        catch (IOException)
        {
            // The run's message has told of it.
        }
    }

    /// <summary>Reports the first wait or stall; the guest goes on when it ends.</summary>
    private void SayOnce(string sentence)
    {
        if (Interlocked.Exchange(ref _hasSaid, 1) == 0)
        {
            streams.Error.Say($"objectos: {sentence}{(settings.Inputs == Inputs.Deterministic ? " (--inputs live)" : "")}");
        }
    }

    /// <summary>Prints the functions that were active at a fault, one a line.</summary>
    private void SayBacktrace(IReadOnlyList<StackFrame> frames)
    {
        foreach (var (i, frame) in frames.Take(MostFrames).Index())
        {
            streams.Error.Say($"objectos:   #{i} {frame}");
        }

        if (frames.Count > MostFrames)
        {
            streams.Error.Say($"objectos:   … {frames.Count - MostFrames} more");
        }
    }

    private int Refuse(IGuest guest, Exception e)
    {
        var (code, sentence) = HostFile.Refusal(guest.Name, guest.Wanted, e);
        streams.Error.Say($"objectos: {sentence}");
        return code;
    }

    private int RefuseRecording(Exception failure, int code)
    {
        int refused = streams.Usage($"{OutputFile.Unwritable("--record", settings.RecordFile!, failure)}; the recording ends early");
        return code == 0 ? refused : code;
    }

    private int Report(RunFigures figures, int code)
    {
        if (_statistics is null)
        {
            streams.Error.Say(settings.AsJson ? figures.ToJson(code) : figures.ToTable(code));
            return code;
        }

        try
        {
            _statistics.Finish(figures.ToJson(code) + "\n");
            return code;
        }
        catch (Exception e) when (OutputFile.IsOfTheFile(e))
        {
            return streams.Usage(OutputFile.Unwritable("--stats", settings.StatisticsFile!, e));
        }
    }
}
