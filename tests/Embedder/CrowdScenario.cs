using ObjectOS;

namespace Embedder;

/// <summary>8. In a crowd of programs that wait, write to slow readers, spin and fault, others get their share.</summary>
internal static class CrowdScenario
{
    private const int Each = 20;

    // The spinners are as many as the others: half is theirs. They run the same loop, so that their instructions take as much of the host's time.
    private const double FairShare = 2;
    private const double Tolerance = 1.25;

    public static async Task RunAsync(Guests guests)
    {
        await using var os = await ObjectOs.BootAsync();
        await RunAllAsync(os, guests);
        var alone = await RunAllAsync(os, guests);
        var cells = new List<Cell>();
        for (int i = 0; i < Each; i++)
        {
            cells.Add(await os.StartAsync(guests.Cat with { StandardInput = new System.IO.Pipelines.Pipe().Reader.AsStream() }));
            cells.Add(await os.StartAsync(guests.Flood with { StandardOutput = WriteStream.Slow(TimeSpan.FromSeconds(1)) }));
            cells.Add(await os.StartAsync(guests.Spin));
        }

        var faults = await Task.WhenAll(Enumerable.Range(0, Each).Select(async _ => await os.RunAsync(guests.Fault)));
        Check.That(faults.All(result => result.End == RunEnd.Fault), "a fault ends its own program");
        var together = await RunAllAsync(os, guests);
        Console.WriteLine($"{Each} computations: alone {alone.TotalSeconds:0.00} s, in the crowd {together.TotalSeconds:0.00} s of processor time");
        Check.That(cells.All(cell => !cell.Completion.IsCompleted), "the crowd is still there");
        Check.That(together <= alone * FairShare * Tolerance, "programs get their share of the processor");
    }

    /// <summary>The processor time of this process while the programs run, which what else the machine does has no part in.</summary>
    private static async Task<TimeSpan> RunAllAsync(ObjectOs os, Guests guests)
    {
        var before = Environment.CpuUsage.TotalTime;
        var results = await Task.WhenAll(Enumerable.Range(0, Each).Select(async _ => await os.RunAsync(guests.Count))).WaitAsync(Limits.Soon);
        Check.That(results.All(result => result.IsSuccess), "the computations succeed");
        return Environment.CpuUsage.TotalTime - before;
    }
}
