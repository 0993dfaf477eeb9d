using System.Diagnostics;
using ObjectOS;
using ObjectOS.Testing;

namespace Embedder;

/// <summary>7. An operating system at its prompt: driven from code, and idle at no cost.</summary>
internal static class ConsoleScenario
{
    private const double MostIdle = 0.01;
    private const int MostSpans = 5;
    private const string Prompt = "tiny> ";

    public static async Task RunAsync(Guests guests)
    {
        ObjectOsOptions[] modes = [new() { IdleTime = IdleTime.Warp }, new() { IdleTime = IdleTime.Paced }, new() { HostClock = true }];
        var measured = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var prompts = modes.Select(_ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).ToArray();
        var sessions = Task.WhenAll(modes.Select((options, i) => SessionAsync(options, guests, prompts[i], measured.Task)));
        await Task.WhenAll(prompts.Select(prompt => prompt.Task));

        // One measurement serves for all of them: together they keep the limit of one.
        double share = await IdleAsync();
        measured.SetResult();
        await sessions;
        Console.WriteLine($"{share:P2} of a processor for {modes.Length} machines at their prompts");
        Check.That(share <= MostIdle, "a machine at its prompt takes at most 1 % of a processor");
    }

    private static async Task SessionAsync(ObjectOsOptions options, Guests guests, TaskCompletionSource prompt, Task measured)
    {
        await using var os = await ObjectOs.BootAsync(options);
        await using var console = await GuestConsole.BootAsync(os, guests.Tiny);
        try
        {
            await console.WaitForAsync(Prompt, Limits.Soon);
            await console.SendLineAsync("help");
            string answer = await console.WaitForAsync(Prompt, Limits.Soon);
            Check.That(answer.Contains("poweroff", StringComparison.Ordinal), "the answer to a line");
        }
        finally
        {
            prompt.SetResult();
        }

        await measured;
        await console.SendLineAsync("poweroff");
        Check.That((await console.WaitForEndAsync(Limits.Soon)).End == RunEnd.PoweredOff, "the machine powers off");
    }

    /// <summary>The share of a processor that this process takes: the first of some spans in which the runtime compiles nothing any more, or the least.</summary>
    private static async Task<double> IdleAsync()
    {
        using var process = Process.GetCurrentProcess();
        double least = double.MaxValue;
        for (int span = 0; span < MostSpans && least > MostIdle; span++)
        {
            await Task.Delay(TimeSpan.FromSeconds(1.5));
            process.Refresh();
            var (before, watch) = (process.TotalProcessorTime, Stopwatch.StartNew());
            await Task.Delay(TimeSpan.FromSeconds(3));
            process.Refresh();
            least = Math.Min(least, (process.TotalProcessorTime - before) / watch.Elapsed);
        }

        return least;
    }
}
