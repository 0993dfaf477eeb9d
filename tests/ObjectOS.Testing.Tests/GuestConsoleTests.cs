using System.Text.RegularExpressions;
using ObjectOS.Testing;
using ObjectOS.Testing.Xunit;
using Xunit.Abstractions;

namespace ObjectOS.Tests;

/// <summary>A console as tests use it, with programs and machines at its other end.</summary>
public sealed class GuestConsoleTests
{
    private static readonly TimeSpan Soon = TestTime.Seconds(60);
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(100);

    private static ProgramSpec Cat => new() { Image = ProgramImage.FromBytes("cat", TinyPrograms.Cat()) };

    [Fact]
    public async Task Lines_SentToAProgram_AreAnswered()
    {
        await using var os = ObjectOs.Boot();
        await using var console = await GuestConsole.StartAsync(os, Cat);
        await console.SendLineAsync("first");
        await console.SendLineAsync("then second ü");
        (await console.WaitForAsync("second", Soon)).Should().Be("first\nthen ", "what came before is returned");
        (await console.WaitForAsync(new Regex("ü\n"), Soon)).Value.Should().Be("ü\n");
        console.EndInput();
        (await console.WaitForEndAsync(Soon)).ExitCode.Should().Be(0);
        console.Transcript.Should().Be("first\nthen second ü\n");
    }

    [Fact]
    public async Task Wait_ThatTimesOut_ShowsTheTranscript()
    {
        await using var os = ObjectOs.Boot();
        await using var console = await GuestConsole.StartAsync(os, Cat);
        await console.SendLineAsync("something else");
        await console.WaitForAsync("else\n", Soon);
        var failure = (await console.Awaiting(c => c.WaitForAsync("login: ", Short)).Should().ThrowAsync<ConsoleException>()).Which;
        failure.Message.Should().Contain("cat has not written \"login: \" within 0.1 s").And.Contain("something else");
        (await console.Awaiting(c => c.WaitForEndAsync(Short)).Should().ThrowAsync<ConsoleException>()).WithMessage("*cat has not ended*something else*");
    }

    [Fact]
    public async Task Wait_ForAProgramThatEnds_SaysHowItEnded()
    {
        await using var os = ObjectOs.Boot();
        await using var console = await GuestConsole.StartAsync(os, new ProgramSpec { Path = Repository.PathOf("images", "misbehave", "misbehave.elf"), Arguments = ["null-write"] });
        var failure = (await console.Awaiting(c => c.WaitForAsync("never", Soon)).Should().ThrowAsync<ConsoleException>()).Which;
        failure.Message.Should().Contain("ended without writing \"never\"").And.Contain("store page fault").And.Contain("misbehave: stores to address 0");
        await console.Awaiting(c => c.SendLineAsync("x")).Should().ThrowAsync<ConsoleException>();
    }

    [Fact]
    public async Task Wait_ThatIsCancelled_Throws()
    {
        await using var os = ObjectOs.Boot();
        await using var console = await GuestConsole.StartAsync(os, Cat);
        using var cancel = new CancellationTokenSource(Short);
        await console.Awaiting(c => c.WaitForAsync("x", Soon, cancel.Token)).Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task Machine_AtItsPrompt_TakesLines()
    {
        var output = new KeptOutput();
        await using var os = ObjectOs.Boot();
        await using var console = (await GuestConsole.BootAsync(os, new MachineSpec { Image = Repository.PathOf("images", "tiny", "tiny.elf"), Memory = 16.MiB() })).ShowIn(output);
        await console.WaitForAsync("> ", Soon);
        await console.SendLineAsync("help");
        await console.WaitForAsync("> ", Soon);
        await console.SendLineAsync("poweroff");
        (await console.WaitForEndAsync(Soon)).End.Should().Be(RunEnd.PoweredOff);
        output.Lines.Should().NotBeEmpty();
        string.Join('\n', output.Lines).Should().Contain("help");
    }

    private sealed class KeptOutput : ITestOutputHelper
    {
        public List<string> Lines { get; } = [];

        public void WriteLine(string message) => Lines.Add(message);

        public void WriteLine(string format, params object[] args) => Lines.Add(string.Format(System.Globalization.CultureInfo.InvariantCulture, format, args));
    }
}
