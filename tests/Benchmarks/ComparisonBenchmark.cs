using System.Globalization;
using ObjectOS.Events;
using ObjectOS.Testing.Comparing;
using ObjectOS.Tests;

namespace ObjectOS.Benchmarks;

/// <summary>What digests of events cost a run, and what a comparison costs over the two runs that it needs anyway.</summary>
internal static class ComparisonBenchmark
{
    private const int Runs = 11;
    private const int Scenarios = 10;

    public static async Task RunAsync()
    {
        string check = Repository.PathOf("images", "linuxcheck", "linuxcheck.elf");
        await DigestsAsync("primes", new ProgramSpec
        {
            Path = Repository.PathOf("images", "lisp", "lisp.elf"), Arguments = ["/s/primes.scm"], Directories = [new DirectoryGrant(Repository.PathOf("images", "lisp", "scripts"), "/s")],
        });
        await DigestsAsync("transfers", new ProgramSpec { Path = check, Arguments = ["transfers"] });
        await DigestsAsync("moves", new ProgramSpec { Path = check, Arguments = ["moves"] });
        await DigestsAsync("prints", new ProgramSpec { Path = check, Arguments = ["prints"] });
        await DigestsAsync("tiny", null);
        await ComparisonAsync();
    }

    private static async Task DigestsAsync(string name, ProgramSpec? program)
    {
        await TimeAsync(program, true);
        var with = new List<double>();
        var without = new List<double>();
        for (int run = 0; run < Runs; run++)
        {
            bool isFirst = run % 2 == 1;
            double before = isFirst ? await TimeAsync(program, true) : 0;
            without.Add(await TimeAsync(program, false));
            with.Add(isFirst ? before : await TimeAsync(program, true));
        }

        var ratio = new Series(with).Over(new Series(without));
        Write($"digests of events, {name}: {ratio.Median:0.000} × the run without (worse quartile {ratio.Upper:0.000}; wanted 1.10), {new Series(without).Format("0.000", " s")}");
    }

    private static async Task<double> TimeAsync(ProgramSpec? program, bool hasEvents)
    {
        // Several runs in one measurement: short ones would be nothing but their start.
        const int Repeats = 20;
        await using var os = await ObjectOs.BootAsync(o => (o.Inputs, o.Events) = (Inputs.Deterministic, hasEvents ? new EventStream() : null));
        var before = Environment.CpuUsage.TotalTime;
        for (int i = 0; i < Repeats; i++)
        {
            _ = program is null
                ? (await os.BootMachineAsync(new MachineSpec { Image = Repository.PathOf("images", "tiny", "tiny.elf"), Arguments = "selftest", Memory = 16UL << 20 })).EnsureSuccess()
                : (await os.RunAsync(program)).EnsureSuccess();
        }

        return (Environment.CpuUsage.TotalTime - before).TotalSeconds;
    }

    /// <summary>Ten scenarios, half of them with a difference.</summary>
    private static async Task ComparisonAsync()
    {
        var scenarios = Enumerable.Range(0, Scenarios).Select(i => new Scenario
        {
            Name = $"primes {i}",
            Program = Repository.PathOf("images", "lisp", "lisp.elf"),
            Arguments = ["/s/primes.scm"],
            Directories = [new DirectoryGrant(Repository.PathOf("images", "lisp", "scripts"), "/s")],
            Faults = i % 2 == 0 ? [] : [InjectedFault.FailRequest("1.stdout", 1)],
        }).ToArray();
        var left = new LocalVersion("left");
        var same = new LocalVersion("right");
        var other = new LocalVersion("right", options => options.Seed = 5);
        var ratios = new List<double>();
        for (int run = 0; run < 3; run++)
        {
            var before = Environment.CpuUsage.TotalTime;
            for (int i = 0; i < Scenarios; i++)
            {
                await left.RunAsync(scenarios[i], new SideRequest());
                await same.RunAsync(scenarios[i], new SideRequest());
            }

            var both = Environment.CpuUsage.TotalTime - before;
            before = Environment.CpuUsage.TotalTime;
            for (int i = 0; i < Scenarios; i++)
            {
                await Comparison.RunAsync(left, i % 2 == 0 ? same : other, [scenarios[i]]);
            }

            ratios.Add((Environment.CpuUsage.TotalTime - before) / both);
        }

        Write($"comparison of {Scenarios} scenarios, {Scenarios / 2} of them with a difference: {new Series(ratios).Format("0.00")} × the two runs (wanted 4)");
    }

    private static void Write(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
