using ObjectOS.Recording;
using ObjectOS.Testing;
using ObjectOS.Testing.Xunit;
using Xunit.Abstractions;

namespace ObjectOS.Tests.Testing;

/// <summary>What a failing test leaves behind, and that a passing one leaves nothing.</summary>
public sealed class RecordedTestTests
{
    private static readonly string Misbehave = Repository.PathOf("images", "misbehave", "misbehave.elf");

    [Fact]
    public async Task FailingTest_LeavesConsoleTraceAndRecording_AndSaysTheCommandThatReplays()
    {
        string name = $"failing-{Guid.NewGuid():N}";
        var output = new Lines();
        var failure = await FluentActions.Awaiting(() => output.RunRecordedAsync(async os => (await os.RunAsync(Misbehave, ["exit-42"])).ShouldHaveExited(0), name: name)).Should().ThrowAsync<ResultException>();
        string folder = Path.Combine(AppContext.BaseDirectory, "TestResults", name);
        try
        {
            output.Text.Should().Be($"console, trace and recording: {folder}\nreplay: objectos replay {folder}/run.rec\n");
            failure.Which.Data[nameof(RecordedTest)].Should().Be(output.Text.TrimEnd('\n'));
            (await File.ReadAllTextAsync(Path.Combine(folder, RecordedTest.ConsoleFile))).Should().Contain("misbehave: exit 42");
            (await File.ReadAllLinesAsync(Path.Combine(folder, RecordedTest.TraceFile))).Should().Contain(line => line.Contains("\"name\":\"write\"", StringComparison.Ordinal));
            using var replay = Replay.Open(Path.Combine(folder, RecordedTest.RecordingFile), new ReplayOptions { Error = new MemoryStream() });
            (await replay.RunAsync()).Should().BeTrue();
            replay.IsComplete.Should().BeTrue();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task PassingTest_LeavesNothing()
    {
        string name = $"passing-{Guid.NewGuid():N}";
        var output = new Lines();
        await output.RunRecordedAsync(async os => (await os.RunAsync(Misbehave, ["exit-42"])).ShouldHaveExited(42), name: name);
        output.Text.Should().BeEmpty();
        Directory.Exists(Path.Combine(AppContext.BaseDirectory, "TestResults", name)).Should().BeFalse();
    }

    [Fact]
    public async Task TestsOfOneName_AtOnce_HaveAFolderEach()
    {
        string name = $"twin/{Guid.NewGuid():N} a";
        var said = new List<string>();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => RecordedTest.RunAsync(name, _ => throw new NotImplementedException(), say: text =>
        {
            lock (said)
            {
                said.Add(text);
            }
        }).ContinueWith(failed => failed.Exception!.InnerException.Should().BeOfType<NotImplementedException>(), TaskScheduler.Default)));
        string[] folders = [.. said.Select(text => text.Split('\n')[0]["console, trace and recording: ".Length..])];
        folders.Should().OnlyHaveUniqueItems().And.HaveCount(4).And.OnlyContain(folder => Directory.Exists(folder));
        Array.ForEach(folders, folder => Directory.Delete(folder, recursive: true));
    }

    private sealed class Lines : ITestOutputHelper
    {
        public string Text { get; private set; } = "";

        public void WriteLine(string message) => Text += message + "\n";

        public void WriteLine(string format, params object[] args) => throw new NotSupportedException();
    }
}
