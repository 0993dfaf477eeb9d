using System.Diagnostics;
using System.Globalization;

namespace ObjectOS.Benchmarks;

/// <summary>A program of the host as a peer.</summary>
internal static class HostCommand
{
    public static bool Exists(string program) =>
        File.Exists(program) || (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(d => File.Exists(Path.Combine(d, program)));

    /// <summary>User and system seconds that a command took; its output is thrown away.</summary>
    public static double CpuSeconds(string command)
    {
        using var shell = Process.Start(new ProcessStartInfo("sh") { ArgumentList = { "-c", $"{command} >/dev/null 2>&1 </dev/null; times" }, RedirectStandardOutput = true })!;
        string children = shell.StandardOutput.ReadToEnd().Split('\n')[1];
        shell.WaitForExit();
        return children.Split(' ').Sum(Seconds);
    }

    /// <summary>0m1.234s</summary>
    private static double Seconds(string text)
    {
        int minutes = text.IndexOf('m', StringComparison.Ordinal);
        return (double.Parse(text[..minutes], CultureInfo.InvariantCulture) * 60) + double.Parse(text[(minutes + 1)..^1], CultureInfo.InvariantCulture);
    }
}
