using System.Text.Json.Nodes;

namespace ObjectOS.Tests.Versions;

/// <summary>The worker process: what a tool without a JIT compiler has versions loaded by.</summary>
public sealed class WorkerTests
{
    private static readonly string Host = Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet"
        ? path : "dotnet";

    private static WorkerLocation Location => new(Host, Builds.Worker);

    [Fact]
    public async Task Describe_OfAKernel_SaysWhatItIs()
    {
        await using var worker = await WorkerProcess.StartAsync(Location);
        var described = await worker.RequestAsync("describe", new JsonObject { ["spec"] = "kernel:" + Builds.RoundRobin });
        ((string?)described["kernel"]).Should().Be(new KernelFactory().Description.Version);
        ((string?)described["linux"]).Should().BeNull();
    }

    [Fact]
    public async Task Run_InAWorker_IsTheSameAsHere()
    {
        await using var worker = await WorkerProcess.StartAsync(Location);
        var arguments = new JsonObject { ["spec"] = "services:" + Builds.Linux, ["program"] = Builds.Image("linuxcheck"),
            ["arguments"] = new JsonArray("names") };
        var results = await Task.WhenAll(worker.RequestAsync("run", arguments),
            worker.RequestAsync("run", (JsonObject)arguments.DeepClone()));
        await using var os = await ObjectOs.BootAsync(o => o.Inputs = Inputs.Deterministic);
        var here = await os.RunAsync(new ProgramSpec { Path = Builds.Image("linuxcheck"), Arguments = ["names"], ReportsState = true });
        foreach (var result in results)
        {
            ((int)result["code"]!, (ulong)result["instructions"]!, (string?)result["stateHash"]).Should().Be(
                (here.ExitCode, here.Instructions, here.StateHash));
            Convert.FromBase64String((string)result["output"]!).Should().Equal(here.OutputBytes.ToArray());
        }
    }

    [Fact]
    public async Task Request_ThatCannotBeDone_GetsTheSentence()
    {
        await using var worker = await WorkerProcess.StartAsync(Location);
        await worker.Awaiting(w =>
            w.RequestAsync("describe",
            new JsonObject { ["spec"] = "kernel:/absent" })).Should().ThrowAsync<VersionException>().WithMessage(
            "/absent: No such file or directory");
        await worker.Awaiting(w => w.RequestAsync("dance", [])).Should().ThrowAsync<VersionException>().WithMessage(
            "the worker has no command \"dance\"");
        (await worker.RequestAsync("describe", new JsonObject { ["spec"] = "current" })).Should().ContainKey("description");
    }

    [Fact]
    public async Task Request_ThatIsCancelled_EndsAndTheWorkerServesOn()
    {
        await using var worker = await WorkerProcess.StartAsync(Location);
        using var stop = new CancellationTokenSource(TestTime.Seconds(0.5));
        var endless = new JsonObject { ["spec"] = "current", ["program"] = Builds.Image("misbehave"),
            ["arguments"] = new JsonArray("endless-loop") };
        await worker.Awaiting(w => w.RequestAsync("run", endless, null, stop.Token)).Should().ThrowAsync<OperationCanceledException>();
        (await worker.RequestAsync("describe", new JsonObject { ["spec"] = "current" })).Should().ContainKey("description");
    }

    [Fact]
    public async Task Worker_ThatDoesNotStart_IsASentence()
    {
        string absent = Path.Combine(Path.GetTempPath(), "no", "ObjectOS.Worker.dll");
        await FluentActions.Awaiting(() =>
            WorkerProcess.StartAsync(new WorkerLocation(Host, absent))).Should().ThrowAsync<VersionException>().WithMessage(
            $"{absent}: did not start: code *");
        await FluentActions.Awaiting(() =>
            WorkerProcess.StartAsync(
            new WorkerLocation("/absent/dotnet", Builds.Worker))).Should().ThrowAsync<VersionException>().WithMessage(
            "/absent/dotnet: cannot be started: *");
    }

    [Fact]
    public void Location_WithoutDotnet_SaysWhatToInstall()
    {
        string folder = Path.GetDirectoryName(Builds.Worker)!;
        FluentActions.Invoking(() =>
            WorkerLocation.Find(folder, _ => null, looksEverywhere: false)).Should().Throw<VersionException>().WithMessage(
            "builds of the kernel and the services run in the .NET runtime, and there is no dotnet in DOTNET_ROOT or PATH: install .NET 10, or set DOTNET_ROOT");
        FluentActions.Invoking(() => WorkerLocation.Find("/absent", _ => null)).Should().Throw<VersionException>().WithMessage(
            "/absent/worker/ObjectOS.Worker.dll: No such file or directory; *");
    }

    [Fact]
    public async Task Server_OfALineThatIsNone_Ends()
    {
        using var output = new MemoryStream();
        await new WorkerServer(WorkerCommands.Create()).RunAsync(new MemoryStream("nonsense\n"u8.ToArray()), output);
        System.Text.Encoding.UTF8.GetString(output.ToArray()).Should().Be("{\"protocol\":1,\"contract\":\"0.1\"}\n");
    }
}
