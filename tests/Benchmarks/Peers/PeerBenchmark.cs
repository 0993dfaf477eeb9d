using System.ComponentModel;

namespace ObjectOS.Benchmarks.Peers;

/// <summary>
/// The tool beside the emulators that do the same work: CPU time of whole processes on one pinned processor, in alternating pairs. docs/performance.md has the table.
/// </summary>
internal static class PeerBenchmark
{
    /// <summary>Runs with the words of the command line; the exit code is 2 after wrong usage, 1 if a row failed.</summary>
    public static int Run(IReadOnlyList<string> words)
    {
        if (PeerOptions.Parse(words, out string problem) is not { } options)
        {
            Console.Error.WriteLine(problem);
            return 2;
        }

        try
        {
            return Run(options);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or FormatException or Win32Exception)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
    }

    private static int Run(PeerOptions options)
    {
        string[] missing = [.. new[] { "qemu-riscv64", "qemu-system-riscv64", "riscv64-linux-gnu-gcc", "gcc" }.Where(program => !HostCommand.Exists(program))];
        if (missing.Length > 0)
        {
            Console.Error.WriteLine($"engine: not on the PATH: {string.Join(", ", missing)}");
            return 1;
        }

        using var bench = Workbench.Make(options);
        var meter = new Meter(bench.Measure, bench.Folder, options.Processor);
        var results = new List<Result>();
        Console.WriteLine(PeerReport.Heading);
        foreach (var job in new Jobs(bench, options).All().Where(job => options.Rows is not { } text || job.Name.Contains(text, StringComparison.Ordinal) || job.Group == text))
        {
            results.Add(meter.Measure(job, options.Pairs));
            Console.WriteLine(PeerReport.Row(results[^1]));
        }

        if (results.Count == 0)
        {
            Console.Error.WriteLine($"engine: no row's group or name holds \"{options.Rows}\"");
            return 2;
        }

        var report = new PeerReport(options, results);
        Console.WriteLine($"\n{report.Goals()}");
        report.Write();
        return results.Exists(result => result.Problem is not null) ? 1 : 0;
    }
}
