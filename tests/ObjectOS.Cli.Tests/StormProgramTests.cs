using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using ObjectOS.Tests;

namespace ObjectOS.Cli.Tests;

/// <summary>
/// Searches for a system call that takes more of the host than it is charged: kinds, sizes and counts at random. Each run is a process of the native
/// tool, so that its processor time and memory are those of the program alone.
/// </summary>
public sealed class StormProgramTests(Xunit.Abstractions.ITestOutputHelper output)
{
    /// <summary>The host time of a call at most, as a multiple of the time that its charge buys a program that computes.</summary>
    private const double MostRatio = 10;

    private const long Memory = 64L << 20;
    private const double MostResident = (1.5 * Memory) + (100L << 20);
    private const double Measured = 0.15;

    /// <summary>What is no call, and what docs/threat-model.md says of it.</summary>
    private static readonly string[] NoCalls = ["none", "work", "spin", "selfmodify", "float_round", "sqrt_rtz", "reserve", "csr", "pause"];

    private sealed record Run(double Seconds, double Charged, long Resident);

    [NativeToolFact]
    public async Task Calls_OfRandomKindsAndSizes_TakeWhatTheyAreCharged()
    {
        using var program = await CrossProgram.MakeAsync(await File.ReadAllTextAsync(Repository.PathOf("tests", "Shared", "Guests", "storm.c")), "-O2", "-pthread");
        string[] kinds = [.. (await Tool.RunAsync("run", program.Path)).Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Except(NoCalls)];
        kinds.Should().HaveCountGreaterThan(80);
        int seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var computing = (await MeasureAsync(program.Path, "work", 0))!;
        double unit = computing.Seconds / computing.Charged;
        int measured = 0;
        for (int i = 0; i < TestScale.Of(16); i++)
        {
            string kind = kinds[random.Next(kinds.Length)];
            long size = random.Next(3) == 0 ? 0 : (long)Math.Pow(2, random.NextDouble() * 22);
            for (int attempt = 0; attempt < 3; attempt++)
            {
                // What else the machine does can only add to a time: one of some attempts has to hold.
                if (await MeasureAsync(program.Path, kind, size) is not { } run)
                {
                    break;
                }

                double ratio = run.Seconds / run.Charged / unit;
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{ratio,6:0.00} {run.Resident >> 20,4} MiB {kind} {size}"));
                ((double)run.Resident).Should().BeLessThan(MostResident, "{0} {1} may hold {2} bytes of memory", kind, size, Memory);
                if (ratio <= MostRatio)
                {
                    measured++;
                    break;
                }

                attempt.Should().BeLessThan(2, "{0} with size {1} takes {2:0.0} times what its charge buys (seed {3})", kind, size, ratio, seed);
            }
        }

        measured.Should().BePositive("of so many kinds and sizes some can be had");
    }

    /// <summary>What the calls take beyond the start of the program; null if the guest refuses them.</summary>
    private static async Task<Run?> MeasureAsync(string program, string kind, long size)
    {
        if (await RunAsync(program, kind, 1, size) is not { } first)
        {
            return null;
        }

        for (long count = 2; ; count *= 4)
        {
            if (await RunAsync(program, kind, 1 + count, size) is not { } run)
            {
                return null;
            }

            if (run.Seconds - first.Seconds >= Measured || count > 10_000_000)
            {
                return new Run(run.Seconds - first.Seconds, run.Charged - first.Charged, run.Resident);
            }
        }
    }

    private static async Task<Run?> RunAsync(string program, string kind, long count, long size)
    {
        using var folder = new TemporaryFolder();
        string figures = folder.PathOf("figures");
        string[] arguments = [program, kind, $"{count}", .. size == 0 ? [] : (string[])[$"{size}"]];
        using var process = Tool.Start(["run", "--memory", $"{Memory >> 20}M", "--timeout", "60", $"--stats={figures}", .. arguments]);
        var texts = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        long resident = 0;
        for (var ended = process.WaitForExitAsync(); !ended.IsCompleted; await Task.WhenAny(ended, Task.Delay(5)))
        {
            resident = Math.Max(resident, PeakOf(process));
        }

        await texts;
        if (process.ExitCode != 0)
        {
            return null;
        }

        using var json = JsonDocument.Parse(await File.ReadAllTextAsync(figures));
        var root = json.RootElement;
        return new Run(root.GetProperty("hostCpuSeconds").GetDouble(), root.GetProperty("charged").GetDouble(), resident);
    }

    private static long PeakOf(Process process)
    {
        try
        {
            process.Refresh();
            return process.PeakWorkingSet64;
        }
        catch (InvalidOperationException)
        {
            return 0; // It has ended.
        }
    }
}
