namespace ObjectOS.Versions;

/// <summary>Where the worker and the runtime that it needs are.</summary>
/// <param name="Host">The <c>dotnet</c> to start.</param>
/// <param name="Worker">The worker's assembly.</param>
public sealed record WorkerLocation(string Host, string Worker)
{
    private const string Assembly = "ObjectOS.Worker.dll";

    private static readonly string[] Installed = ["/usr/share/dotnet", "/usr/lib/dotnet", "/usr/lib64/dotnet", "/usr/local/share/dotnet"];

    /// <summary>
    /// Finds both: the worker next to the tool or in its folder <c>worker</c>, <c>dotnet</c> by DOTNET_HOST_PATH, DOTNET_ROOT, PATH and
    /// the usual places.
    /// </summary>
    /// <exception cref="VersionException">One of them is not there; the message says which and what to do.</exception>
    public static WorkerLocation Find() => Find(AppContext.BaseDirectory, Environment.GetEnvironmentVariable);

    /// <summary>The same for a tool in a folder, with its environment.</summary>
    internal static WorkerLocation Find(string folder, Func<string, string?> variable, bool looksEverywhere = true)
    {
        string place = Path.Combine(folder, "worker", Assembly);
        string worker = FirstOf([place, Path.Combine(folder, Assembly)])
            ?? throw new VersionException(
                $"{place}: No such file or directory; the worker, which loads builds of the kernel and the services, belongs there");
        string host = FirstOf(Hosts(variable, looksEverywhere)) ?? throw new VersionException(
            "builds of the kernel and the services run in the .NET runtime, and there is no dotnet in DOTNET_ROOT or PATH: "
            + $"install .NET {Environment.Version.Major}, or set DOTNET_ROOT");
        return new WorkerLocation(host, worker);
    }

    private static IEnumerable<string> Hosts(Func<string, string?> variable, bool looksEverywhere)
    {
        string name = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        if (variable("DOTNET_HOST_PATH") is { Length: > 0 } host)
        {
            yield return host;
        }

        string home = variable("HOME") ?? "";
        IEnumerable<string> folders = [variable("DOTNET_ROOT") ?? "", .. (variable("PATH") ?? "").Split(Path.PathSeparator),
            .. looksEverywhere ? Installed : [], home.Length > 0 ? Path.Combine(home, ".dotnet") : ""];
        foreach (string folder in folders.Where(folder => folder.Length > 0))
        {
            yield return Path.Combine(folder, name);
        }
    }

    private static string? FirstOf(IEnumerable<string> paths) => paths.FirstOrDefault(File.Exists);
}
