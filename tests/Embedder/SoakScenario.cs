using System.Diagnostics;
using System.Globalization;
using System.IO.Pipelines;
using ObjectOS;

namespace Embedder;

/// <summary>
/// 9. Programs of all kinds come and go: this process does not grow, and a program that answers lines keeps answering soon.
/// <c>OBJECTOS_SOAK_SECONDS</c> says for how long, 10 unless set.
/// </summary>
internal static class SoakScenario
{
    private const int AtOnce = 6;

    private static readonly double Length = double.Parse(Environment.GetEnvironmentVariable("OBJECTOS_SOAK_SECONDS") ?? "10", CultureInfo.InvariantCulture);

    /// <summary>What the process holds at one time.</summary>
    private sealed record Holding(long Managed, long Resident, int Files, int Threads)
    {
        public static Holding Now()
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            long managed = GC.GetTotalMemory(forceFullCollection: true);
            using var process = Process.GetCurrentProcess();
            return new Holding(managed, process.WorkingSet64, Directory.GetFileSystemEntries("/proc/self/fd").Length, process.Threads.Count);
        }
    }

    /// <summary>What the process comes to in its first minutes, and swings around, with what the collector keeps: the middle of a short run may lie below.</summary>
    private const long UsualResident = 200L << 20;

    public static async Task RunAsync(Guests guests)
    {
        int seed = Random.Shared.Next();
        Console.WriteLine($"seed {seed}");
        await using var os = await ObjectOs.BootAsync(new ObjectOsOptions { Memory = 1024.MiB() });
        using var end = new CancellationTokenSource();
        var latencies = new List<double>();
        var heart = BeatAsync(os, guests, latencies, end.Token);
        var random = new Random(seed);
        int count = await MixAsync(os, guests, random, Length / 2);
        var middle = Holding.Now();
        count += await MixAsync(os, guests, random, Length / 2);
        var last = Holding.Now();
        await end.CancelAsync();
        await heart;
        latencies.Sort();
        double late = latencies[(int)(latencies.Count * 0.99)];
        Console.WriteLine($"{count} programs in {Length} s; {latencies.Count} answers, 99 % within {late * 1000:0.0} ms");
        Console.WriteLine($"{middle}\n{last}");
        Check.That(last.Managed <= (middle.Managed * 1.2) + (8 << 20), "managed memory does not grow");
        Check.That(last.Resident <= Math.Max(UsualResident, (middle.Resident * 1.2) + (32 << 20)), "the process does not grow");
        Check.That(last.Files <= middle.Files + 8 && last.Threads <= middle.Threads + 8, "no files and threads are left");
        Check.That(late <= Limits.Seconds(Length >= 600 ? 0.05 : 0.5).TotalSeconds, "the others do not delay an answer");
    }

    /// <summary>Runs programs of random kinds for a time; returns how many.</summary>
    private static async Task<int> MixAsync(ObjectOs os, Guests guests, Random random, double seconds)
    {
        var watch = Stopwatch.StartNew();
        var running = new List<Task>();
        int count = 0;
        while (watch.Elapsed.TotalSeconds < seconds)
        {
            var spec = guests.Deeds[random.Next(guests.Deeds.Count)];
            running.Add(os.RunAsync(spec with { Limits = Bounds(random) }));
            count++;
            if (running.Count >= AtOnce)
            {
                running.Remove(await Task.WhenAny(running));
            }
        }

        await Task.WhenAll(running).WaitAsync(Limits.Soon);
        return count;
    }

    private static ProgramLimits Bounds(Random random) => new()
    {
        Memory = random.Next(2, 32).MiB(),
        Instructions = (ulong)random.Next(1_000_000, 200_000_000),
    };

    /// <summary>Sends lines to a program that copies them, and notes how long each takes to come back.</summary>
    private static async Task BeatAsync(ObjectOs os, Guests guests, List<double> latencies, CancellationToken cancel)
    {
        var (input, output) = (new Pipe(), new Pipe());
        var cell = await os.StartAsync(guests.Cat with { StandardInput = input.Reader.AsStream(), StandardOutput = output.Writer.AsStream() }, CancellationToken.None);
        while (!cancel.IsCancellationRequested)
        {
            long start = Stopwatch.GetTimestamp();
            await input.Writer.WriteAsync("beat\n"u8.ToArray(), CancellationToken.None);
            var read = await output.Reader.ReadAtLeastAsync(5, CancellationToken.None).AsTask().WaitAsync(Limits.Soon, CancellationToken.None);
            output.Reader.AdvanceTo(read.Buffer.End);
            latencies.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            await Task.Delay(10, CancellationToken.None);
        }

        await input.Writer.CompleteAsync();
        Check.That((await cell.WaitAsync(CancellationToken.None)).IsSuccess, "the program that copies ends with its input");
    }
}
