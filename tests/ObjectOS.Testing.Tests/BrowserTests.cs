using System.Diagnostics;
using ObjectOS.Testing.Comparing;

namespace ObjectOS.Tests.Testing;

/// <summary>The report as a browser shows it.</summary>
public sealed class BrowserTests
{
    private const string Browser = "chromium";

    [NeedsFact(Browser)]
    public async Task HtmlReport_InABrowser_ShowsVerdictDifferenceTimelineAndPlots()
    {
        var scenario = ScenarioText.Read(Repository.PathOf("samples", "fib.scenario"));
        var right = new LocalVersion("<right>") { Faults = [InjectedFault.FailCall(5, 13)] };
        var report = await Comparison.RunAsync(new LocalVersion("left"), right, [scenario]);
        string folder = Directory.CreateTempSubdirectory("objectos-browser-").FullName;
        try
        {
            string page = Path.Combine(folder, "report.html");

            // The browser runs the last line only if it has taken the whole page; what it dumps is its own tree, not our text.
            const string Probe = "<script>document.title = document.querySelectorAll('svg').length + ' drawings, ' + document.querySelectorAll('h2').length + ' scenarios'</script></body>";
            await File.WriteAllTextAsync(page, HtmlReport.Write(report).Replace("</body>", Probe, StringComparison.Ordinal));
            string dom = await DumpAsync(page, Path.Combine(folder, "profile"));
            dom.Should().Contain("<title>3 drawings, 1 scenarios</title>");
            dom.Should().Contain("different: 1 scenario, 1 different").And.Contain("= EACCES").And.Contain("&lt;right&gt;").And.EndWith("</html>\n");
            dom.Should().NotContain("<right>");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<string> DumpAsync(string page, string profile)
    {
        using var process = Process.Start(new ProcessStartInfo(
            Browser, ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", $"--user-data-dir={profile}", "--dump-dom", new Uri(page).AbsoluteUri])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        var texts = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var limit = new CancellationTokenSource(TestTime.Seconds(120));
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        string[] said = await texts;
        process.ExitCode.Should().Be(0, said[1]);
        return said[0];
    }
}
