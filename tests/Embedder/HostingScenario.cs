using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using ObjectOS;
using ObjectOS.Hosting;

namespace Embedder;

/// <summary>6. OS objects as services of an application, and OS objects that are dropped.</summary>
internal static class HostingScenario
{
    private const int Dropped = 20;

    public static async Task RunAsync(Guests guests)
    {
        await ApplicationAsync(guests);
        await DropAsync(guests);
    }

    private static async Task ApplicationAsync(Guests guests)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var settings = new Dictionary<string, string?> { ["Sandbox:Memory"] = "512MiB", ["Sandbox:Seed"] = "7" };
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Services.AddSingleton(guests).AddSingleton<EarlyService>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<EarlyService>());
        builder.Services.AddObjectOS(builder.Configuration.GetSection("Sandbox"));
        builder.Services.AddObjectOS("small", o => o.Memory = 64.MiB());
        builder.Services.AddObjectOSPool(2);
        await using var app = builder.Build();
        app.MapGet("/default", async (ObjectOs os) => (await os.RunAsync(guests.Exit42)).ExitCode);
        app.MapGet("/small", async ([FromKeyedServices("small")] ObjectOs os) => (await os.RunAsync(guests.Exit42)).ExitCode);
        app.MapGet("/pool", async ([FromServices] ObjectOsPool pool) => (await pool.RunAsync(guests.Exit42)).ExitCode);
        await app.StartAsync().WaitAsync(Limits.Soon);
        int code = app.Services.GetRequiredService<EarlyService>().Code;
        Check.That(code == 42, "a hosted service that is registered earlier runs a program at its start");

        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()), Timeout = Limits.Soon };
        foreach (string path in (string[])["/default", "/small", "/pool"])
        {
            Check.That(await client.GetStringAsync(path) == "42", $"{path} runs a program");
        }

        var options = app.Services.GetRequiredService<IOptions<ObjectOsOptions>>().Value;
        Check.That((options.Memory, options.Seed) == (512.MiB(), 7UL), "options come from the configuration");
        var os = app.Services.GetRequiredService<ObjectOs>();
        var large = guests.Exit42 with { Limits = new ProgramLimits { Memory = 513.MiB() } };
        var refused = await Check.ThrowsAsync<ArgumentException>(() => os.RunAsync(large), "a program beyond the configured memory");
        Check.That(refused.Message.Contains("Limits.Memory", StringComparison.Ordinal), "the member is named");
        await app.StopAsync().WaitAsync(Limits.Soon);
        await Check.ThrowsAsync<ObjectDisposedException>(() => os.RunAsync(guests.Exit42), "a call after the application's end");
    }

    private static async Task DropAsync(Guests guests)
    {
        await MakeAndDropAsync(guests, 1);
        await CollectAsync(() => false, TimeSpan.FromSeconds(1));
        var (timers, heap, all) = (Timer.ActiveCount, GC.GetTotalMemory(false), Environment.WorkingSet);
        var dropped = await MakeAndDropAsync(guests, Dropped);
        var (heapUsed, allUsed) = (GC.GetTotalMemory(false) - heap, Environment.WorkingSet - all);
        Console.WriteLine($"{Dropped} OS objects: {Timer.ActiveCount - timers} timers, {Shown(heapUsed)} of heap, {Shown(allUsed)} in all");
        await CollectAsync(() => dropped.All(os => !os.TryGetTarget(out _)) && Timer.ActiveCount <= timers, Limits.Seconds(20));
        await CollectAsync(() => false, TimeSpan.FromSeconds(1));
        var (heapLeft, allLeft) = (GC.GetTotalMemory(false) - heap, Environment.WorkingSet - all);
        Console.WriteLine($"after the drop: {Timer.ActiveCount - timers} timers, {Shown(heapLeft)} of heap, {Shown(allLeft)} in all");
        Check.That(dropped.All(os => !os.TryGetTarget(out _)), "OS objects that are dropped are collected");
        Check.That(Timer.ActiveCount <= timers, "their timers have ended");
        Check.That(heapLeft < 2 << 20 && allLeft < 32 << 20, "their memory has come back");

        static string Shown(long bytes) => $"{bytes / 1048576.0:0.0} MiB";
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<List<WeakReference<ObjectOs>>> MakeAndDropAsync(Guests guests, int count)
    {
        var all = new List<WeakReference<ObjectOs>>();
        for (int i = 0; i < count; i++)
        {
            var os = await ObjectOs.BootAsync();
            (await os.RunAsync(guests.Fibonacci).WaitAsync(Limits.Soon)).EnsureSuccess();
            all.Add(new WeakReference<ObjectOs>(os));
        }

        return all;
    }

    private static async Task CollectAsync(Func<bool> isDone, TimeSpan limit)
    {
        long end = Environment.TickCount64 + (long)limit.TotalMilliseconds;
        do
        {
            await Task.Delay(50);
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        while (!isDone() && Environment.TickCount64 < end);
    }

    private sealed class EarlyService(ObjectOs os, Guests guests) : IHostedService
    {
        public int Code { get; private set; }

        public async Task StartAsync(CancellationToken cancellationToken) =>
            Code = (await os.RunAsync(guests.Exit42, cancellationToken)).ExitCode;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
