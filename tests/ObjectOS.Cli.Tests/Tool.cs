using System.Diagnostics;
using System.Text;
using ObjectOS.Tests;

namespace ObjectOS.Cli.Tests;

/// <summary>What a run of the tool leaves behind.</summary>
internal sealed record ToolRun(int ExitCode, byte[] Output, string Error)
{
    public string Text => Encoding.UTF8.GetString(Output);
}

/// <summary>
/// Runs the tool: within this process on streams of the test, or as a process of its own. With <c>OBJECTOS_TOOL</c>, the path of an installed tool, all runs are processes
/// of that one.
/// </summary>
internal static class Tool
{
    private static readonly string? Installed = Environment.GetEnvironmentVariable("OBJECTOS_TOOL") is { Length: > 0 } path ? path : null;

    /// <summary>The command of the tool as a process.</summary>
    private static string[] Command => Installed is null ? ["dotnet", "exec", typeof(Program).Assembly.Location] : [Installed];

    public static string Misbehave => ObjectOS.Tests.Repository.PathOf("images", "misbehave", "misbehave.elf");

    public static string Lisp => ObjectOS.Tests.Repository.PathOf("images", "lisp", "lisp.elf");

    public static string Scripts => ObjectOS.Tests.Repository.PathOf("images", "lisp", "scripts");

    public static async Task<ToolRun> RunAsync(params string[] args)
    {
        if (Installed is not null)
        {
            return await EndAsync(Start(new ProcessStartInfo("/bin/sh", ["-c", "exec \"$@\" </dev/null", "sh", Installed, .. args])));
        }

        using var output = new MemoryStream();
        using var error = new MemoryStream();
        await using var standardError = new StandardError(error);
        int code = await Program.RunAsync(args, new ToolStreams(Stream.Null, output, standardError, IsTerminal: false));
        return new ToolRun(code, output.ToArray(), Encoding.UTF8.GetString(error.ToArray()));
    }

    /// <summary>Starts the built tool as a process.</summary>
    public static Process Start(params string[] args)
    {
        string[] command = [.. Command, .. args];
        return Start(IgnoresInterrupts ? new ProcessStartInfo("env", ["--default-signal=INT,QUIT", .. command]) : new ProcessStartInfo(command[0], command[1..]));
    }

    /// <summary>True where these tests were started in the background of a shell, which leaves SIGINT ignored to all below it; the tool would ignore it, too.</summary>
    private static bool IgnoresInterrupts
    {
        get
        {
            const int Interrupt = 1 << (2 - 1);
            string? ignored = File.Exists("/proc/self/status") ? File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith("SigIgn:", StringComparison.Ordinal)) : null;
            return ignored is not null && (Convert.ToUInt64(ignored["SigIgn:".Length..].Trim(), 16) & Interrupt) != 0;
        }
    }

    /// <summary>Starts a shell in which <c>$TOOL</c> is the command of the tool.</summary>
    public static Process StartShell(string script)
    {
        var info = new ProcessStartInfo("/bin/sh", ["-c", script]);
        info.Environment["TOOL"] = string.Join(' ', Command);
        info.Environment["MISBEHAVE"] = Misbehave;
        return Start(info);
    }

    /// <summary>Sends a signal to the tool alone.</summary>
    public static async Task SignalAsync(Process process, string signal)
    {
        using var kill = Process.Start("kill", ["-s", signal, $"{process.Id}"]);
        await kill.WaitForExitAsync();
    }

    public static async Task<ToolRun> EndAsync(Process process)
    {
        using (process)
        using (var limit = new CancellationTokenSource(TestTime.Seconds(30)))
        {
            using var output = new MemoryStream();
            var copied = process.StandardOutput.BaseStream.CopyToAsync(output, limit.Token);
            string error = await process.StandardError.ReadToEndAsync(limit.Token);
            await copied;
            await process.WaitForExitAsync(limit.Token);
            return new ToolRun(process.ExitCode, output.ToArray(), error);
        }
    }

    public static Process Start(ProcessStartInfo info)
    {
        info.RedirectStandardInput = info.RedirectStandardOutput = info.RedirectStandardError = true;
        return Process.Start(info)!;
    }
}

/// <summary>A folder of the test's own, gone with it.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("objectos-");

    public string PathOf(string name) => Path.Combine(_folder.FullName, name);

    public string Write(string name, byte[] bytes)
    {
        File.WriteAllBytes(PathOf(name), bytes);
        return PathOf(name);
    }

    /// <summary>Makes a named pipe.</summary>
    public async Task<string> MakePipeAsync(string name)
    {
        using var make = Process.Start("mkfifo", [PathOf(name)]);
        await make.WaitForExitAsync();
        return PathOf(name);
    }

    public IEnumerable<string> Names => _folder.EnumerateFiles().Select(f => f.Name);

    public void Dispose() => _folder.Delete(recursive: true);
}
