using System.Runtime.CompilerServices;
using System.Text;

namespace ObjectOS.Tests;

/// <summary>Results say what happened: streams that fail, output that is cut, cancellation, calls in the wrong place.</summary>
public sealed class ResultTests
{
    private static readonly TimeSpan Soon = TestTime.Seconds(60);

    public static TheoryData<string> BadStreams => ["throws", "disposed", "read-only"];

    [Theory]
    [MemberData(nameof(BadStreams))]
    public async Task Output_ThatFails_IsInTheResult(string kind)
    {
        await using var os = ObjectOs.Boot();
        var disposed = new MemoryStream();
        await disposed.DisposeAsync();
        Stream stream = kind switch { "throws" => new ThrowingStream(), "disposed" => disposed, _ => new MemoryStream(new byte[100], writable: false) };
        var result = await os.RunAsync(Programs.Tiny(TinyPrograms.WriteX(1)) with { StandardOutput = stream }).WaitAsync(Soon);
        result.StreamFailure.Should().BeOfType<StreamFailureException>().Which.Message.Should().StartWith("standard output of tiny failed: ");
        result.StreamFailure!.InnerException.Should().NotBeNull();
        result.Invoking(r => r.EnsureSuccess()).Should().Throw<StreamFailureException>();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Input_ThatFails_IsInTheResult(bool throws)
    {
        await using var os = ObjectOs.Boot();
        using var file = new FileStream(Path.GetTempFileName(), FileMode.Open, FileAccess.Write, FileShare.None, 4096, FileOptions.DeleteOnClose);
        var result = await os.RunAsync(Programs.Tiny(TinyPrograms.Cat()) with { StandardInput = throws ? new ThrowingStream() : file }).WaitAsync(Soon);
        result.StreamFailure!.Message.Should().StartWith("standard input of tiny failed: ");
        result.Invoking(r => r.EnsureSuccess()).Should().Throw<StreamFailureException>();
    }

    [Fact]
    public async Task Stop_OfAProgramWhoseStreamsAreFine_ReportsNoFailure()
    {
        await using var os = ObjectOs.Boot();
        var cell = await os.StartAsync(Programs.Tiny(TinyPrograms.Cat()) with { StandardInput = new NeverStream() });
        (await cell.StopAsync().WaitAsync(Soon)).StreamFailure.Should().BeNull();
    }

    [Fact]
    public async Task Output_BeyondItsLimit_SaysSo()
    {
        await using var os = ObjectOs.Boot();
        var flood = Programs.Misbehave("flood");
        var cut = await os.RunAsync(flood with { Limits = flood.Limits with { CapturedOutput = 1000 } }).WaitAsync(Soon);
        (cut.OutputTruncated, cut.OutputBytes.Length).Should().Be((true, 1000));
        var whole = await os.RunAsync(flood).WaitAsync(Soon);
        (whole.OutputTruncated, whole.OutputBytes.Length).Should().Be((false, 10_000_000));
    }

    [Fact]
    public async Task Cancellation_AtAnyMoment_HasOneOutcome()
    {
        await using var os = ObjectOs.Boot();
        var random = new Random(1);
        for (int i = 0; i < 100; i++)
        {
            using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(random.NextDouble() * 10));
            var thrown = await FluentActions.Awaiting(() => os.RunAsync(Programs.Endless, cancel.Token).WaitAsync(Soon)).Should().ThrowAsync<OperationCanceledException>();
            thrown.Which.Should().BeOfType<ProgramCanceledException>();
            (thrown.Which as ProgramCanceledException)!.Result?.End.Should().Be(RunEnd.Stopped);
        }
    }

