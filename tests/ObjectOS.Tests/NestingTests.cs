using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Tests;

/// <summary>OS objects under OS objects, by the facade, with real programs.</summary>
public sealed class NestingTests
{
    private static ProgramSpec Lisp(string script) => new()
    {
        Path = Repository.PathOf("images", "lisp", "lisp.elf"),
        Arguments = [$"/s/{script}"],
        Directories = [new DirectoryGrant(Repository.PathOf("images", "lisp", "scripts"), "/s")],
        ReportsState = true,
    };

    private static ProgramSpec Misbehave(string deed) => new()
    {
        Path = Repository.PathOf("images", "misbehave", "misbehave.elf"),
        Arguments = [deed],
        ReportsState = true,
        Limits = new ProgramLimits { Memory = 8.MiB(), Instructions = 2_000_000 },
    };

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public async Task Programs_AtAnyDepth_EndAsAtDepthZero(int depth)
    {
        ProgramSpec[] programs =
            [Lisp("fib.scm"), .. new[] { "null-write", "illegal", "csrr", "sret", "wfi", "jump-nowhere", "stack-overflow", "memory-hog", "endless-loop", "exec-data", "exit-42" }.Select(Misbehave)];
        await using var flat = await ObjectOs.BootAsync(o => o.Inputs = Inputs.Deterministic);
        await using var outermost = await ObjectOs.BootAsync(o => o.Inputs = Inputs.Deterministic);
        var innermost = await outermost.DescendAsync(depth);
        foreach (var program in programs)
        {
            var expected = await flat.RunAsync(program);
            var found = await innermost.RunAsync(program);
            (found.End, found.ExitCode, found.Instructions, found.Charged, found.Traps, found.StateHash, found.Output, found.Fault)
                .Should().Be((expected.End, expected.ExitCode, expected.Instructions, expected.Charged, expected.Traps, expected.StateHash, expected.Output, expected.Fault), program.Arguments[0]);
        }

        innermost.Kernel.Cpu.Description.Depth.Should().Be(depth);
        var level = await outermost.GetStatisticsAsync();
        for (int i = 0; i < depth; i++)
        {
            level.VirtualCpus.Should().ContainSingle().Which.Exits.Should().Be(0, "quiet levels are never asked");
            level = level.VirtualCpus[0].Guest!;
        }
    }

    [Fact]
    public async Task Child_ThatIsDisposedOf_GivesEverythingBack_AndItsParentGoesOn()
    {
        await using var os = await ObjectOs.BootAsync(o => o.Inputs = Inputs.Deterministic);
        (await os.RunAsync(Lisp("fib.scm"))).EnsureSuccess();
        await os.SettleAsync();
        ulong before = os.LiveFrames;
        var child = await os.CreateChildAsync();
        var grandchild = await child.CreateChildAsync();
        var endless = await grandchild.StartAsync(Misbehave("endless-loop") with { Limits = new ProgramLimits() });
        (await child.RunAsync(Lisp("fib.scm"))).EnsureSuccess();
        await child.DisposeAsync();

        (await endless.Completion).End.Should().Be(RunEnd.Stopped);
        await os.SettleAsync();
        os.LiveFrames.Should().Be(before);
        (await os.RunAsync(Lisp("fib.scm"))).EnsureSuccess();
        await FluentActions.Awaiting(async () => await child.StartAsync(Misbehave("exit-42"))).Should().ThrowAsync<ObjectDisposedException>();
        (await os.GetStatisticsAsync()).VirtualCpus.Should().BeEmpty();
    }

    [Fact]
    public async Task Child_ThatUsesUpItsMemory_StopsForItsHolder_WhoGrantsMore()
    {
        var exits = new List<ExitKind>();
        await using var os = await ObjectOs.BootAsync(o => o.Inputs = Inputs.Deterministic);
        await using var child = await os.CreateChildAsync(o =>
        {
            o.Memory = 768.KiB();
            o.ExitHandler = (cpu, exit) =>
            {
                exits.Add(exit.Kind);
                cpu.SetMemoryLimit(64.MiB());
                cpu.Resume();
            };
        });
        (await child.RunAsync(Lisp("fib.scm"))).EnsureSuccess();
        exits.Should().NotBeEmpty().And.OnlyContain(kind => kind == ExitKind.MemoryExhausted);
    }

