using System.CommandLine;
using System.Text;
using ObjectOS.Cli.Conformance;
using ObjectOS.Cli.Jail;

namespace ObjectOS.Cli;

/// <summary><c>objectos conformance</c>: runs a suite of bare-metal tests, each on a machine of its own.</summary>
internal sealed class ConformanceCommand
{
    private const ulong DefaultBudget = 200_000_000;

    private readonly Option<string> _suite = ValueOption.Text("--suite", "DIR", "The suite: every ELF executable for RISC-V in or below DIR that has a symbol tohost.");
    private readonly Option<string> _reference = ValueOption.Text("--reference", "DIR", "Compare signatures with NAME.signature or NAME.reference_output there or beside the test.");
    private readonly Option<ulong> _depth = GuestOptions.Depth();
    private readonly Option<string> _engine = GuestOptions.Engine();
    private readonly Option<ulong> _jobs = ValueOption.Number("--jobs", "N", "Tests at a time; as many as there are processors unless given.", ValueOption.TryParseWhole, 1, 1024, "a whole number from 1 to 1024");
    private readonly Option<string> _junit = ValueOption.Text("--junit", "FILE", "Write the verdicts to FILE as JUnit XML.");
    private readonly Option<string> _filter = ValueOption.AnyText("--filter", "TEXT", "Run those tests only whose path holds TEXT.");
    private readonly Option<string> _isa = ValueOption.Of<string>("--isa", "STRING", "Extensions that are claimed; a test for others is skipped. What the machine is unless given.", TryParseIsa, "an ISA string as rv64imac_zicsr");
    private readonly Option<ulong> _budget = GuestOptions.Budget("Virtual instructions of each test; 200M unless given.");

    public ConformanceCommand() =>
        Command = new Command("conformance", "Runs a suite of bare-metal tests, each on a fresh machine with one hart, and says PASS, FAIL or SKIP for each. The exit code is 0 where one passed and none failed, else 1.")
        {
            _suite, _reference, _depth, _engine, _jobs, _junit, _filter, _isa, _budget,
        };

    public Command Command { get; }

    public string Help => CommandHelp.Of(Command, "objectos conformance --suite DIR [OPTION…]", "objectos conformance --suite riscv-tests/isa --filter rv64ui-p-");

    public async Task<int> RunAsync(ParseResult parsed, string[] operands, ToolStreams streams)
    {
        if (Problem(parsed, operands) is { } wrong)
        {
            return streams.Usage(wrong);
        }

        string suite = parsed.GetValue(_suite)!;
        List<ConformanceTest> tests;
        try
        {
            tests = ConformanceTest.Find(suite, parsed.GetValue(_filter));
        }
        catch (Exception e) when (OutputFile.IsOfTheFile(e))
        {
            return streams.Usage($"the suite {suite} cannot be read: {e.Message.TrimEnd('.')}");
        }

        if (tests.Count == 0)
        {
            return streams.Usage(parsed.GetValue(_filter) is { } filter
                ? $"no test whose path holds \"{filter}\" is in {suite}"
                : $"no test is in {suite}: ELF executables for RISC-V with a symbol tohost are wanted");
        }

        string problem = "";
        var report = parsed.GetValue(_junit) is { } junit ? OutputFile.TryCreate("--junit", junit, out problem) : null;
        using (report)
        {
            if (problem.Length > 0)
            {
                return streams.Usage(problem);
            }

            var grants = new JailGrants();
            grants.ReadFolders.AddRange(((string?[])[suite, parsed.GetValue(_reference)]).OfType<string>());
            grants.AddOutput(parsed.GetValue(_junit));
            ToolJail.Enter(grants);
            return await RunAsync(parsed, suite, tests, report, streams).ConfigureAwait(false);
        }
    }

    private static bool TryParseIsa(string text, out string value) => IsaString.TryParse(value = text) is not null;

