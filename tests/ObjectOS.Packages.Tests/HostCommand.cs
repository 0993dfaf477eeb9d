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
            throw new TimeoutException($"{Shown()} has not ended within {limit.TotalSeconds:0} s:\n{string.Concat(await texts)}");
        }

        string text = string.Concat(await texts);
        return process.ExitCode == 0
            ? text
            : throw new InvalidOperationException($"{Shown()} ended with exit code {process.ExitCode}:\n{text}");

        string Shown() => $"{program} {string.Join(' ', arguments)}";
    }

    /// <summary>Variables of the build that started the tests would lead the inner one astray.</summary>
    private static bool IsOfOuterBuild(string name) =>
        name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase) || name.StartsWith("VSTEST", StringComparison.OrdinalIgnoreCase);
}
