using System.Diagnostics;

namespace ObjectOS.Tests.Packages;

/// <summary>A command of the host.</summary>
internal static class HostCommand
{
    /// <summary>Runs <c>dotnet</c>, which leaves no process behind.</summary>
    public static Task<string> DotnetAsync(string folder, TimeSpan limit, params string[] arguments) =>
        RunAsync("dotnet", folder, limit, arguments);

    /// <summary>Runs a command and returns what it wrote to both outputs.</summary>
    /// <exception cref="InvalidOperationException">Its exit code is not 0.</exception>
    /// <exception cref="TimeoutException">It has not ended in time; it was killed with its children.</exception>
    public static async Task<string> RunAsync(string program, string folder, TimeSpan limit, params string[] arguments)
    {
        var (code, text) = await TryRunAsync(program, folder, limit, [], arguments);
        return code == 0 ? text : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with exit code {code}:\n{text}");
    }

    /// <summary>Runs a command with further variables of the environment and returns its exit code and what it wrote to both outputs.</summary>
    /// <exception cref="TimeoutException">It has not ended in time; it was killed with its children.</exception>
    public static async Task<(int ExitCode, string Text)> TryRunAsync(
        string program, string folder, TimeSpan limit, (string Name, string Value)[] variables, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string name in start.Environment.Keys.Where(IsOfOuterBuild).ToArray())
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["UseSharedCompilation"] = "false";
        using var process = Process.Start(start)!;
        using var end = new CancellationTokenSource(limit);
        var texts = Task.WhenAll(
            process.StandardOutput.ReadToEndAsync(CancellationToken.None), process.StandardError.ReadToEndAsync(CancellationToken.None));
        try
        {
            await process.WaitForExitAsync(end.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} has not ended within {limit.TotalSeconds:0} s:\n{string.Concat(await texts)}");
        }

        return (process.ExitCode, string.Concat(await texts));
    }

    /// <summary>Variables of the build that started the tests would lead the inner one astray.</summary>
    private static bool IsOfOuterBuild(string name) =>
        name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase) || name.StartsWith("VSTEST", StringComparison.OrdinalIgnoreCase);
}
