using System.Text;

namespace ObjectOS.Cli;

/// <summary>One run of a program from the command line: the files, the signals, the figures, the exit code.</summary>
internal sealed class RunSession(ToolStreams streams, RunSettings settings) : IDisposable
{
    private readonly Interruption _interruption = new();
    private StreamWriter? _trace;
    private OutputFile? _statistics;

    /// <summary>Opens what is to be written beside the standard streams. False: a sentence says why it cannot be.</summary>
    public bool TryOpenFiles(out string problem)
    {
        problem = "";
        if (settings.StatisticsFile is { } statistics && (_statistics = OutputFile.TryCreate("--stats", statistics, out problem)) is null)
        {
            return false;
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

    /// <summary>Runs the program to its end; the result is the tool's exit code.</summary>
    public async Task<int> RunAsync(ProgramSpec spec)
    {
        using var output = new HashingStream(streams.Output);
        spec = spec with
        {
            StandardInput = streams.Input,
            StandardOutput = output,
            StandardError = streams.Error,
            IsTerminal = streams.IsTerminal,
            ReportsState = settings.WantsStatistics,
        };
        var figures = new RunFigures(spec.Path, settings);
        var os = await ObjectOs.BootAsync(o =>
        {
            o.Memory = Math.Max(spec.Limits.Memory + 1.GiB(), 2.GiB());
            o.Seed = settings.Seed;
            o.HostClock = settings.Clock == "host";
            o.WallClock = o.HostClock ? o.TimeProvider.GetUtcNow() : o.WallClock;
            o.Trace = _trace;
        }).ConfigureAwait(false);
        RunResult result;
        await using (os.ConfigureAwait(false))
        {
            try
            {
                var innermost = os;
                for (int depth = 0; depth < settings.Depth; depth++)
                {
                    innermost = await innermost.CreateChildAsync().ConfigureAwait(false);
                }

                var cell = await innermost.StartAsync(spec).ConfigureAwait(false);
                result = await cell.WaitAsync(_interruption.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
            {
                return Refuse(spec.Path, e);
            }

            await os.SettleAsync().ConfigureAwait(false);
            figures.Take(result, await os.GetStatisticsAsync().ConfigureAwait(false), output.Sha256);
        }

        figures.FramesAfterTeardown = os.LiveFrames;
        if (result.Message is { } message)
        {
            streams.Error.Say($"objectos: {message}");
        }

        int code = result.End == RunEnd.Stopped && _interruption.ExitCode != 0 ? _interruption.ExitCode : result.ExitCode;
        return settings.WantsStatistics && result.End != RunEnd.NotRunnable ? Report(figures, code) : code;
    }

    public void Dispose()
    {
        _interruption.Dispose();
        _statistics?.Dispose();
        try
        {
            _trace?.Dispose();
        }
        catch (IOException)
        {
            // The run's message has told of it.
        }
    }

    private int Refuse(string path, Exception e)
    {
        if (Directory.Exists(path))
        {
            streams.Error.Say($"objectos: {path}: a directory; a program's file is wanted");
            return ExitCodes.NotRunnable;
        }

        streams.Error.Say(e is FileNotFoundException or DirectoryNotFoundException ? $"objectos: {path}: not found" : $"objectos: {path}: not readable: {e.Message.TrimEnd('.')}");
        return ExitCodes.NotFound;
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
