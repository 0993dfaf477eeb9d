using System.Globalization;
using System.Text;
using ObjectOS.Events;

namespace ObjectOS.Testing.Comparing;

/// <summary>Puts a version of this process through a scenario.</summary>
internal sealed class SideRunner(LocalVersion version, Scenario scenario, SideRequest request) : IDisposable
{
    private readonly ScriptedConsole _console = new(version.Input is { } input ? Typed(input) : scenario.Steps);
    /// <summary>Host time after which files that were there can be told from those that the guest makes: file systems stamp them some milliseconds late.</summary>
    private static readonly TimeSpan ReproducibleStart = TimeSpan.FromMilliseconds(40);

    private const ulong RoomOfServices = 2UL << 30;

    private static readonly TimeSpan TimeBetweenLooks = TimeSpan.FromMilliseconds(100);

    private readonly CancellationTokenSource _complete = new();
    private ReadOnlyMemory<byte> _program;
    private EventStream _events = new();
    private bool _isStalled;

    public void Dispose()
    {
        _complete.Dispose();
        _console.Dispose();
    }

    public async Task<SideRun> RunAsync(CancellationToken cancellationToken)
    {
        if (Problem() is { } problem)
        {
            throw new ScenarioException($"{scenario.Name}: {problem}");
        }

        _program = await ProgramFileAsync(cancellationToken).ConfigureAwait(false);
        _events = new EventStream(request.Watch, request.Windows, request.Watch is { Record: not 0 } ? EventVariables.RangesOf(_program, IsMachine) : null);
        _events.Complete += _complete.Cancel;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _complete.Token);
        RunResult result;
        IReadOnlyList<FaultProgress> faults;
        try
        {
            using var copies = new GrantCopies(scenario.Directories);
            await Task.Delay(ReproducibleStart, cancellationToken).ConfigureAwait(false);
            var levels = await BootAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                result = await RunGuestAsync(levels[^1], copies.Grants, limit, cancellationToken).ConfigureAwait(false);
                await levels[0].SettleAsync().ConfigureAwait(false);
                faults = await levels[^1].GetFaultsAsync().ConfigureAwait(false);
            }
            finally
            {
                for (int i = levels.Count - 1; i >= 0; i--)
                {
                    await levels[i].DisposeAsync().ConfigureAwait(false);
                }
            }

