using System.Diagnostics;
using ObjectOS.Benchmarks;
using ObjectOS.Benchmarks.Peers;

// Usage: dotnet run -c Release --project tests/Benchmarks [-- NAME…]   (no name: all but engine and interrupt, which are run alone)
//        dotnet run -c Release --project tests/Benchmarks -- engine [OPTION…]
//        dotnet run -c Release --project tests/Benchmarks -- interrupt [TRIALS]
// One processor, the same for us and for the peers; CPU time of the process; medians and quartiles of alternating runs.
if (args is ["engine", .. var options])
{
    return PeerBenchmark.Run(options);
}

if (args is ["interrupt", .. var trials])
{
    return InterruptBenchmark.Run(trials);
}

if (OperatingSystem.IsLinux() || OperatingSystem.IsWindows())
{
    using var self = Process.GetCurrentProcess();
    self.ProcessorAffinity = 1;
}

(string Name, Func<Task> Run)[] all =
[
    ("interpreter", InterpreterBenchmark.RunAsync),
    ("invocation", () => Task.Run(InvocationBenchmark.Run)),
    ("costs", () => Task.Run(CostBenchmark.Run)),
    ("kernel", () => Task.Run(KernelBenchmark.RunOne)),
    ("machine", () => Task.Run(MachineBenchmark.Run)),
    ("linux", MachineBenchmark.BootAsync),
    ("nesting", NestingBenchmark.RunAsync),
    ("comparison", ComparisonBenchmark.RunAsync),
    ("tool", () => Task.Run(ToolBenchmark.Run)),
    ("thousand", () => Task.Run(KernelBenchmark.RunThousand)),
];
foreach (var (name, run) in all.Where(b => args.Length == 0 || args.Contains(b.Name)))
{
    await run();
}

return args.Except(all.Select(b => b.Name)).Any() ? 2 : 0;