    [Fact]
    public async Task Machine_WhoseTrapsAreAllPassed_IsTheSameToTheInstruction()
    {
        var spec = new MachineSpec { Image = Repository.PathOf("images", "tiny", "tiny.elf"), Harts = 2, Memory = 64.MiB(), Arguments = "selftest" };
        int passed = 0;
        await using var os = await ObjectOs.BootAsync(o => o.Inputs = Inputs.Deterministic);
        await using var child = await os.CreateChildAsync(o => o.ExitHandler = (cpu, _) =>
        {
            passed++;
            cpu.Resume(ExitAction.Pass);
        });
        var alone = await os.BootMachineAsync(spec);
        await child.InvokeAsync(_ => child.VirtualCpu!.Intercepts = new InterceptSet { Causes = ulong.MaxValue });
        var watched = await child.BootMachineAsync(spec);
        watched.EnsureSuccess().Output.Should().Be(alone.EnsureSuccess().Output);
        (watched.Instructions, watched.Charged, watched.Traps, watched.StateHash).Should().Be((alone.Instructions, alone.Charged, alone.Traps, alone.StateHash));
        passed.Should().BeGreaterThan(1000);
    }

    [Fact]
    public async Task Siblings_SideBySide_DoNotChangeEachOther()
    {
        await using var os = await ObjectOs.BootAsync(o => o.Inputs = Inputs.Deterministic);
        var children = new List<ObjectOs>();
        for (int i = 0; i < 4; i++)
        {
            children.Add(await os.CreateChildAsync(o => o.Memory = 64.MiB()));
        }

        var alone = await children[0].RunAsync(Lisp("fib.scm"));
        var together = await Task.WhenAll(children.Select(c => c.RunAsync(Lisp("fib.scm"))));
        together.Should().OnlyContain(r => r.Instructions == alone.Instructions && r.StateHash == alone.StateHash);
        children.Select(c => c.Path).Should().Equal("0.1", "0.2", "0.3", "0.4");
    }

    [Fact]
    public async Task Pause_OfAChild_LeavesItsParentRunning()
    {
        await using var os = await ObjectOs.BootAsync(o => o.Inputs = Inputs.Deterministic);
        await using var child = await os.CreateChildAsync();
        child.Pause();
        var waiting = child.RunAsync(Lisp("fib.scm"));
        (await os.RunAsync(Lisp("fib.scm"))).EnsureSuccess();
        waiting.IsCompleted.Should().BeFalse();
        child.Resume();
        (await waiting).EnsureSuccess();
    }

    [Fact]
    public async Task SixtyFourKernels_UnderEachOther_Run()
    {
        await using var os = await ObjectOs.BootAsync(o => o.Inputs = Inputs.Deterministic);
        var innermost = await os.DescendAsync(64);
        var result = await innermost.RunAsync(Lisp("fib.scm"));
        result.EnsureSuccess().Output.Should().StartWith("fib(1000) = 43466557686937456435688527675040625802564660517371");
        innermost.Path.Should().Be("0" + string.Concat(Enumerable.Repeat(".1", 64)));
    }

    [Fact]
    public async Task Kernel_ThatNeverReturns_IsNamedByTheWatchdog()
    {
        var named = new TaskCompletionSource<string>();
        using var release = new ManualResetEventSlim();
        await using var os = await ObjectOs.BootAsync(o =>
        {
            o.StallTime = TimeSpan.FromMilliseconds(200);
            o.StallHandler = sentence => named.TrySetResult(sentence);
        });
        _ = await os.CreateChildAsync();
        _ = await os.CreateChildAsync(o => o.KernelFactory = new StuckKernelFactory(release));
        string sentence = await named.Task.WaitAsync(TestTime.Seconds(20));
        release.Set();
        sentence.Should().StartWith("the kernel at 0.2 has neither run nor returned");
        (await os.RunAsync(Lisp("fib.scm"))).EnsureSuccess();
    }

    [Fact]
    public async Task ReservedMemory_OfAChild_CannotBeTakenByANeighbour()
    {
        await using var os = await ObjectOs.BootAsync(o => o.Memory = 24.MiB());
        var hog = Misbehave("memory-hog") with { Limits = new ProgramLimits { Memory = 24.MiB() } };
        ulong alone = (await os.RunAsync(hog)).PeakMemory;
        var child = await os.CreateChildAsync(o => (o.Memory, o.ReservedMemory) = (12.MiB(), 8.MiB()));
        ulong beside = (await os.RunAsync(hog)).PeakMemory;
        beside.Should().BeCloseTo(alone - 8.MiB(), 64.KiB());
        (await child.RunAsync(Misbehave("exit-42"))).ExitCode.Should().Be(42);
        await child.DisposeAsync();
        (await os.RunAsync(hog)).PeakMemory.Should().BeCloseTo(alone, 64.KiB());
        var refused = async () => await os.CreateChildAsync(o => (o.Memory, o.ReservedMemory) = (24.MiB(), 24.MiB()));
        await refused.Should().ThrowAsync<InvalidOperationException>();
        await os.Invoking(o => o.CreateChildAsync(c => (c.Memory, c.ReservedMemory) = (1.MiB(), 2.MiB())).AsTask()).Should().ThrowAsync<ArgumentException>();
    }
}