            return Report(result, faults, copies);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or InvalidOperationException)
        {
            throw new ScenarioException($"{version.Name}: {Sentence(e)}", e);
        }
        finally
        {
            _events.Complete -= _complete.Cancel;
        }
    }

    private string? Problem() => scenario.Problem()
        ?? (scenario.Depth + version.Depth > Scenario.MostDepth
            ? string.Create(CultureInfo.InvariantCulture, $"depth is {scenario.Depth}, and {version.Name} has {version.Depth}; together at most {Scenario.MostDepth} are wanted")
        : scenario.Faults.Concat(version.Faults).Count(fault => fault.Call != 0) > 1 ? $"two system calls are to fail, those of the scenario and of {version.Name}; one is wanted"
        : null);

    /// <summary>The message of an exception without the parameter that it is about, which is none of the user's.</summary>
    private static string Sentence(Exception e) =>
        (e is ArgumentException { ParamName: { } name } ? e.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal) : e.Message).TrimEnd('.');

    private static ScenarioStep[] Typed(string file)
    {
        try
        {
            return [new ScenarioStep(StepKind.Type, File.ReadAllText(file), default), new ScenarioStep(StepKind.End, "", default)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ScenarioException($"{file}: {(e is FileNotFoundException or DirectoryNotFoundException ? "No such file or directory" : e.Message.TrimEnd('.'))}", e);
        }
    }

    private async Task<List<ObjectOs>> BootAsync(CancellationToken cancellationToken)
    {
        var levels = new List<ObjectOs> { await ObjectOs.BootAsync(Configure, cancellationToken).ConfigureAwait(false) };
        for (int depth = 0; depth < scenario.Depth + version.Depth; depth++)
        {
            levels.Add(await levels[^1].CreateChildAsync(Configure, cancellationToken).ConfigureAwait(false));
        }

        return levels;
    }

    private void Configure(ObjectOsOptions options)
    {
        version.Configure?.Invoke(options);
        options.Inputs = Inputs.Deterministic;
        options.IdleTime = IdleTime.Warp;
        options.HostClock = false;
        options.Seed = request.Seed ?? options.Seed;
        options.Events = _events;
        options.Faults = [.. scenario.Faults, .. version.Faults];
        ulong needed = Math.Max(scenario.Memory ?? 0, version.Machine?.Memory ?? 0);
        options.Memory = needed > options.Memory ? needed + RoomOfServices : options.Memory;
    }

    private async Task<RunResult> RunGuestAsync(ObjectOs os, IReadOnlyList<DirectoryGrant> directories, CancellationTokenSource limit, CancellationToken cancellationToken)
    {
        var cell = version.Machine is { } machine && IsMachine
            ? await os.StartMachineAsync(AsMachine(machine), cancellationToken).ConfigureAwait(false)
            : await os.StartAsync(await AsProgramAsync(directories, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(limit.Token);
        limit.CancelAfter(scenario.Timeout);
        try
        {
            var stall = StallAsync(os, ended.Token);
            if (await Task.WhenAny(cell.Completion, stall).ConfigureAwait(false) == stall && await stall.ConfigureAwait(false))
            {
                _isStalled = true;
                return await cell.StopAsync().ConfigureAwait(false);
            }

            return await cell.WaitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (ProgramCanceledException e) when (_complete.IsCancellationRequested)
        {
            return e.Result!;
        }
        catch (ProgramCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            return e.Result! with { End = RunEnd.TimedOut, Message = TimedOut };
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
        }
    }

    private string TimedOut => string.Create(CultureInfo.InvariantCulture, $"has not ended within {scenario.Timeout.TotalSeconds} s of host time");

    /// <summary>True as soon as nothing can run any more though the guest has not ended: guest time stands still. False: cancelled.</summary>
    private static async Task<bool> StallAsync(ObjectOs os, CancellationToken cancellationToken)
    {
        const int Looks = 8;
        ulong last = ulong.MaxValue;
        int same = 0;
        try
        {
            while (same < Looks)
            {
                await Task.Delay(TimeBetweenLooks, cancellationToken).ConfigureAwait(false);
                await os.SettleAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
                ulong now = (await os.GetStatisticsAsync().WaitAsync(cancellationToken).ConfigureAwait(false)).Nanoseconds;
                (same, last) = now == last ? (same + 1, last) : (0, now);
            }

            return true;
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>Programs of both sides have one name, or each would see its own in <c>/proc/self/exe</c>.</summary>
    private async Task<ProgramSpec> AsProgramAsync(IReadOnlyList<DirectoryGrant> directories, CancellationToken cancellationToken) => new()
    {
        Image = ProgramImage.FromBytes("program", await ReadProgramAsync(cancellationToken).ConfigureAwait(false)),
        Name = "program",
        Arguments = scenario.Arguments,
        Environment = scenario.Environment,
        Directories = directories,
        WorkingDirectory = scenario.WorkingDirectory,
        StandardInput = _console,
        StandardOutput = _console,
        StandardError = _console,
        ReportsState = true,
        Limits = new ProgramLimits { Memory = scenario.Memory, Instructions = Least(scenario.Budget, version.CrashAt) },
    };

    private MachineSpec AsMachine(MachineSpec machine) => machine with
    {
        StandardInput = _console, StandardOutput = _console, IsTerminal = false, ReportsState = true, Instructions = Least(Least(machine.Instructions, scenario.Budget), version.CrashAt),
        Seed = request.Seed ?? machine.Seed,
    };

    private static ulong? Least(ulong? a, ulong? b) => a is null ? b : b is null ? a : Math.Min(a.Value, b.Value);

    private async Task<byte[]> ReadProgramAsync(CancellationToken cancellationToken)
    {
        string path = scenario.Program ?? version.Program ?? throw new ScenarioException($"{scenario.Name}: neither the scenario nor {version.Name} has a program");
        try
        {
            return await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ScenarioException($"{path}: No such file or directory", e);
        }
    }

    private bool IsMachine => version.Machine is not null && scenario.Program is null;

    /// <summary>The file that backtraces take names from; empty: there is none.</summary>
    private async Task<ReadOnlyMemory<byte>> ProgramFileAsync(CancellationToken cancellationToken)
    {
        var image = version.Machine?.Kernel ?? version.Machine?.Image ?? version.Machine?.Bios;
        string? path = IsMachine ? image?.Path : scenario.Program ?? version.Program;
        return request.Watch is null ? default
            : IsMachine && image?.Contents is { } contents ? contents
            : File.Exists(path) ? await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false) : default;
    }

    private SideRun Report(RunResult result, IReadOnlyList<FaultProgress> faults, GrantCopies copies)
    {
        var lanes = _events.Lanes;
        var run = new SideRun
        {
            End = _isStalled ? "Stalled" : result.End.ToString(),
            ExitCode = result.ExitCode,
            Message = _isStalled ? "nothing can run any more: every thread waits, and no time-out and no input is pending" : result.Message,
            Output = Encoding.UTF8.GetString(_console.Output),
            Instructions = result.Instructions,
            Charged = result.Charged,
            PeakMemory = result.PeakMemory,
            StateHash = result.StateHash,
            UnreachedFaults = request.Watch is not null || request.Windows is not null || result.End == RunEnd.TimedOut ? [] : [.. UnreachedFaults(result, faults, lanes)],
            Time = lanes.Count == 0 ? 0 : lanes.Max(lane => lane.Time),
            Lanes = [.. lanes.Select(lane => new SideLane(lane.Name, lane.Parent, lane.Birth, lane.Count, lane.Digest, lane.Retired, lane.FirstTime, lane.Time, [.. lane.Marks]))],
            Before = [.. _events.Before.Select(e => AsSide(e, []))],
            After = [.. _events.After.Select((e, i) => AsSide(e, i == 0 ? FramesOf(e) : []))],
            Variables = _events.After.Count > 0 ? EventVariables.Read(_program, IsMachine, _events.After[0]) : [],
            Kept = [.. _events.Kept.Select(e => AsSide(e, []))],
        };
        return run with { Failures = [.. Failures(run, copies)] };
    }

    private IEnumerable<UnreachedFault> UnreachedFaults(RunResult result, IReadOnlyList<FaultProgress> faults, IReadOnlyList<EventLane> lanes)
    {
        for (int i = 0; i < faults.Count; i++)
        {
            if (!faults[i].IsReached)
            {
                yield return new UnreachedFault(Unreached(faults[i], lanes), IsOfVersion: i >= scenario.Faults.Count);
            }
        }

        if (version.CrashAt is { } crash && !(result.End == RunEnd.BudgetExhausted && crash <= (scenario.Budget ?? ulong.MaxValue) && crash <= (version.Machine?.Instructions ?? ulong.MaxValue)))
        {
            yield return new UnreachedFault(string.Create(CultureInfo.InvariantCulture, $"the crash at instruction {crash} is never reached: the guest ended after {result.Charged}"), IsOfVersion: true);
        }
    }

    private static string Unreached(FaultProgress fault, IReadOnlyList<EventLane> lanes) =>
        fault.Fault.Target is not { } target
            ? string.Create(CultureInfo.InvariantCulture, $"the fault of system call {fault.Fault.Call} is never reached: the guest made {fault.Seen}")
        : fault.Seen > 0 ? string.Create(CultureInfo.InvariantCulture, $"the fault of request {fault.Fault.Request} to {target} is never reached: the guest made {fault.Seen}")
        : $"the fault of {target} is never reached: the guest's requests went to {string.Join(", ", lanes.Select(lane => lane.Name).Where(name => !name.Contains("/t", StringComparison.Ordinal)).DefaultIfEmpty("nothing"))}";

    private static SideEvent AsSide(GuestEvent e, IReadOnlyList<string> stack) => new(e.Lane, e.Ordinal, e.Sequence, e.Text, e.Digest, e.Retired, e.Time, e.Pc, e.Cause, stack) { Record = e.Record };

    private string[] FramesOf(GuestEvent e) =>
        _program.IsEmpty ? [] : [.. (IsMachine ? EventSymbols.MachineBacktrace(_program, e) : EventSymbols.Backtrace(_program, e)).Select(frame => $"{frame.Function ?? "?"}{(frame.File is null ? "" : string.Create(CultureInfo.InvariantCulture, $" ({frame.File}:{frame.Line})"))}")];

    private IEnumerable<string> Failures(SideRun run, GrantCopies copies)
    {
        if (run.End == nameof(RunEnd.TimedOut))
        {
            yield return run.Message ?? TimedOut;
        }

        if (_console.Unsatisfied is { } wait && !_complete.IsCancellationRequested)
        {
            yield return $"\"{wait.Text}\" was not written";
        }

        foreach (var check in scenario.Checks)
        {
            if (Failure(check, run, copies) is { } failure)
            {
                yield return failure;
            }
        }
    }

    private static string? Failure(ScenarioCheck check, SideRun run, GrantCopies copies)
    {
        switch (check.Kind)
        {
            case CheckKind.ExitCode:
                string code = run.ExitCode.ToString(CultureInfo.InvariantCulture);
                return code == check.Wanted ? null : $"exit code {code}, {check.Wanted} is wanted{(run.Message is null ? "" : $" ({run.Message})")}";
            case CheckKind.Output:
                return run.Output.Contains(check.Wanted, StringComparison.Ordinal) ? null : $"the output lacks \"{check.Wanted}\"";
            case CheckKind.File:
                return FileFailure(check, copies.PathOf(check.Subject));
            default:
                ulong most = ulong.Parse(check.Wanted, CultureInfo.InvariantCulture);
                ulong value = check.Subject switch { "instructions" => run.Instructions, "charged" => run.Charged, "memory" => run.PeakMemory, _ => run.Time };
                return value <= most ? null : string.Create(CultureInfo.InvariantCulture, $"{check.Subject} {value}, at most {most} is wanted");
        }
    }

    private static string? FileFailure(ScenarioCheck check, string path)
    {
        try
        {
            return File.ReadAllText(path).Contains(check.Wanted, StringComparison.Ordinal) ? null : $"{check.Subject} lacks \"{check.Wanted}\"";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{check.Subject}: {(e is FileNotFoundException or DirectoryNotFoundException ? "No such file or directory" : e.Message.TrimEnd('.'))}";
        }
    }
}
