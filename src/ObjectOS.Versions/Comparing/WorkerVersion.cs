using System.Text.Json.Nodes;
using ObjectOS.Testing.Comparing;

namespace ObjectOS.Versions;

/// <summary>A version that runs in a worker process.</summary>
/// <param name="worker">The worker; the caller disposes of it.</param>
/// <param name="spec">The version's name.</param>
public sealed class WorkerVersion(WorkerProcess worker, VersionSpec spec) : IComparedVersion
{
    /// <summary>The worker's command, which <see cref="WorkerCommands"/> has.</summary>
    internal const string Command = "side";

    /// <inheritdoc/>
    public string Name => spec.ToString();

    /// <inheritdoc/>
    /// <exception cref="VersionException">The version cannot be had, or the worker ended.</exception>
    public async Task<SideRun> RunAsync(Scenario scenario, SideRequest request, CancellationToken cancellationToken = default)
    {
        var result = await worker.RequestAsync(
            Command, new JsonObject { ["spec"] = spec.ToString(), ["scenario"] = JsonReport.Write(scenario), ["request"] = JsonReport.Write(request) }, null, cancellationToken).ConfigureAwait(false);
        return JsonReport.ReadRun((string)result["run"]!);
    }
}