    [Fact]
    public async Task Wait_AfterACancelledOne_ReturnsTheResult()
    {
        await using var os = ObjectOs.Boot();
        var cell = await os.StartAsync(Programs.Endless);
        using var cancel = new CancellationTokenSource(20);
        var partial = (await FluentActions.Awaiting(() => cell.WaitAsync(cancel.Token).WaitAsync(Soon)).Should().ThrowAsync<ProgramCanceledException>()).Which.Result;
        (await cell.WaitAsync().WaitAsync(Soon)).Should().BeSameAs(partial);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WhilePaused_WaitsStopsAndTimeoutsWork(bool isChild)
    {
        await using var root = ObjectOs.Boot();
        var os = isChild ? await root.CreateChildAsync() : root;
        var timed = await os.StartAsync(Programs.Endless with { Limits = new ProgramLimits { Timeout = TimeSpan.FromMilliseconds(300) } });
        var cancelled = await os.StartAsync(Programs.Endless);
        var stopped = await os.StartAsync(Programs.Endless);
        await Eventually.BecomesAsync(async () => (await os.GetStatisticsAsync()).Instructions > 1000);
        os.Pause();
        await os.GetStatisticsAsync();
        using var cancel = new CancellationTokenSource(20);
        await FluentActions.Awaiting(() => cancelled.WaitAsync(cancel.Token).WaitAsync(Soon)).Should().ThrowAsync<ProgramCanceledException>();
        (await stopped.StopAsync().WaitAsync(Soon)).End.Should().Be(RunEnd.Stopped);
        var result = await timed.WaitAsync().WaitAsync(Soon);
        (result.End, result.ExitCode).Should().Be((RunEnd.TimedOut, 124));
        os.Resume();
        (await os.RunAsync(Programs.Misbehave("exit-42")).WaitAsync(Soon)).ExitCode.Should().Be(42);
        await Eventually.BecomesAsync(async () => (await os.GetStatisticsAsync()).Cells.Count == 2);
    }

    [Fact]
    public async Task Call_FromInsideInvokeAsync_IsRefused()
    {
        await using var os = ObjectOs.Boot();
        var child = await os.CreateChildAsync();
        Func<Task>[] calls =
        [
            () => os.GetStatisticsAsync(), () => child.GetStatisticsAsync(), () => os.SettleAsync(), () => os.RunAsync(Programs.Endless), () => os.DisposeAsync().AsTask(),
            () => Task.Run(() => os.GetCellsAsync()),
        ];
        foreach (var call in calls)
        {
            await FluentActions.Awaiting(() => os.InvokeAsync(_ => Wait(call)).WaitAsync(Soon)).Should().ThrowAsync<InvalidOperationException>().WithMessage("*inside InvokeAsync*");
        }

        (await os.RunAsync(Programs.Misbehave("exit-42")).WaitAsync(Soon)).ExitCode.Should().Be(42);

#pragma warning disable xUnit1031 // The mistake that the test is about.
        static bool Wait(Func<Task> call)
        {
            call().GetAwaiter().GetResult();
            return true;
        }
#pragma warning restore xUnit1031
    }

    [Fact]
    public async Task Object_WithoutGuests_IsCollected()
    {
        var weak = await MakeAndForgetAsync();
        await Eventually.BecomesAsync(async () =>
        {
            await Task.Delay(20);
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return weak.TrueForAll(os => !os.TryGetTarget(out _));
        });
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<List<WeakReference<ObjectOs>>> MakeAndForgetAsync()
    {
        var all = new List<WeakReference<ObjectOs>>();
        for (int i = 0; i < 5; i++)
        {
            var os = ObjectOs.Boot(new ObjectOsOptions { StallTime = TimeSpan.FromSeconds(1) });
            await os.RunAsync(Programs.Misbehave("exit-42"));
            all.Add(new WeakReference<ObjectOs>(os));
        }

        return all;
    }

    [Fact]
    public async Task Results_OfEqualRuns_AreEqual()
    {
        var results = new List<RunResult>();
        for (int i = 0; i < 2; i++)
        {
            await using var os = ObjectOs.Boot(new ObjectOsOptions { Inputs = Inputs.Deterministic });
            results.Add(await os.RunAsync(Programs.Misbehave("null-write")).WaitAsync(Soon));
        }

        results[0].Should().Be(results[1]);
        results[0].GetHashCode().Should().Be(results[1].GetHashCode());
        (results[0] with { ErrorBytes = Encoding.ASCII.GetBytes("another") }).Should().NotBe(results[1]);
        results[0].ToString().Should().Contain("store page fault").And.NotContain("\n");
        results[0].CpuTime.Ticks.Should().Be((long)results[0].Charged / 100);
        results[0].Duration.Should().BePositive();
    }

    [Fact]
    public async Task Failure_ShowsTheProgramAndTheEndOfItsErrors()
    {
        await using var os = ObjectOs.Boot();
        var result = await os.RunAsync(Programs.Misbehave("exit-42")).WaitAsync(Soon);
        var failure = result.Invoking(r => r.EnsureSuccess()).Should().Throw<ProgramFailedException>().Which;
        failure.Message.Should().Contain("misbehave.elf").And.Contain("42");
        failure.Result.Should().BeSameAs(result);
    }
}