    private string? Problem(ParseResult parsed, string[] operands) =>
        operands.Length > 0 ? $"conformance takes options only; \"{operands[0]}\" was given"
        : parsed.GetValue(_suite) is not { } suite ? "conformance needs a suite: objectos conformance --suite DIR [OPTION…]"
        : !Directory.Exists(suite) ? $"--suite names the directory \"{suite}\", which is not there"
        : parsed.GetValue(_reference) is { } reference && !Directory.Exists(reference) ? $"--reference names the directory \"{reference}\", which is not there"
        : null;

    private async Task<int> RunAsync(ParseResult parsed, string suite, List<ConformanceTest> tests, OutputFile? report, ToolStreams streams)
    {
        using var interruption = new Interruption();
        string? isa = parsed.GetValue(_isa);
        var claimed = IsaString.TryParse(isa ?? await ConformanceSuite.IsaOfMachinesAsync().ConfigureAwait(false))!;
        var runner = new ConformanceSuite(new SuiteSettings(
            (int)parsed.GetValue(_depth),
            GuestOptions.EngineOf(parsed.GetValue(_engine)),
            parsed.GetResult(_budget) is null ? DefaultBudget : parsed.GetValue(_budget),
            isa,
            parsed.GetValue(_reference) is { } reference ? new ReferenceSignatures(reference) : null));
        int jobs = parsed.GetResult(_jobs) is null ? Environment.ProcessorCount : (int)parsed.GetValue(_jobs);
        var verdicts = new List<(ConformanceTest Test, Verdict Verdict)>();
        try
        {
            await foreach (var (test, verdict) in InOrderAsync(tests, jobs, test => runner.RunAsync(test, claimed, interruption.Token)).ConfigureAwait(false))
            {
                verdicts.Add((test, verdict));
                await SayVerdictAsync(verdict.Line(test.Name)).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            return interruption.ExitCode;
        }

        int failed = verdicts.Count(v => v.Verdict.Kind == VerdictKind.Failed);
        int passed = verdicts.Count(v => v.Verdict.Kind == VerdictKind.Passed);
        await SayAsync(streams, $"{passed} passed, {failed} failed, {verdicts.Count - failed - passed} skipped").ConfigureAwait(false);
        report?.Finish(JUnitReport.Of(suite, verdicts));
        return failed == 0 && passed > 0 ? 0 : 1;

        async Task SayVerdictAsync(string line)
        {
            try
            {
                await SayAsync(streams, line).ConfigureAwait(false);
            }
            catch (IOException)
            {
                // Nobody reads verdicts any more: none is made any more.
                interruption.Stop(ExitCodes.ToolFailed);
                throw;
            }
        }
    }

    /// <summary>Runs so many tests at a time, and gives their verdicts in the order of the tests.</summary>
    private static async IAsyncEnumerable<(ConformanceTest Test, Verdict Verdict)> InOrderAsync(List<ConformanceTest> tests, int jobs, Func<ConformanceTest, Task<Verdict>> run)
    {
        var underWay = new Queue<(ConformanceTest Test, Task<Verdict> Verdict)>();
        using var places = new SemaphoreSlim(jobs);
        try
        {
            foreach (var test in tests)
            {
                underWay.Enqueue((test, RunInAPlaceAsync(test)));
            }

            while (underWay.TryPeek(out var next))
            {
                yield return (next.Test, await next.Verdict.ConfigureAwait(false));
                underWay.Dequeue();
            }
        }
        finally
        {
            // Nobody is left behind, and nobody's failure is more than the first.
            await Task.WhenAll(underWay.Select(u => (Task)u.Verdict)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        async Task<Verdict> RunInAPlaceAsync(ConformanceTest test)
        {
            await places.WaitAsync().ConfigureAwait(false);
            try
            {
                return await Task.Run(() => run(test)).ConfigureAwait(false);
            }
            finally
            {
                places.Release();
            }
        }
    }

    private static async Task SayAsync(ToolStreams streams, string line)
    {
        await streams.Output.WriteAsync(Encoding.UTF8.GetBytes(line + "\n")).ConfigureAwait(false);
        await streams.Output.FlushAsync().ConfigureAwait(false);
    }
}
