using System.Diagnostics;
using System.Globalization;
using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Machine;
using ObjectOS.Tests;

namespace ObjectOS.Benchmarks;

/// <summary>
/// How long a run goes on after <see cref="ICpu.Interrupt"/>, from loops of each kind, in host time. It needs two processors. Trials in which the host ran something
/// else on one of the two threads are counted apart: their time is not the engine's.
/// </summary>
internal static class InterruptBenchmark
{
    private const ulong Code = 0x10000, Data = 0x10000000, DataPlace = 1 << 24;
    private const int Trials = 10_000;
    private const double Wanted = 100;

    public static int Run(IReadOnlyList<string> words)
    {
        int trials = Trials;
        if (words.Count > 1 || (words.Count == 1 && (!int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out trials) || trials < 4)))
        {
            Console.Error.WriteLine($"interrupt takes a number of trials of each kind, 4 or more; \"{string.Join(' ', words)}\" was given");
            return 2;
        }

        if (Environment.ProcessorCount < 2)
        {
            Console.Error.WriteLine("interrupt: two processors are needed, one for each thread");
            return 1;
        }

        using var machine = new Machine.Machine();
        foreach (var engine in (Engine[])[Engine.Translator, Engine.Interpreter])
        {
            // The software TLB holds the pages of 3 MiB, which are more than a cache of the host's own; 64 MiB are more than all of them.
            foreach (var (kind, mebibytes) in SpinningCode.Kinds.Select(kind => (kind, 1)).Concat([("chase", 3), ("chase", 64)]))
            {
                using var cpu = new RealCpu(machine, new RealCpuOptions { Engine = engine });
                using var space = Load(cpu, kind, (ulong)mebibytes << 20);
                string name = kind == "chase" ? $"{kind} through {mebibytes} MiB" : kind;
                Console.WriteLine(Line($"{engine}, {name}", Measure(cpu, space, trials)));
            }
        }

        return 0;
    }

    private static string Line(string name, List<(double Microseconds, bool IsDisturbed)> trials)
    {
        double[] own = [.. trials.Where(trial => !trial.IsDisturbed).Select(trial => trial.Microseconds).Order()];
        if (own.Length == 0)
        {
            return $"{name}: the host ran something else in each trial";
        }

        var series = new Series(own);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{name}: {series.Format("0.0")} µs, 99 % {own[(int)(own.Length * 0.99)]:0.0}, 99.9 % {own[(int)(own.Length * 0.999)]:0.0}, most {own[^1]:0.0}; {own.Count(t => t > Wanted)} of {own.Length} above {Wanted:0} µs; {trials.Count - own.Length} more were disturbed");
    }

    private static List<(double Microseconds, bool IsDisturbed)> Measure(RealCpu cpu, IAddressSpace space, int trials)
    {
        var results = new List<(double, bool)>(trials);
        var hart = new HartContext { Pc = Code };
        hart.X[Asm.S0] = Data;
        hart.X[SpinningCode.LastRound] = ulong.MaxValue;
        using var barrier = new Barrier(2);
        long start = 0, end = 0;
        bool isRunning = false, isDisturbed = false;
        var runner = new Thread(() =>
        {
            for (int i = 0; i < trials; i++)
            {
                barrier.SignalAndWait();
                long before = Switches();
                Volatile.Write(ref isRunning, true);
                cpu.Run(hart, space, new RunLimits(ulong.MaxValue, 0, 0), out _);
                end = Stopwatch.GetTimestamp();
                isDisturbed = Switches() != before;
                barrier.SignalAndWait();
            }
        });
        runner.Start();
        var random = new Random(1);
        for (int i = 0; i < trials; i++)
        {
            barrier.SignalAndWait();
            while (!Volatile.Read(ref isRunning))
            {
            }

            long before = Switches();
            long until = Stopwatch.GetTimestamp() + (random.Next(50, 400) * Stopwatch.Frequency / 1_000_000);
            while (Stopwatch.GetTimestamp() < until)
            {
            }

            start = Stopwatch.GetTimestamp();
            cpu.Interrupt();
            bool isOwnDisturbed = Switches() != before;
            barrier.SignalAndWait();
            isRunning = false;
            results.Add(((end - start) * 1e6 / Stopwatch.Frequency, isDisturbed || isOwnDisturbed));
        }

        runner.Join();
        return results;
    }

    /// <summary>How often the host has taken the processor from this thread.</summary>
    private static long Switches() => !OperatingSystem.IsLinux() ? 0
        : long.Parse(File.ReadLines("/proc/thread-self/status").First(line => line.StartsWith("nonvoluntary_ctxt_switches:", StringComparison.Ordinal)).Split(':')[1], CultureInfo.InvariantCulture);

    private static IAddressSpace Load(RealCpu cpu, string kind, ulong bytes)
    {
        var space = cpu.CreateAddressSpace(cpu.Account);
        cpu.Memory.Write(default, new Asm(Code).Loop(kind).ToArray(), cpu.Account);
        cpu.Memory.Write(new(DataPlace), Chain(bytes), cpu.Account);
        space.Map(new(Code), default, 4096, PageRights.Read | PageRights.Execute);
        space.Map(new(Data), new(DataPlace), bytes, PageRights.Read | PageRights.Write);
        return space;
    }

    /// <summary>One cycle through all the data, a cache line a step, in a random order: each load waits for the host's memory.</summary>
    private static byte[] Chain(ulong bytes)
    {
        const int Line = 64;
        int lines = (int)(bytes / Line);
        int[] order = [.. Enumerable.Range(0, lines)];
        new Random(1).Shuffle(order.AsSpan(1));
        byte[] data = new byte[bytes];
        for (int i = 0; i < lines; i++)
        {
            BitConverter.TryWriteBytes(data.AsSpan(order[i] * Line), Data + ((ulong)order[(i + 1) % lines] * Line));
        }

        return data;
    }
}
