namespace ObjectOS.Tests;

/// <summary>What an embedding program does with a program that runs.</summary>
public sealed class CellTests
{
    private static readonly TimeSpan Soon = TestTime.Seconds(60);

    [Fact]
    public async Task Input_Piped_ReachesTheProgram_AndItsLinesComeBack()
    {
        await using var os = ObjectOs.Boot();
        var cell = await os.StartAsync(Programs.Tiny(TinyPrograms.Cat()) with { PipesInput = true });
        await cell.Input.WriteAsync("one\n"u8.ToArray());
        var lines = cell.ReadLinesAsync().GetAsyncEnumerator();
        (await lines.MoveNextAsync().AsTask().WaitAsync(Soon)).Should().BeTrue();
        lines.Current.Should().Be("one");
        cell.Completion.IsCompleted.Should().BeFalse("a line is there as soon as it is written");
        await cell.Input.WriteAsync("two\nthree"u8.ToArray());
        await cell.Input.CompleteAsync();
        (await cell.WaitAsync().WaitAsync(Soon)).Output.Should().Be("one\ntwo\nthree");
        var all = new List<string>();
        await foreach (string line in cell.ReadLinesAsync())
        {
            all.Add(line);
        }

        all.Should().Equal("one", "two", "three");
        await lines.DisposeAsync();
    }

    [Fact]
    public async Task Input_ThatWasNotAskedFor_IsRefused()
    {
        await using var os = ObjectOs.Boot();
        var cell = await os.StartAsync(Programs.Tiny(TinyPrograms.Cat()) with { StandardOutput = Stream.Null });
        cell.Invoking(c => c.Input).Should().Throw<InvalidOperationException>().WithMessage("*PipesInput*");
        cell.Invoking(c => c.ReadLinesAsync()).Should().Throw<InvalidOperationException>().WithMessage("*StandardOutput*");
    }

    [Fact]
    public async Task Pause_HoldsOneProgram_AndResumeLetsItGoOn()
    {
        await using var os = ObjectOs.Boot();
        var held = await os.StartAsync(Programs.Endless);
        var other = await os.StartAsync(Programs.Endless with { Name = "other" });
        (held.Name, other.Name).Should().Be((Programs.MisbehavePath, "other"));
        await Eventually.BecomesAsync(async () => (await held.GetStatisticsAsync()).Instructions > 1000);
        held.Number.Should().BePositive();
        await held.PauseAsync();
        await Task.Delay(50);
        var (before, others) = (await held.GetStatisticsAsync(), await other.GetStatisticsAsync());
        await Eventually.BecomesAsync(async () => (await other.GetStatisticsAsync()).Instructions > others.Instructions);
        (await held.GetStatisticsAsync()).Instructions.Should().Be(before.Instructions);
        await held.ResumeAsync();
        await Eventually.BecomesAsync(async () => (await held.GetStatisticsAsync()).Instructions > before.Instructions);
        await held.PauseAsync();
        var result = await held.StopAsync().WaitAsync(Soon);
        result.Instructions.Should().BeGreaterThan(before.Instructions);
        (await held.GetStatisticsAsync()).Should().Be(new ProgramStatistics(result.Instructions, result.Charged, result.Traps, 0, result.PeakMemory));
    }

    [Fact]
    public async Task Signal_ReachesTheProgram()
    {
        await using var os = ObjectOs.Boot();
        var cell = await os.StartAsync(Programs.Endless);
        await cell.SendSignalAsync(15);
        var result = await cell.WaitAsync().WaitAsync(Soon);
        (result.End, result.ExitCode).Should().Be((RunEnd.Signalled, 143));
        await cell.SendSignalAsync(15);
        await cell.Awaiting(c => c.SendSignalAsync(0)).Should().ThrowAsync<ArgumentOutOfRangeException>();
        await cell.Awaiting(c => c.SendSignalAsync(65)).Should().ThrowAsync<ArgumentOutOfRangeException>();
        var machine = await os.StartMachineAsync(new MachineSpec { Image = Repository.PathOf("images", "tiny", "tiny.elf"), StandardInput = new NeverStream() });
        await machine.Awaiting(c => c.SendSignalAsync(15)).Should().ThrowAsync<InvalidOperationException>();
        await machine.PauseAsync();
        await machine.ResumeAsync();
        await machine.StopAsync().WaitAsync(Soon);
    }

    [Fact]
    public async Task CpuShare_OfAProgram_IsKept()
    {
        await using var os = ObjectOs.Boot();
        var slow = await os.StartAsync(Programs.Endless with { Limits = new ProgramLimits { CpuShare = 0.1 } });
        var fast = await os.StartAsync(Programs.Endless);

        // The slow one has run alone before the other was there: what counts is what both have used since.
        var (slowBefore, fastBefore) = (await slow.GetStatisticsAsync(), await fast.GetStatisticsAsync());
        await Eventually.BecomesAsync(async () => (await fast.GetStatisticsAsync()).Charged - fastBefore.Charged > 1_000_000_000);
        double slowUsed = (await slow.GetStatisticsAsync()).Charged - slowBefore.Charged;
        double fastUsed = (await fast.GetStatisticsAsync()).Charged - fastBefore.Charged;
        (slowUsed / (slowUsed + fastUsed)).Should().BeInRange(0.05, 0.12, "without a share both would have half");
    }

