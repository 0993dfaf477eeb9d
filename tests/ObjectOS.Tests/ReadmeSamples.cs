using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ObjectOS;
using ObjectOS.Hosting;
using ObjectOS.Recording;
using ObjectOS.Testing;
using ObjectOS.Testing.Comparing;
using ObjectOS.Tests;

// The README's samples, word for word, as a user's file holds them. Relative paths: ReadmeSamplesTests makes the repository's root the
// current directory.
namespace SamplesOfAUser;

internal static class ReadmeSamples
{
    public static async Task BootAndRunAsync()
    {
        await using var os = await ObjectOs.BootAsync(o => o.Memory = 64.MiB());
        var result = await os.RunAsync("images/misbehave/misbehave.elf", ["exit-42"]);
        Console.WriteLine(result.ExitCode);
    }

    public static async Task LimitsAndDirectoryAsync(ObjectOs os)
    {
        var spec = new ProgramSpec
        {
            Path = "images/lisp/lisp.elf",
            Arguments = ["/scripts/fib.scm"],
            Directories = [new DirectoryGrant("images/lisp/scripts", "/scripts")],
            Limits = new ProgramLimits { Memory = 16.MiB(), Instructions = 100_000_000 },
        };
        var cell = await os.StartAsync(spec);
        var result = await cell.WaitAsync();
        Console.Write(result.EnsureSuccess().Output);
    }

    public static async Task RootAsync(ObjectOs os)
    {
        using var root = FileLayer.Open("images/lisp");
        var result = await os.RunAsync(new ProgramSpec { Root = [root], Path = "/lisp.elf", Arguments = ["/scripts/fib.scm"] });
        Console.Write(result.EnsureSuccess().Output);
    }

    public static async Task LinesAsync(ObjectOs os)
    {
        var cell = await os.StartAsync(new ProgramSpec { Path = "images/lisp/lisp.elf", PipesInput = true });
        await cell.Input.WriteAsync("(display (* 6 7)) (newline)\n"u8.ToArray());
        await foreach (string line in cell.ReadLinesAsync())
        {
            Console.WriteLine(line); // 42
            await cell.Input.CompleteAsync();
        }
    }

    public static async Task DeterministicAsync()
    {
        await using var os = await ObjectOs.BootAsync(o => o.Inputs = Inputs.Deterministic);
        var first = await os.RunAsync("images/misbehave/misbehave.elf", ["exit-42"]);
        Console.WriteLine(first.Instructions); // the same number on every host, in every run, at every depth
    }

    public static async Task RecordAsync()
    {
        await using (var os = await ObjectOs.RecordAsync("run.rec"))
        {
            await os.RunAsync("images/misbehave/misbehave.elf", ["exit-42"]);
        }

        using var replay = Replay.Open("run.rec");
        await replay.RunAsync(new ReplayPosition(PositionKind.Call, 2));
        Console.WriteLine(replay.Calls); // 1: it stands before the second call
    }

    public static async Task CompareAsync()
    {
        var left = new LocalVersion("left");
        var right = new LocalVersion("right") { Faults = [InjectedFault.FailCall(2)] };
        var report = await Comparison.RunAsync(left, right, [new Scenario { Program = "images/misbehave/misbehave.elf", Arguments = ["exit-42"] }]);
        Console.WriteLine(report.Scenarios[0].Divergence?.Ordinal); // 2: the first event that differs
    }

    public static async Task ConsoleAsync(ObjectOs os)
    {
        await using var console = await GuestConsole.BootAsync(os, new MachineSpec { Image = "images/tiny/tiny.elf" });
        await console.WaitForAsync("tiny> ", TimeSpan.FromSeconds(60));
        await console.SendLineAsync("uptime");
        await console.WaitForAsync("tiny> ", TimeSpan.FromSeconds(60));
        Console.WriteLine(console.Transcript);
    }

    public static async Task FaultIsAResultAsync(ObjectOs os)
    {
        var result = await os.RunAsync("images/misbehave/misbehave.elf", ["null-write"]);
        Console.WriteLine(result.Message); // cell 6 (misbehave.elf) at depth 0: store page fault, pc 0x…, address 0x0, sd zero,0(a5)
    }

    public static async Task ChildAsync(ObjectOs os)
    {
        await using var child = await os.CreateChildAsync(o => o.Memory = 32.MiB());
        var result = await child.RunAsync("images/misbehave/misbehave.elf", ["exit-42"]);
        Console.WriteLine($"{child.Path}: {result.ExitCode}"); // 0.1: 42
    }

    public static async Task MachineAsync(ObjectOs os)
    {
        var machine = new MachineSpec { Image = "images/tiny/tiny.elf", Harts = 2, Memory = 64.MiB(), Arguments = "selftest" };
        var result = await os.BootMachineAsync(machine);
        Console.WriteLine($"{result.End}: {result.Output.TrimEnd().Split('\n')[^1]}"); // PoweredOff: TINY-SELFTEST-OK
    }

    public static async Task OwnHardwareAsync()
    {
        await using var os = await ObjectOs.BootAsync(o => o.Instructions = [new HammingDistance()]);
        var result = await os.BootMachineAsync(new MachineSpec { Image = "images/matrix/matrix.elf", Devices = [new MatrixUnit()] });
        Console.Write(result.EnsureSuccess().Output); // … MATRIX-OK
    }

    public static async Task HostedAsync()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Services.AddObjectOS(o => o.Memory = 128.MiB());
        using var host = builder.Build();
        await host.StartAsync();
        var os = host.Services.GetRequiredService<ObjectOs>();
        Console.WriteLine(os.LiveFrames);
        await host.StopAsync();
    }
}
