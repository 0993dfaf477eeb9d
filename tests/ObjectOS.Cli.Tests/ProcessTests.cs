using System.Text.Json;

namespace ObjectOS.Cli.Tests;

/// <summary>What takes a process of its own: signals, closed pipes, the real streams.</summary>
public sealed class ProcessTests
{
    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    public async Task Signal_ToTheTool_StopsTheGuestAndWritesTheFigures(string signal, int code)
    {
        using var folder = new TemporaryFolder();
        string figures = folder.PathOf("s.json");
        var process = Tool.Start("run", $"--stats={figures}", Tool.Misbehave, "endless-loop");
        (await process.StandardError.ReadLineAsync()).Should().Be("misbehave: never ends");
        await Tool.SignalAsync(process, signal);
        var run = await Tool.EndAsync(process);
        run.ExitCode.Should().Be(code);
        run.Error.Should().EndWith("objectos: cell 6 (misbehave.elf): stopped\n");
        using var json = JsonDocument.Parse(await File.ReadAllTextAsync(figures));
        var exit = json.RootElement.GetProperty("exit");
        (exit.GetProperty("reason").GetString(), exit.GetProperty("code").GetInt32()).Should().Be(("interrupted", code));
    }

    [Fact]
    public async Task Signal_WhileTheGuestWaitsForInput_StopsIt()
    {
        using var folder = new TemporaryFolder();
        string cat = folder.Write("cat", ObjectOS.Tests.TinyPrograms.Cat());
        var process = Tool.Start("run", cat);
        await process.StandardInput.WriteAsync("there\n");
        await process.StandardInput.FlushAsync();
        var buffer = new byte[6];
        await process.StandardOutput.BaseStream.ReadExactlyAsync(buffer);
        await Tool.SignalAsync(process, "INT");
        (await Tool.EndAsync(process)).ExitCode.Should().Be(130);
    }

    [Fact]
    public async Task Input_ThatDoesNotCome_IsReportedOnce()
    {
        using var folder = new TemporaryFolder();
        string cat = folder.Write("cat", ObjectOS.Tests.TinyPrograms.Cat());
        var run = await Tool.EndAsync(Tool.StartShell($"sleep {5 + (2 * ObjectOS.Tests.TestTime.Scale)} | $TOOL run {cat}; echo code $? >&2"));
        run.Error.Should().Be($"objectos: all programs have waited 5 s for the input of {cat}: with deterministic inputs none runs until it comes (--inputs live)\ncode 0\n");
    }

    [Fact]
    public async Task Output_ThatNobodyReads_Is141()
    {
        var run = await Tool.EndAsync(Tool.StartShell("{ $TOOL run $MISBEHAVE flood; echo code $? >&2; } | head -c 10 | wc -c"));
        run.Text.Trim().Should().Be("10");
        run.Error.Should().EndWith("code 141\n").And.NotContain("   at ");
    }

    [Theory]
    [InlineData("boot", 124)]
    [InlineData("run", 0)]
    public async Task Input_Closed_IsAtItsEnd(string command, int code)
    {
        using var folder = new TemporaryFolder();
        string guest = command == "run" ? folder.Write("cat", ObjectOS.Tests.TinyPrograms.Cat()) : folder.Write("tiny.elf", await File.ReadAllBytesAsync(ObjectOS.Tests.Repository.PathOf("images", "tiny", "tiny.elf")));
        var run = await Tool.EndAsync(Tool.StartShell($"$TOOL {command} --timeout 15 {guest} <&-; echo code $? >&2"));
        run.Error.Should().EndWith($"code {code}\n").And.NotContain("time-out");
    }

    [Fact]
    public async Task Output_Closed_IsNotAPipeOfTheRuntime()
    {
        // With both closed, the two ends of the runtime's pipe for signals take their places: written to, it ends the tool by a signal of anybody's choice.
        var run = await Tool.EndAsync(Tool.StartShell("$TOOL boot --timeout 15 --append selftest <&- >&-; echo code $? >&2"));
        run.Error.Should().Contain("nobody takes its output any more").And.EndWith("code 141\n");
    }

    [Fact]
    public async Task Output_LostAfterTheProgramsEnd_IsTold()
    {
        using var folder = new TemporaryFolder();
        string cat = folder.Write("cat", ObjectOS.Tests.TinyPrograms.Cat());
        var run = await Tool.EndAsync(Tool.StartShell($"echo short | $TOOL run {cat} >/dev/full"));
        run.Error.Should().StartWith("objectos: standard output: No space left on device").And.EndWith("may be lost\n");
    }

    [Theory]
    [InlineData("flood >&-", 141)]
    [InlineData("flood >/dev/full", 1)]
    [InlineData("exit-42 >&-", 42)]
    [InlineData("exit-42 >&- 2>&-", 42)]
    public async Task Output_ThatCannotBeWritten_IsTheGuestsToHandle(string how, int code)
    {
        var run = await Tool.EndAsync(Tool.StartShell($"( $TOOL run $MISBEHAVE {how} ); echo code $? >&2"));
        run.Error.Should().EndWith($"code {code}\n").And.NotContain("   at ");
    }

    [Fact]
    public async Task Streams_OfTheProcess_GoThrough()
    {
        using var folder = new TemporaryFolder();
        var process = Tool.Start("run", folder.Write("cat", ObjectOS.Tests.TinyPrograms.Cat()));
        await process.StandardInput.WriteAsync("to and fro\n");
        process.StandardInput.Close();
        var run = await Tool.EndAsync(process);
        (run.ExitCode, run.Text, run.Error).Should().Be((0, "to and fro\n", ""));
    }

    [Fact]
    public async Task Tour_OnAPipe_IsPlainTextOf80Columns()
    {
        var run = await Tool.EndAsync(Tool.Start("tour"));
        run.ExitCode.Should().Be(0);
        run.Error.Should().BeEmpty();
        run.Text.Should().Contain("9592 primes below 100000, their sum is 454396537").And.NotContain("\u001b").And.NotContain("failed");
        string[] recipes = ["  objectos ", "  var ", "      new ", "  await ", "  foreach "];
        run.Text.Split('\n').Where(l => !Array.Exists(recipes, r => l.StartsWith(r, StringComparison.Ordinal))).Should().OnlyContain(l => l.Length <= 80);
    }

    [Fact]
    public async Task Tour_AsJson_IsOneObject()
    {
        var run = await Tool.RunAsync("tour", "--json");
        (run.ExitCode, run.Error).Should().Be((0, ""));
        using var json = JsonDocument.Parse(run.Text);
        var root = json.RootElement;
        (root.GetProperty("schema").GetInt32(), root.GetProperty("command").GetString()).Should().Be((1, "tour"));
        root.GetProperty("steps").EnumerateArray().Should().HaveCountGreaterThan(4).And.OnlyContain(s => s.GetProperty("ok").GetBoolean());
        root.GetProperty("steps")[1].GetProperty("runs")[0].GetProperty("end").GetString().Should().Be("exited");
        root.GetProperty("tree").GetProperty("cells").GetArrayLength().Should().BeGreaterThan(5);
    }
}
