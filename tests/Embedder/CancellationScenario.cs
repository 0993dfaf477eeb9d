using ObjectOS;

namespace Embedder;

/// <summary>
/// 5. Cancellation has one outcome. All that ends a program works while the OS object is paused. A call from inside the loop is refused.
/// </summary>
internal static class CancellationScenario
{
    private const int Seed = 20_261_130;

    public static async Task RunAsync(Guests guests)
    {
        await using var os = await ObjectOs.BootAsync();
        await AtAnyMomentAsync(os, guests);
        await WhilePausedAsync(os, guests);
        await FromInsideAsync(os, guests);
    }

    private static async Task AtAnyMomentAsync(ObjectOs os, Guests guests)
    {
        Console.WriteLine($"seed {Seed}");
        var random = new Random(Seed);
        for (int i = 0; i < 300; i++)
        {
            using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(random.NextDouble() * 15));
            var canceled = await Check.ThrowsAsync<ProgramCanceledException>(
                () => os.RunAsync(guests.Endless, cancel.Token), $"cancellation {i}");
            Check.That(canceled.Result is null or { End: RunEnd.Stopped }, $"the partial result of cancellation {i}");
        }

        using var late = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        var cell = await os.StartAsync(guests.Endless);
        var partial = (await Check.ThrowsAsync<ProgramCanceledException>(() => cell.WaitAsync(late.Token), "a wait")).Result;
        var later = await cell.WaitAsync().WaitAsync(Limits.Soon);
        Check.That(partial is not null && ReferenceEquals(partial, later), "a later wait returns the partial result");
    }

    private static async Task WhilePausedAsync(ObjectOs os, Guests guests)
    {
        var timed = await os.StartAsync(guests.Endless with { Limits = new ProgramLimits { Timeout = TimeSpan.FromMilliseconds(500) } });
        var cancelled = await os.StartAsync(guests.Endless);
        var stopped = await os.StartAsync(guests.Endless);
        os.Pause();
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        await Check.ThrowsAsync<ProgramCanceledException>(() => cancelled.WaitAsync(cancel.Token), "a cancelled wait while paused");
        Check.That((await stopped.StopAsync().WaitAsync(Limits.Soon)).End == RunEnd.Stopped, "a stop while paused");
        Check.That((await timed.WaitAsync().WaitAsync(Limits.Soon)).End == RunEnd.TimedOut, "a time-out while paused");
        os.Resume();
        Check.That((await os.RunAsync(guests.Exit42).WaitAsync(Limits.Soon)).ExitCode == 42, "a program runs after the pause");
    }

    private static async Task FromInsideAsync(ObjectOs os, Guests guests)
    {
        await Check.ThrowsAsync<InvalidOperationException>(
            () => os.InvokeAsync(_ => os.GetStatisticsAsync().GetAwaiter().GetResult()), "a call from inside InvokeAsync");
        Check.That((await os.RunAsync(guests.Exit42).WaitAsync(Limits.Soon)).ExitCode == 42, "a program runs after the refused call");
        await os.DisposeAsync().AsTask().WaitAsync(Limits.Soon);
    }
}