    [Fact]
    public async Task Priority_OfAProgram_ComesBeforeLowerOnes()
    {
        await using var os = ObjectOs.Boot();
        var low = await os.StartAsync(Programs.Endless with { Limits = new ProgramLimits { Priority = 4 } });
        await Eventually.BecomesAsync(async () => (await low.GetStatisticsAsync()).Instructions > 1000);
        var high = await os.StartAsync(Programs.Endless with { Limits = new ProgramLimits { Priority = 20 } });
        await Eventually.BecomesAsync(async () => (await high.GetStatisticsAsync()).Instructions > 1000);
        ulong before = (await low.GetStatisticsAsync()).Instructions;
        await Eventually.BecomesAsync(async () => (await high.GetStatisticsAsync()).Instructions > 100_000_000);
        (await low.GetStatisticsAsync()).Instructions.Should().Be(before);
    }

    [Fact]
    public async Task Image_LoadedOnce_RunsInManyObjects()
    {
        var image = await ProgramImage.LoadAsync(Programs.MisbehavePath);
        image.Sha256.Should().HaveLength(64);
        foreach (int _ in (int[])[1, 2])
        {
            await using var os = ObjectOs.Boot();
            var result = await os.RunAsync(new ProgramSpec { Image = image, Arguments = ["exit-42"] }).WaitAsync(Soon);
            (result.ExitCode, result.ProgramSha256, result.Program).Should().Be((42, image.Sha256, image.Name));
        }

        await FluentActions.Awaiting(() => ProgramImage.LoadAsync("/not/there")).Should().ThrowAsync<IOException>();
    }

    [Fact]
    public async Task Misuse_NamesTheMember()
    {
        await using var os = ObjectOs.Boot(new ObjectOsOptions { Memory = 64.MiB() });
        var program = Programs.Misbehave("exit-42");
        (string Member, ProgramSpec Spec)[] programs =
        [
            ("Path", program with { Path = null! }),
            ("Arguments", program with { Arguments = null! }),
            ("Arguments[1]", program with { Arguments = ["a", null!] }),
            ("Environment", program with { Environment = null! }),
            ("Environment", program with { Environment = new Dictionary<string, string> { ["A"] = null! } }),
            ("WorkingDirectory", program with { WorkingDirectory = null! }),
            ("WorkingDirectory", program with { WorkingDirectory = "/not/there" }),
            ("WorkingDirectory", program with { WorkingDirectory = "/d/not/there", Directories = [new DirectoryGrant("/", "/d")] }),
            ("Directories", program with { Directories = null! }),
            ("Directories[0]", program with { Directories = [null!] }),
            ("Directories[0].HostPath", program with { Directories = [new DirectoryGrant(null!, "/d")] }),
            ("Directories[0].GuestPath", program with { Directories = [new DirectoryGrant("/", null!)] }),
            ("Directories", program with { Directories = [new DirectoryGrant("/", "/d"), new DirectoryGrant("/tmp", "/d/")] }),
            ("Directories", program with { Directories = [new DirectoryGrant("/", "/d/../e")] }),
            ("Limits", program with { Limits = null! }),
            ("Limits.Memory", program with { Limits = new ProgramLimits { Memory = 65.MiB() } }),
            ("Limits.Timeout", program with { Limits = new ProgramLimits { Timeout = TimeSpan.Zero } }),
            ("Limits.Priority", program with { Limits = new ProgramLimits { Priority = 32 } }),
            ("Limits.CpuShare", program with { Limits = new ProgramLimits { CpuShare = double.NaN } }),
        ];
        foreach (var (member, spec) in programs)
        {
            (await os.Awaiting(o => o.StartAsync(spec).AsTask()).Should().ThrowAsync<ArgumentException>(member)).Which.Message.Should().Contain(member);
        }

        var machine = new MachineSpec { Image = Repository.PathOf("images", "tiny", "tiny.elf"), Memory = 16.MiB() };
        (string Member, MachineSpec Spec)[] machines =
        [
            ("Arguments", machine with { Arguments = null! }),
            ("Disks", machine with { Disks = null! }),
            ("Disks[0].Path", machine with { Disks = [new DiskSpec(null!)] }),
            ("Publish", machine with { Publish = null! }),
            ("Devices[0]", machine with { Devices = [null!] }),
            ("Consoles", machine with { Consoles = null! }),
            ("Platform", machine with { Platform = null! }),
            ("Image.Path", machine with { Image = new BootFile(null!) }),
            ("Memory", machine with { Memory = 128.MiB() }),
        ];
        foreach (var (member, spec) in machines)
        {
            (await os.Awaiting(o => o.StartMachineAsync(spec).AsTask()).Should().ThrowAsync<ArgumentException>(member)).Which.Message.Should().Contain(member);
        }

        foreach (var (member, set) in ((string, Action<ObjectOsOptions>)[])[("Instructions", o => o.Instructions = null!), ("TimeProvider", o => o.TimeProvider = null!), ("Inputs", o => o.Inputs = (Inputs)7)])
        {
            (await FluentActions.Awaiting(() => ObjectOs.BootAsync(set).AsTask()).Should().ThrowAsync<ArgumentException>(member)).Which.Message.Should().Contain(member);
        }

        (await os.Awaiting(o => o.CreateChildAsync(c => c.Memory = 128.MiB()).AsTask()).Should().ThrowAsync<ArgumentException>()).Which.Message.Should().Contain("Memory");
        (await os.RunAsync(program with { Limits = program.Limits with { Timeout = Timeout.InfiniteTimeSpan } }).WaitAsync(Soon)).ExitCode.Should().Be(42);
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => os.DisposeAsync().AsTask())).WaitAsync(Soon);
        Func<Task>[] late = [() => os.StartAsync(program).AsTask(), () => os.GetStatisticsAsync(), () => os.CreateChildAsync().AsTask(), () => os.SettleAsync(), () => os.StartMachineAsync(machine).AsTask()];
        foreach (var call in late)
        {
            await call.Should().ThrowAsync<ObjectDisposedException>();
        }
    }
}
