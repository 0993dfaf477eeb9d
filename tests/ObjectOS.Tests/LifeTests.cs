using ObjectOS.Cpu;

namespace ObjectOS.Tests;

/// <summary>Starting, stopping, pausing, disposing, and limits.</summary>
public sealed class LifeTests
{
    private static readonly TimeSpan Soon = TestTime.Seconds(20);

    [Fact]
    public async Task Token_Cancelled_StopsTheProgram()
    {
        await using var os = await ObjectOs.BootAsync();
        using var cancel = new CancellationTokenSource();
        var run = os.RunAsync(Programs.Endless, cancel.Token);
        await Eventually.BecomesAsync(async () => (await os.GetStatisticsAsync()).Instructions > 1000);
        await cancel.CancelAsync();
        var result = (await FluentActions.Awaiting(() => run.WaitAsync(Soon)).Should().ThrowAsync<ProgramCanceledException>()).Which.Result!;
        (result.End, result.ExitCode).Should().Be((RunEnd.Stopped, 143));
        result.Instructions.Should().BePositive();
        (await os.RunAsync(Programs.Misbehave("exit-42"))).ExitCode.Should().Be(42);
    }

    [Fact]
    public async Task Token_CancelledBefore_StartsNothing()
    {
        await using var os = await ObjectOs.BootAsync();
        await FluentActions.Awaiting(() => os.RunAsync(Programs.Endless, new CancellationToken(true))).Should().ThrowAsync<ProgramCanceledException>();
        await FluentActions.Awaiting(() => ObjectOs.BootAsync(cancellationToken: new CancellationToken(true)).AsTask()).Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task Stop_OfOne_LeavesTheOther()
    {
        await using var os = await ObjectOs.BootAsync();
        var endless = await os.StartAsync(Programs.Endless);
        var other = await os.StartAsync(Programs.Lisp("fib.scm"));
        (await endless.StopAsync().WaitAsync(Soon)).End.Should().Be(RunEnd.Stopped);
        (await other.WaitAsync()).IsSuccess.Should().BeTrue();
        (await endless.StopAsync().WaitAsync(Soon)).End.Should().Be(RunEnd.Stopped, "a second stop does nothing");
        (await other.StopAsync()).End.Should().Be(RunEnd.Exited, "what has ended stays as it is");
    }

    [Fact]
    public async Task Pause_HoldsEverything_UntilResume()
    {
        await using var os = await ObjectOs.BootAsync();
        var cell = await os.StartAsync(Programs.Endless);
        await Eventually.BecomesAsync(async () => (await os.GetStatisticsAsync()).Instructions > 1000);
        os.Pause();
        ulong first = (await os.GetStatisticsAsync()).Instructions;
        await Task.Delay(50);
        (await os.GetStatisticsAsync()).Instructions.Should().Be(first);
        os.Resume();
        await Eventually.BecomesAsync(async () => (await os.GetStatisticsAsync()).Instructions > first);
        await cell.StopAsync().WaitAsync(Soon);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Dispose_WhileProgramsRun_EndsThemAndGivesAllBack(bool paused)
    {
        var os = await ObjectOs.BootAsync();
        var cells = new[]
        {
            await os.StartAsync(Programs.Endless),
            await os.StartAsync(Programs.Tiny(TinyPrograms.Cat()) with { StandardInput = new NeverStream() }),
            await os.StartAsync(Programs.Misbehave("flood") with { StandardOutput = new NeverStream() }),
        };
        if (paused)
        {
            os.Pause();
        }

        await os.DisposeAsync().AsTask().WaitAsync(Soon);
        foreach (var cell in cells)
        {
            (await cell.Completion.WaitAsync(Soon)).End.Should().Be(RunEnd.Stopped);
            (await cell.StopAsync().WaitAsync(Soon)).End.Should().Be(RunEnd.Stopped);
        }

        os.LiveFrames.Should().Be(0);
        await os.DisposeAsync();
        await FluentActions.Awaiting(() => os.StartAsync(Programs.Endless).AsTask()).Should().ThrowAsync<ObjectDisposedException>();
        await FluentActions.Awaiting(() => os.GetStatisticsAsync()).Should().ThrowAsync<ObjectDisposedException>();
    }

    [Fact]
    public async Task TwoObjects_SideBySide_KnowNothingOfEachOther()
    {
        await using var a = await ObjectOs.BootAsync();
        var b = await ObjectOs.BootAsync();
        var endless = await a.StartAsync(Programs.Endless);
        var one = await b.RunAsync(Programs.Lisp("fib.scm"));
        await b.DisposeAsync();
        endless.Completion.IsCompleted.Should().BeFalse();
        var two = await a.RunAsync(Programs.Lisp("fib.scm"));
        (two.Instructions, two.Output).Should().Be((one.Instructions, one.Output));
    }

    [Fact]
    public async Task Timeout_Passed_EndsTheProgram()
    {
        await using var os = await ObjectOs.BootAsync();
        var result = await os.RunAsync(Programs.Endless with { Limits = new ProgramLimits { Timeout = TimeSpan.FromMilliseconds(50) } }).WaitAsync(Soon);
        (result.End, result.ExitCode).Should().Be((RunEnd.TimedOut, 124));
        result.Message.Should().Contain("time-out of 0.05 s");
    }

    [Fact]
    public async Task Budget_Exhausted_IsTheSameEveryTime()
    {
        var charged = new HashSet<(ulong, ulong)>();
        for (int i = 0; i < 3; i++)
        {
            await using var os = await ObjectOs.BootAsync(o => o.Inputs = Inputs.Deterministic);
            var result = await os.RunAsync(Programs.Misbehave("endless-loop"));
            result.End.Should().Be(RunEnd.BudgetExhausted);
            charged.Add((result.Instructions, result.Charged));
        }

        charged.Should().ContainSingle();
        charged.Single().Item1.Should().BeInRange(19_900_000, 20_000_000);
    }

    [Fact]
    public async Task Memory_Limit_IsKept()
    {
        await using var os = await ObjectOs.BootAsync();
        var result = await os.RunAsync(Programs.Misbehave("memory-hog"));
        result.PeakMemory.Should().BeInRange(8.MiB() - 64.KiB(), 8.MiB());
    }

    [Fact]
    public async Task Spec_OutOfRange_IsRefusedWithASentence()
    {
        await using var os = await ObjectOs.BootAsync();
        ProgramSpec[] wrong =
        [
            Programs.Endless with { Limits = new ProgramLimits { Memory = 1 } },
            Programs.Endless with { Limits = new ProgramLimits { Instructions = 0 } },
            Programs.Endless with { Limits = new ProgramLimits { Objects = 1 } },
            Programs.Endless with { Limits = new ProgramLimits { Timeout = TimeSpan.FromDays(100) } },
            Programs.Endless with { WorkingDirectory = "here" },
            Programs.Endless with { Arguments = ["a\0b"] },
            Programs.Endless with { Environment = new Dictionary<string, string> { ["a\0b"] = "" } },
            Programs.Endless with { Environment = new Dictionary<string, string> { ["a=b"] = "" } },
            Programs.Endless with { Environment = new Dictionary<string, string> { [""] = "" } },
        ];
        foreach (var spec in wrong)
        {
            (await FluentActions.Awaiting(() => os.StartAsync(spec).AsTask()).Should().ThrowAsync<ArgumentException>()).Which.Message.Should().Contain(spec.Problem());
        }

        await FluentActions.Awaiting(() => os.RunAsync((string)null!)).Should().ThrowAsync<ArgumentNullException>();
        await FluentActions.Awaiting(() => os.StartAsync(Programs.Endless with { Path = "/not/there" }).AsTask()).Should().ThrowAsync<IOException>();
        await FluentActions.Awaiting(() => os.StartAsync(Programs.Endless with { Directories = [new("/", "/a"), new("/not/there", "/d")] }).AsTask())
            .Should().ThrowAsync<IOException>();
        (await os.CountTargetsAsync()).Should().Be(0);
    }

    [Fact]
    public async Task File_ThatIsNoProgram_IsAResult()
    {
        await using var os = await ObjectOs.BootAsync();
        foreach (byte[] file in (byte[][])[[], [1], "\u007fELF"u8.ToArray(), new byte[(256 << 20) + 1]])
        {
            var result = await os.RunAsync(Programs.Tiny(file));
            (result.End, result.ExitCode).Should().Be((RunEnd.NotRunnable, 126));
            result.Message.Should().StartWith("tiny: ");
        }

        (await os.RunAsync("/dev/zero")).End.Should().Be(RunEnd.NotRunnable);
    }

    [Fact]
    public async Task EnsureSuccess_OfAFailure_ThrowsItsMessage()
    {
        await using var os = await ObjectOs.BootAsync();
        var fault = await os.RunAsync(Programs.Misbehave("null-write"));
        fault.Invoking(r => r.EnsureSuccess()).Should().Throw<ProgramFailedException>().WithMessage(fault.Message + "\nThe end of its standard error:\nmisbehave: stores to address 0: SIGSEGV").Which.Result.Should().Be(fault);
        var exit = await os.RunAsync(Programs.Misbehave("exit-42"));
        exit.Invoking(r => r.EnsureSuccess()).Should().Throw<ProgramFailedException>().WithMessage("*42*");
        (await os.RunAsync(Programs.Misbehave("flood") with { StandardOutput = Stream.Null })).EnsureSuccess().ExitCode.Should().Be(0);
    }

    [Fact]
    public async Task Cells_WhileAProgramRuns_ShowIt()
    {
        await using var os = await ObjectOs.BootAsync();
        var cell = await os.StartAsync(Programs.Endless with { Name = "spin" });
        await Eventually.BecomesAsync(async () => (await os.GetCellsAsync()).Any(c => c.Program == cell.Spec && c.Figures.Instructions > 0));
        var cells = await os.GetCellsAsync();
        cells[0].Name.Should().Be("root");
        cells[1].Name.Should().Be("linux service");
        var own = cells.Where(c => c.Program is not null).ToList();
        own.Should().OnlyContain(c => c.Name == "spin endless-loop" && c.Figures.State == CellState.Running);
        own.Sum(c => c.Figures.Threads).Should().Be(1);
        await cell.StopAsync();
        (await os.GetCellsAsync()).Should().OnlyContain(c => c.Program == null);
    }

    [Fact]
    public void Sizes_AreBinary()
    {
        (1.KiB(), 64.MiB(), 3.GiB()).Should().Be((1024UL, 67108864UL, 3221225472UL));
        FluentActions.Invoking(() => (-1).MiB()).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public async Task Options_OutOfRange_AreRefused() =>
        await FluentActions.Awaiting(() => ObjectOs.BootAsync(o => o.Memory = 1).AsTask()).Should().ThrowAsync<ArgumentException>().WithMessage("*64 KiB*");

    [Fact]
    public async Task Trace_ThatCannotBeWritten_EndsTheProgramWithASentence()
    {
        await using var trace = new StreamWriter(new FullStream());
        await using var os = await ObjectOs.BootAsync(o => o.Trace = trace);
        var result = await os.RunAsync(Programs.Misbehave("exit-42")).WaitAsync(Soon);
        result.End.Should().Be(RunEnd.KernelHalted);
        result.Message.Should().Be("the trace cannot be written: it is full");
        (await os.RunAsync(Programs.Misbehave("exit-42")).WaitAsync(Soon)).End.Should().Be(RunEnd.KernelHalted, "nothing runs any more, and says so");
    }

    private sealed class FullStream : MemoryStream
    {
        private bool _hasThrown;

        public override void Write(ReadOnlySpan<byte> buffer) => Write([], 0, 0);

        public override void Write(byte[] buffer, int offset, int count)
        {
            if (!_hasThrown)
            {
                _hasThrown = true;
                throw new IOException("it is full.");
            }
        }
    }
}
