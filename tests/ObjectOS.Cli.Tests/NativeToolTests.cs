using System.Diagnostics;
using System.Text.Json.Nodes;
using ObjectOS.Versions;

namespace ObjectOS.Cli.Tests;

/// <summary>A fact about the native tool that <c>OBJECTOS_TOOL</c> names.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NativeToolFactAttribute : FactAttribute
{
    public NativeToolFactAttribute() => Skip = Path is null ? "needs a native tool that OBJECTOS_TOOL names" : null;

    /// <summary>The installed tool's own file.</summary>
    public static string? Path { get; } = Environment.GetEnvironmentVariable("OBJECTOS_TOOL") is { Length: > 0 } path
        ? new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path : null;
}

/// <summary>What the native tool alone has.</summary>
public sealed class NativeToolTests
{
    [NativeToolFact]
    public async Task Processor_WithoutItsInstructions_IsRefusedInASentence()
    {
        var run = await Tool.EndAsync(
            Tool.Start(new ProcessStartInfo("qemu-x86_64", ["-cpu", "Nehalem", NativeToolFactAttribute.Path!, "--version"])));
        run.ExitCode.Should().Be(134);
        run.Error.Should().Contain("The required instruction sets are not supported by the current CPU.");
    }

    [NativeToolFact]
    public async Task Worker_OfTheInstalledTool_Starts()
    {
        string folder = Path.GetDirectoryName(NativeToolFactAttribute.Path)!;
        await using var worker = await WorkerProcess.StartAsync(
            new WorkerLocation("dotnet", Path.Combine(folder, "worker", "ObjectOS.Worker.dll")));
        string kernel = typeof(KernelFactory).Assembly.Location;
        var described = await worker.RequestAsync("describe", new JsonObject { ["spec"] = "kernel:" + kernel });
        ((string?)described["kernel"]).Should().Be(new KernelFactory().Description.Version);
    }

    [NativeToolFact]
    public async Task Run_WithoutFigures_LoadsNoLibraryForHashes()
    {
        (await LibrariesAsync("run")).Should().NotContain("libcrypto").And.Contain("libc.so");
        (await LibrariesAsync("run", "--json")).Should().Contain("libcrypto");
    }

    /// <summary>What a run of an endless loop has mapped, as the host names it.</summary>
    private static async Task<string> LibrariesAsync(params string[] options)
    {
        using var process = Tool.Start([.. options, Tool.Misbehave, "endless-loop"]);
        try
        {
            (await process.StandardError.ReadLineAsync()).Should().Be("misbehave: never ends");
            return await File.ReadAllTextAsync($"/proc/{process.Id}/maps");
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
    }

    [NativeToolFact]
    public void Package_HasNoSymbolsOrDocumentation() =>
        Directory.EnumerateFiles(Path.GetDirectoryName(NativeToolFactAttribute.Path)!, "*", SearchOption.AllDirectories)
            .Should().NotContain(file => file.EndsWith(".dbg") || file.EndsWith(".pdb") || file.EndsWith(".xml")
                && !file.EndsWith("DotnetToolSettings.xml"));
}
