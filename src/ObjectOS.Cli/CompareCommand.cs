using System.CommandLine;
using System.Text;
using ObjectOS.Testing.Comparing;
using ObjectOS.Versions;

namespace ObjectOS.Cli;

/// <summary><c>objectos compare</c>: puts two versions through scenarios and shows the first difference.</summary>
internal sealed class CompareCommand
{
    private const string Wanted = "current, kernel:PATH, services:PATH, boot:FILE or program:FILE";

    private readonly Option<string> _left = ValueOption.Text("--left", "SPEC", $"The version that is known: {Wanted}, with +seed:N, +fault:POSITION, +device:NAME:HOW or +input:FILE behind it.");
    private readonly Option<string> _right = ValueOption.Text("--right", "SPEC", "The version that is tried; left stands for that of --left.");
    private readonly Option<ulong> _seeds = ValueOption.Number("--seeds", "N", "Run each scenario with the seeds 1 to N; once with the version's own unless given.", ValueOption.TryParseWhole, 1, 100_000, "a whole number from 1 to 100000");
    private readonly Option<TimeSpan> _timeout = ValueOption.Of<TimeSpan>("--timeout", "TIME", "Stop a run after so much host time, for instance 10, 10s or 500ms; what the scenario says unless given, or a minute.", Quantities.TryParseTime, "a number of seconds, 0 or more, perhaps with s or ms,");
    private readonly Option<string> _html = ValueOption.Text("--html", "FILE", "Write the report to FILE as one page of HTML.");
    private readonly Option<string> _junit = ValueOption.Text("--junit", "FILE", "Write the report to FILE as JUnit XML.");
    private readonly Option<string> _json = ValueOption.Text("--json", "FILE", "Write the report to FILE as JSON.");

    public CompareCommand() =>
        Command = new Command("compare", "Runs two versions side by side and shows the first event in which they differ. SCENARIO is a file of steps; without one the program or machine of the versions runs to its end. The exit code is 0 if guests saw the same, 1 if not, 2 if the report is invalid because two runs of the left version differ, the left version does not end, or a fault never happens, 3 after wrong usage.")
        {
            _left, _right, _seeds, _timeout, _html, _junit, _json,
        };

    public Command Command { get; }

    public string Help => CommandHelp.Of(Command, "objectos compare --left SPEC --right SPEC [OPTION…] [SCENARIO…]", "objectos compare --left program:old.elf --right program:new.elf", "objectos compare --left current --right left+fault:call:120 boot.scenario");

    public async Task<int> RunAsync(ParseResult parsed, string[] operands, ToolStreams streams)
    {
        var outputs = new List<(OutputFile File, Func<ComparisonReport, string> Write)>();
        try
        {
            var (left, right) = Specs(parsed);
            Scenario[] scenarios = operands.Length == 0 ? [Scenario.OwnRun] : [.. operands.Select(ScenarioText.Read)];
            if (parsed.GetResult(_timeout) is not null)
            {
                scenarios = [.. scenarios.Select(scenario => scenario with { Timeout = parsed.GetValue(_timeout) })];
            }

            foreach (var (option, write) in ((Option<string>, Func<ComparisonReport, string>)[])[(_html, HtmlReport.Write), (_junit, JUnitReport.Write), (_json, JsonReport.Write)])
            {
                if (parsed.GetValue(option) is { } path)
                {
                    outputs.Add((OutputFile.TryCreate(option.Name, path, out string problem) ?? throw new VersionException(problem), write));
                }
            }

            ulong[] seeds = parsed.GetResult(_seeds) is null ? [] : [.. Enumerable.Range(1, (int)parsed.GetValue(_seeds)).Select(seed => (ulong)seed)];
            using var interruption = new Interruption();
            var report = await CompareAsync(left, right, scenarios, seeds, interruption).ConfigureAwait(false);
            if (report is null)
            {
                return interruption.ExitCode;
            }

            outputs.ForEach(output => output.File.Finish(output.Write(report)));
            await streams.Output.WriteAsync(Encoding.UTF8.GetBytes(TextReport.Write(report))).ConfigureAwait(false);
            await streams.Output.FlushAsync().ConfigureAwait(false);
            return report.ExitCode;
        }
        catch (Exception e) when (e is VersionException or ScenarioException)
        {
            streams.Usage(e.Message);
            return ExitCodes.WrongComparison;
        }
        finally
        {
            outputs.ForEach(output => output.File.Dispose());
        }
    }

    /// <summary>The right version, where it is "left", is the left one with the changes of both.</summary>
    private (VersionSpec Left, VersionSpec Right) Specs(ParseResult parsed)
    {
        var left = Spec(parsed, _left);
        var right = Spec(parsed, _right);
        return left.Kind == VersionKind.Left ? throw new VersionException($"--left is \"left\", which stands for itself; {Wanted} is wanted")
            : (left, right.Kind == VersionKind.Left ? left with { Changes = [.. left.Changes, .. right.Changes] } : right);
    }

    private static VersionSpec Spec(ParseResult parsed, Option<string> option)
    {
        string text = parsed.GetValue(option) ?? throw new VersionException($"compare needs {option.Name} SPEC: objectos compare --left SPEC --right SPEC [SCENARIO…]");
        return VersionSpec.TryParse(text, out var spec, out string problem) ? spec! : throw new VersionException($"{option.Name}: {problem}");
    }

    /// <summary>Null: it was interrupted.</summary>
    private static async Task<ComparisonReport?> CompareAsync(VersionSpec left, VersionSpec right, Scenario[] scenarios, ulong[] seeds, Interruption interruption)
    {
        var opened = new List<OsVersion>();
        var worker = left.LoadsAssemblies || right.LoadsAssemblies ? await WorkerProcess.StartAsync(null, interruption.Token).ConfigureAwait(false) : null;
        try
        {
            return await Comparison.RunAsync(Compared(left), Compared(right), scenarios, seeds, interruption.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (interruption.Token.IsCancellationRequested)
        {
            return null;
        }
        finally
        {
            opened.ForEach(version => version.Dispose());
            if (worker is not null)
            {
                await worker.DisposeAsync().ConfigureAwait(false);
            }
        }

        IComparedVersion Compared(VersionSpec spec)
        {
            if (spec.LoadsAssemblies)
            {
                return new WorkerVersion(worker!, spec);
            }

            opened.Add(VersionLoader.Open(spec));
            return opened[^1].AsCompared();
        }
    }
}
