using System.Diagnostics;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Builder;
using ObjectOS;
using ObjectOS.Hosting;

namespace Embedder;

/// <summary>2. Programs and requests that wait for their peers delay no others.</summary>
internal static class NeighbourScenario
{
    public static async Task RunAsync(Guests guests)
    {
        await ProgramsAsync(guests);
        await RequestsAsync(guests);
    }

    private static async Task ProgramsAsync(Guests guests)
    {
        await using var os = await ObjectOs.BootAsync();
        var alone = await BestAsync(() => RunAsync(os, guests.Count));
        var waits = await os.StartAsync(guests.Cat with { StandardInput = new Pipe().Reader.AsStream() });
        var writes = await os.StartAsync(guests.Flood with { StandardOutput = WriteStream.Slow(TimeSpan.FromSeconds(1)) });
        var together = await BestAsync(() => RunAsync(os, guests.Count));
        Console.WriteLine($"a computation: alone {alone.TotalMilliseconds:0} ms, with slow neighbours {together.TotalMilliseconds:0} ms");
        Check.That(!waits.Completion.IsCompleted && !writes.Completion.IsCompleted, "the neighbours still wait");
        Check.That(together <= (alone * 1.5) + Limits.Seconds(0.2), "a computation takes as long as alone");
    }

    private static async Task RequestsAsync(Guests guests)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddObjectOS();
        await using var app = builder.Build();
        app.MapPost("/copy", async (HttpRequest request, HttpResponse response, ObjectOs os, CancellationToken cancel) =>
        {
            (await os.RunAsync(guests.Cat with { StandardInput = request.Body, StandardOutput = response.Body }, cancel)).EnsureSuccess();
        });
        app.MapGet("/short", async (ObjectOs os, CancellationToken cancel) =>
            (await os.RunAsync(guests.Fibonacci, cancel)).EnsureSuccess().Output);
        await app.StartAsync();
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()), Timeout = Limits.Soon };
        Task<TimeSpan> ShortAsync() => TimeAsync(async () =>
        {
            string output = await client.GetStringAsync("/short");
            Check.That(output.StartsWith("fib(1000) = ", StringComparison.Ordinal), "the program's output");
        });

        var alone = await BestAsync(ShortAsync);
        using var body = new SlowContent();
        var slow = client.PostAsync("/copy", body);
        await body.HasBegun.WaitAsync(Limits.Soon);
        var longest = TimeSpan.Zero;
        for (int i = 0; i < 20; i++)
        {
            longest = new[] { longest, await ShortAsync() }.Max();
        }

        Console.WriteLine($"a request: alone {alone.TotalMilliseconds:0} ms, at most {longest.TotalMilliseconds:0} ms next to a slow one");
        Check.That(!slow.IsCompleted, "the slow request is not answered before its end");
        Check.That(longest <= (alone * 2) + Limits.Seconds(0.5), "a request is not delayed by a slow one");
        body.End();
        Check.That(await (await slow).Content.ReadAsStringAsync() == "a\nquit\n", "the slow request is answered");
        await app.StopAsync();
    }

    private static Task<TimeSpan> RunAsync(ObjectOs os, ProgramSpec spec) =>
        TimeAsync(async () => (await os.RunAsync(spec)).EnsureSuccess());

    private static async Task<TimeSpan> TimeAsync(Func<Task> work)
    {
        var watch = Stopwatch.StartNew();
        await work().WaitAsync(Limits.Soon);
        return watch.Elapsed;
    }

    private static async Task<TimeSpan> BestAsync(Func<Task<TimeSpan>> measure)
    {
        var times = new List<TimeSpan>();
        for (int i = 0; i < 4; i++)
        {
            times.Add(await measure());
        }

        return times.Min();
    }

    /// <summary>A request's body that begins at once, and ends after a call.</summary>
    private sealed class SlowContent : HttpContent
    {
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task HasBegun => _begun.Task;

        public void End() => _end.TrySetResult();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync("a\n"u8.ToArray());
            await stream.FlushAsync();
            _begun.TrySetResult();
            await _end.Task;
            await stream.WriteAsync("quit\n"u8.ToArray());
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
