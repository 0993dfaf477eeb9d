using System.Text.RegularExpressions;
using SamplesOfAUser;

namespace ObjectOS.Tests;

/// <summary>The README's samples are what <see cref="ReadmeSamples"/> holds, and they run.</summary>
public sealed partial class ReadmeSamplesTests
{
    [Fact]
    public void Readme_Samples_AreCompiledOnes()
    {
        string readme = File.ReadAllText(Repository.PathOf("README.md"));
        string source = Squeeze(File.ReadAllText(Repository.PathOf("tests", "ObjectOS.Tests", "ReadmeSamples.cs")));
        var samples = Fence().Matches(readme).Select(m => m.Groups[1].Value).ToList();
        samples.Should().NotBeEmpty();
        foreach (string sample in samples)
        {
            source.Should().Contain(Squeeze(sample));
        }
    }

    [Fact]
    public async Task Samples_Run_SayWhatTheReadmeSays()
    {
        // Both are the process's own; no other test of this project uses them.
        string folder = Environment.CurrentDirectory;
        var console = Console.Out;
        using var said = new StringWriter();
        try
        {
            Environment.CurrentDirectory = Repository.Root;
            Console.SetOut(said);
            await ReadmeSamples.BootAndRunAsync();
            await using (var os = await ObjectOs.BootAsync())
            {
                await ReadmeSamples.LimitsAndDirectoryAsync(os);
                await ReadmeSamples.RootAsync(os);
            }

            await using (var os = await ObjectOs.BootAsync())
            {
                await ReadmeSamples.FaultIsAResultAsync(os);
                await ReadmeSamples.ChildAsync(os);
                await ReadmeSamples.MachineAsync(os);
            }

            await using (var os = await ObjectOs.BootAsync())
            {
                await ReadmeSamples.LinesAsync(os);
                await ReadmeSamples.ConsoleAsync(os);
            }

            await ReadmeSamples.DeterministicAsync();
            await ReadmeSamples.RecordAsync();
            await ReadmeSamples.CompareAsync();
            File.Delete("run.rec");
            await ReadmeSamples.OwnHardwareAsync();
            await ReadmeSamples.HostedAsync();
        }
        finally
        {
            Console.SetOut(console);
            Environment.CurrentDirectory = folder;
        }

        string text = said.ToString();
        text.Should().StartWith("42\n").And.Contain("fib(1000) = 4346655").And.Contain("\n0.1: 42\n").And.Contain("PoweredOff: TINY-SELFTEST-OK\n").And.Contain("\n1\n").And.Contain("\n2\n").And.Contain("MATRIX-OK\n").And.Contain("tiny> uptime").And.MatchRegex(
            @"cell 6 \(misbehave\.elf\) at depth 0: store page fault, pc 0x[0-9a-f]+, address 0x0, sd zero,0\(a5\)");
    }

    /// <summary>A text without the white space at its lines' ends, which is all that indentation changes.</summary>
    private static string Squeeze(string text) => string.Join('\n', text.Split('\n').Select(l => l.Trim())).Trim();

    [GeneratedRegex(@"^```csharp\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();
}
