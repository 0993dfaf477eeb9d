using System.Text;
using ObjectOS;
using ObjectOS.Testing;
using ObjectOS.Testing.Comparing;
using ObjectOS.Testing.Xunit;
using ObjectOS.Versions;
using Xunit;
using Xunit.Abstractions;

namespace VersionTests;

/// <summary>Tests of a program, a Lisp, under several versions of the OS. Add <c>kernel:PATH</c> or <c>services:PATH</c> to try a build.</summary>
public sealed class LispTests(ITestOutputHelper output)
{
    private static readonly string Lisp = Path.Combine(AppContext.BaseDirectory, "lisp.elf");

    /// <summary>Runs the program on each version. If the test fails, its output names the recording and the command that replays it.</summary>
    [Theory]
    [Versions("current", "current+seed:7")]
    public Task Sum_OnEachVersion_IsPrinted(OsVersion version) => output.RunRecordedAsync(
        async os =>
        {
            var result = await os.RunAsync(new ProgramSpec { Path = Lisp, StandardInput = new MemoryStream(Encoding.UTF8.GetBytes("(display (+ 40 2))")) });
            result.ShouldHaveExited(0);
            Assert.Contains(Wanted, result.Output);
        },
        version);

    /// <summary>Puts this build and another version through the same session; a difference is shown with the events that led to it.</summary>
    [Theory]
    [Versions("current")]
    public async Task Session_OnEachVersion_IsThatOfThisBuild(OsVersion version)
    {
        var scenario = ScenarioText.Read(Path.Combine(AppContext.BaseDirectory, "session.scenario"));
        var report = await Comparison.RunAsync(new LocalVersion("this build"), version.AsCompared(), [scenario]);
        Assert.True(report.ExitCode == 0, TextReport.Write(report));
    }

    /// <summary>Set VERSIONTESTS_WANTED to see what a failing test leaves behind.</summary>
    private static string Wanted => Environment.GetEnvironmentVariable("VERSIONTESTS_WANTED") ?? "42";
}
