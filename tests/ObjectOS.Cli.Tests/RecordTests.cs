using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ObjectOS.Cli.Tests;

/// <summary><c>--record</c>, <c>objectos replay</c> and <c>--gdb</c>.</summary>
public sealed class RecordTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("objectos-record-");

    private string File => Path.Combine(_folder.FullName, "run.rec");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Run_IsReplayed_WithoutTheHostsFiles()
    {
        string scripts = Path.Combine(_folder.FullName, "scripts");
        Directory.CreateDirectory(scripts);
        System.IO.File.Copy(Path.Combine(Tool.Scripts, "fib.scm"), Path.Combine(scripts, "fib.scm"));
        string program = Path.Combine(_folder.FullName, "lisp.elf");
        System.IO.File.Copy(Tool.Lisp, program);
        var recorded = await Tool.RunAsync("run", "--depth", "1", "--record", File, "--dir", $"{scripts}=/s", program, "/s/fib.scm");
        recorded.ExitCode.Should().Be(0, recorded.Error);
        System.IO.File.Delete(program);
        Directory.Delete(scripts, recursive: true);

        var replayed = await Tool.RunAsync("replay", File);
        (replayed.ExitCode, replayed.Text).Should().Be((0, recorded.Text));
        replayed.Error.Should().MatchRegex("^objectos: at instruction:[0-9]+, time:[0-9]+, after [0-9]+ calls, state [0-9a-f]{32}\n$");
        (await Tool.RunAsync("replay", File)).Error.Should().Be(replayed.Error);
    }

    [Fact]
    public async Task Replay_GoesToPositions_AndSaysWhereItIs()
    {
        await Tool.RunAsync("run", "--record", File, Tool.Misbehave, "exit-42");
        var half = await Tool.RunAsync("replay", File, "--until", "call:2");
        (await Tool.RunAsync("replay", "--until", "call:2", "--", File)).Error.Should().Be(half.Error, "options come before or after the file");
        half.Error.Should().Contain("after 1 calls").And.NotContain("state");
        ulong position = ulong.Parse(half.Error.Split("instruction:")[1].Split(',')[0], System.Globalization.CultureInfo.InvariantCulture);
        (await Tool.RunAsync("replay", "--until", $"instruction:{position}", File)).Error.Should().Contain($"instruction:{position},");
        var back = await Tool.RunAsync("replay", "--until", $"instruction:{position}", "--back", "10", File);
        ulong.Parse(back.Error.Split("instruction:")[1].Split(',')[0], System.Globalization.CultureInfo.InvariantCulture).Should().BeLessThanOrEqualTo(position - 10);
        var never = await Tool.RunAsync("replay", "--until", "output:never written", File);
        (never.ExitCode, never.Error).Should().Match<(int Code, string Error)>(told => told.Code == 124 && told.Error.Contains("objectos: the recording ends before output:never written\n", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Boot_IsReplayed()
    {
        var recorded = await Tool.RunAsync("boot", "--harts", "2", "--append", "selftest", "--record", File);
        recorded.Text.Should().Contain("TINY-SELFTEST-OK");
        (await Tool.RunAsync("replay", File)).Text.Should().Be(recorded.Text);
    }

    [Fact]
    public async Task FileThatIsNoRecording_IsOneSentence()
    {
        await System.IO.File.WriteAllTextAsync(File, "no recording");
        var run = await Tool.RunAsync("replay", File);
        (run.ExitCode, run.Error).Should().Be((126, $"objectos: {File}: it is no recording: the first eight bytes are not OBJOSREC\n"));
        run = await Tool.RunAsync("replay", File + ".not");
        (run.ExitCode, run.Error).Should().Be((127, $"objectos: {File}.not: not found\n"));
        run = await Tool.RunAsync("replay", _folder.FullName);
        run.ExitCode.Should().Be(126);
    }

    [Fact]
    public async Task TraceGuest_AddsTrapsAndWalksOfHarts_TheSameEachTime()
    {
        string trace = Path.Combine(_folder.FullName, "trace");
        string[] command = ["boot", "--append", "selftest", "--json", "--trace", trace];
        var plain = await Tool.RunAsync(command);
        string[] kernels = await System.IO.File.ReadAllLinesAsync(trace);
        var traced = await Tool.RunAsync([.. command, "--trace-guest", "int,mmu"]);
        string[] lines = await System.IO.File.ReadAllLinesAsync(trace);
        traced.Text.Should().Be(plain.Text);
        HashOf(traced).Should().Be(HashOf(plain));
        lines.Where(line => line.Contains("\"level\"", StringComparison.Ordinal)).Should().Equal(kernels, "the kernel's own lines stay");
        lines.Should().Contain(line => line.Contains("\"kind\":\"int\",\"name\":\"supervisorTimerInterrupt\"", StringComparison.Ordinal))
            .And.Contain(line => line.Contains("\"kind\":\"int\",\"name\":\"ecallFromU\"", StringComparison.Ordinal))
            .And.Contain(line => line.Contains("\"kind\":\"mmu\",\"name\":\"fetch\"", StringComparison.Ordinal))
            .And.Contain(line => line.Contains("\"kind\":\"mmu\",\"name\":\"store\"", StringComparison.Ordinal));
        await Tool.RunAsync([.. command, "--trace-guest", "mmu,int"]);
        (await System.IO.File.ReadAllLinesAsync(trace)).Should().Equal(lines);

        static string HashOf(ToolRun run) => run.Error.Split("stateHash\":\"")[1];
    }

    [Fact]
    public async Task Gdb_LetsARunGoOn_AndHearsOfItsEnd()
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        int port = ((IPEndPoint)free.LocalEndpoint).Port;
        free.Stop();
        var run = Tool.RunAsync("run", "--gdb", $"{port}", Tool.Misbehave, "exit-42");
        using var client = await ConnectAsync(port);
        var stream = client.GetStream();
        await stream.WriteAsync("$?#3f"u8.ToArray());
        (await UpToAsync(stream, '#')).Should().Contain("T02thread:1;");
        await stream.WriteAsync("+$c#63"u8.ToArray());
        (await UpToAsync(stream, '#')).Should().Contain("$W2a");
        (await run).ExitCode.Should().Be(42);
    }

    private static async Task<TcpClient> ConnectAsync(int port)
    {
        for (int tries = 0; ; tries++)
        {
            var client = new TcpClient();
            try
            {
                await client.ConnectAsync(IPAddress.Loopback, port);
                return client;
            }
            catch (SocketException) when (tries < 200)
            {
                client.Dispose();
                await Task.Delay(50);
            }
        }
    }

    private static async Task<string> UpToAsync(NetworkStream stream, char end)
    {
        var text = new StringBuilder();
        var one = new byte[1];
        while (text.Length == 0 || text[^1] != end)
        {
            await stream.ReadExactlyAsync(one);
            text.Append((char)one[0]);
        }

        return text.ToString();
    }
}
