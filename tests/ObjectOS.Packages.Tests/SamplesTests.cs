using System.Text.RegularExpressions;
using ObjectOS.Recording;

namespace ObjectOS.Tests.Packages;

/// <summary>The samples, built from the packages as a user builds them.</summary>
[Collection(PackagesCollection.Name)]
public sealed class SamplesTests(PackagesFixture packages)
{
    [Fact]
    public async Task VersionTests_Pass_AndAFailingTestLeavesARecordingThatReplays()
    {
        string[] images = [Path.Combine("lisp", "lisp.elf")];
        var (code, text) = await packages.TestSampleAsync("VersionTests", images);
        code.Should().Be(0, text);
        text.Should().MatchRegex("Passed: +3");

        string results = Directory.CreateTempSubdirectory("objectos-results-").FullName;
        try
        {
            (code, text) = await packages.TestSampleAsync("VersionTests", images, ("VERSIONTESTS_WANTED", "43"), ("OBJECTOS_TEST_RESULTS", results));
            code.Should().Be(1, text);
            text.Should().MatchRegex("Failed: +2");
            string[] recordings = [.. Regex.Matches(text, "replay: objectos replay (\\S+)").Select(match => match.Groups[1].Value).Distinct()];
            recordings.Should().HaveCount(2).And.OnlyContain(file => file.StartsWith(results, StringComparison.Ordinal));
            foreach (string file in recordings)
            {
                (await File.ReadAllTextAsync(Path.Combine(Path.GetDirectoryName(file)!, "console.txt"))).Should().Contain("42");
                using var replay = Replay.Open(file);
                (await replay.RunAsync()).Should().BeTrue();
                replay.IsComplete.Should().BeTrue();
            }
        }
        finally
        {
            Directory.Delete(results, recursive: true);
        }
    }
}
