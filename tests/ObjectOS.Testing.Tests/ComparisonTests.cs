using ObjectOS.Events;
using ObjectOS.Testing.Comparing;

namespace ObjectOS.Tests.Testing;

/// <summary>Comparisons of versions: equal ones are the same, a planted difference is found at its exact call.</summary>
public sealed class ComparisonTests
{
    private static readonly string Lisp = Repository.PathOf("images", "lisp", "lisp.elf");
    private static readonly string Check = Repository.PathOf("images", "linuxcheck", "linuxcheck.elf");

    private static readonly Scenario Fib = new()
    {
        Name = "fib",
        Program = Lisp,
        Arguments = ["scripts/fib.scm"],
        Directories = [new DirectoryGrant(Repository.PathOf("images", "lisp", "scripts"), "/scripts")],
    };

    [Fact]
    public async Task CurrentAgainstCurrent_OverSeeds_IsSame()
    {
        ulong[] seeds = [.. Enumerable.Range(1, TestScale.Of(8)).Select(seed => (ulong)seed)];
        var report = await Comparison.RunAsync(new LocalVersion("left"), new LocalVersion("right"), [new Scenario { Program = Check, Arguments = ["processes"] }], seeds);
        report.Scenarios.Should().HaveCount(seeds.Length).And.OnlyContain(outcome => outcome.Class == DifferenceClass.Same && outcome.ControlProblem == null);
        report.ExitCode.Should().Be(0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task FailedCall_IsFoundAtThatCall(int depth)
    {
        var scenario = Fib with { Depth = depth };
        var right = new LocalVersion("right") { Faults = [InjectedFault.FailCall(5, 13)] };
        var report = await Comparison.RunAsync(new LocalVersion("left"), right, [scenario]);
        var divergence = report.Scenarios[0].Divergence!;
        report.ExitCode.Should().Be(1);
        divergence.Ordinal.Should().Be(5);
        divergence.Lane.Should().EndWith("/t1");
        divergence.Right!.Text.Should().EndWith(" = EACCES");
        divergence.Left!.Text.Should().NotBe(divergence.Right.Text);
        divergence.LeftBefore.Select(e => e.Text).Should().Equal(divergence.RightBefore.Select(e => e.Text)).And.HaveCount(4);
    }

    [Fact]
    public async Task OtherProgram_ThatPrintsOtherText_DiffersInThePayloadOfItsWrite()
    {
        var left = await WithScriptAsync("(display 41)");
        var right = await WithScriptAsync("(display 42)");
        var report = await CompareScriptsAsync(left, right);
        var outcome = report.Scenarios[0];
        outcome.Class.Should().Be(DifferenceClass.Payload, TextReport.Write(report));
        outcome.Divergence!.Left!.Text.Should().Contain("41");
        outcome.Divergence.Right!.Text.Should().Contain("42");
    }

    [Fact]
    public async Task SlowerVersion_ThatDoesTheSame_DiffersInPerformanceAlone()
    {
        var report = await Comparison.RunAsync(new LocalVersion("left"), new LocalVersion("right", options => options.Quantum = 5_000), [new Scenario { Program = Check, Arguments = ["transfers"] }]);
        report.Scenarios[0].Class.Should().BeOneOf(DifferenceClass.Performance, DifferenceClass.Same);
        report.ExitCode.Should().Be(0);
    }

    [Theory]
    [InlineData(false, DifferenceClass.NewFailure)]
    [InlineData(true, DifferenceClass.Fixed)]
    public async Task Check_PassedByOneSide_GivesTheClass(bool leftFails, DifferenceClass expected)
    {
        var scenario = ScenarioText.Parse("run lisp.elf scripts/fib.scm\ndir scripts=/scripts\nexpect exit 0\n", "fib", Repository.PathOf("images", "lisp"));
        var good = new LocalVersion("good");
        var bad = new LocalVersion("bad") { CrashAt = 100_000 };
        var report = await Comparison.RunAsync(leftFails ? bad : good, leftFails ? good : bad, [scenario]);
        report.Scenarios[0].Class.Should().Be(expected);
        TextReport.Write(report).Should().Contain("exit code 124, 0 is wanted");
    }

    [Fact]
    public async Task WritableDirectory_IsCopiedForEachRun_AndItsFilesAreChecked()
    {
        string folder = Directory.CreateTempSubdirectory("objectos-test-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "script.scm"), "(display 7)");
            var scenario = new Scenario
            {
                Program = Lisp, Arguments = ["/w/script.scm"], Directories = [new DirectoryGrant(folder, "/w", Writable: true)],
                Checks = [new ScenarioCheck(CheckKind.File, Path.Combine(folder, "script.scm"), "display"), new ScenarioCheck(CheckKind.File, Path.Combine(folder, "none"), "x")],
            };
            var report = await Comparison.RunAsync(new LocalVersion("left"), new LocalVersion("right"), [scenario]);
            report.Scenarios[0].LeftRun.Failures.Should().Equal($"{Path.Combine(folder, "none")}: No such file or directory");
            report.Scenarios[0].Class.Should().Be(DifferenceClass.BothFail, TextReport.Write(report));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("fail call 100000", "left: the fault of system call 100000 is never reached: the guest made ")]
    [InlineData("fail request 1.stdout 5000", "left: the fault of request 5000 to 1.stdout is never reached: the guest made 1")]
    [InlineData("cut 1.disk7", "left: the fault of 1.disk7 is never reached: the guest's requests went to 0/1.")]
    public async Task FaultOfAScenario_ThatIsNeverReached_MakesTheReportInvalid(string line, string problem)
    {
        var scenario = ScenarioText.Parse($"run lisp.elf scripts/fib.scm\ndir scripts=/scripts\n{line}\n", "fib", Repository.PathOf("images", "lisp"));
        ShouldBeInvalid(await Comparison.RunAsync(new LocalVersion("left"), new LocalVersion("right"), [scenario]), problem);
    }

    [Fact]
    public async Task FaultOfTheRightVersion_ThatIsNeverReached_MakesTheReportInvalid()
    {
        ShouldBeInvalid(
            await Comparison.RunAsync(new LocalVersion("left"), new LocalVersion("right") { Faults = [InjectedFault.FailCall(100_000)] }, [Fib]),
            "right: the fault of system call 100000 is never reached: the guest made ");
        ShouldBeInvalid(
            await Comparison.RunAsync(new LocalVersion("left"), new LocalVersion("right") { CrashAt = 100_000_000_000 }, [Fib]),
            "right: the crash at instruction 100000000000 is never reached: the guest ended after ");
    }

    [Fact]
    public async Task FaultOfAScenario_ThatTheRightVersionDoesNotReach_IsADifference()
    {
        var scenario = Fib with { Faults = [InjectedFault.FailRequest("1.stdout", 1)] };
        var report = await Comparison.RunAsync(new LocalVersion("left"), new LocalVersion("right") { CrashAt = 100_000 }, [scenario]);
        report.ExitCode.Should().Be(1);
        TextReport.Write(report).Should().Contain("right lacks a fault: the fault of 1.stdout is never reached");
    }

    private static void ShouldBeInvalid(ComparisonReport report, string problem)
    {
        report.ExitCode.Should().Be(2);
        TextReport.Write(report).Should().Contain($": invalid\n  {problem}").And.Contain($"\ninvalid: {problem}");
        HtmlReport.Write(report).Should().Contain("invalid").And.Contain($"<p>{System.Net.WebUtility.HtmlEncode(problem)}");
        System.Xml.Linq.XDocument.Parse(JUnitReport.Write(report)).Descendants("error").Single().Attribute("message")!.Value.Should().StartWith(problem);
        using var json = System.Text.Json.JsonDocument.Parse(JsonReport.Write(report));
        json.RootElement.GetProperty("exit").GetInt32().Should().Be(2);
        json.RootElement.GetProperty("scenarios")[0].GetProperty("faultProblem").GetString().Should().StartWith(problem);
    }

    [Fact]
    public async Task LeftVersion_WithoutEnd_MakesTheReportInvalidAfterOneRun()
    {
        var left = new Counted(Loop);
        var report = await Comparison.RunAsync(left, new LocalVersion("right"), [Briefly]);
        (report.ExitCode, left.Runs).Should().Be((2, 1));
        TextReport.Write(report).Should().EndWith("invalid: the left version has not ended within 0.5 s of host time; a longer time-out or a budget is wanted\n");
    }

    [Fact]
    public async Task RightVersion_WithoutEnd_Fails()
    {
        var report = await Comparison.RunAsync(new LocalVersion("left") { CrashAt = 1000 }, Loop, [Briefly]);
        report.ExitCode.Should().Be(1);
        report.Scenarios[0].Class.Should().Be(DifferenceClass.NewFailure);
        TextReport.Write(report).Should().Contain("right fails: has not ended within 0.5 s of host time");
    }

    [Fact]
    public async Task RightVersion_ThatIsStoppedBeforeItCameAsFarAsTheLeft_MakesTheReportInvalid()
    {
        var left = new LocalVersion("left") { CrashAt = 40_000_000_000 };
        var known = new Counted(left) { Result = new SideRun { End = "BudgetExhausted", Charged = 40_000_000_000 } };
        var report = await Comparison.RunAsync(known, Loop, [Briefly]);
        report.ExitCode.Should().Be(2);
        report.Scenarios[0].ControlProblem.Should().StartWith("the right version has not ended within 0.5 s of host time");
    }

    private static readonly LocalVersion Loop = new("loop");

    private static readonly Scenario Briefly = new()
    {
        Name = "loop", Program = Repository.PathOf("images", "misbehave", "misbehave.elf"), Arguments = ["endless-loop"], Timeout = TimeSpan.FromSeconds(0.5),
    };

    /// <summary>Counts the runs of a version, or has a result of its own.</summary>
    private sealed class Counted(LocalVersion version) : IComparedVersion
    {
        public string Name => version.Name;

        public int Runs { get; private set; }

        public SideRun? Result { get; init; }

        public Task<SideRun> RunAsync(Scenario scenario, SideRequest request, CancellationToken cancellationToken = default)
        {
            Runs++;
            return Result is { } result ? Task.FromResult(result) : version.RunAsync(scenario, request, cancellationToken);
        }
    }

    [Fact]
    public async Task AcceptedDifference_IsExpected()
    {
        var scenario = Fib with { Accepted = [new AcceptedDifference("0/t*", "* = EACCES")] };
        var report = await Comparison.RunAsync(new LocalVersion("left"), new LocalVersion("right") { Faults = [InjectedFault.FailCall(5, 13)] }, [scenario]);
        report.Scenarios[0].Class.Should().Be(DifferenceClass.Expected);
        report.ExitCode.Should().Be(0);
    }

    [Fact]
    public async Task Version_WithMoreKernelsThanTheScenarioLeaves_IsRefusedInOneSentence() =>
        (await new LocalVersion("deep") { Depth = 200 }.Invoking(version => version.RunAsync(Fib with { Depth = 57 }, new SideRequest())).Should().ThrowAsync<ScenarioException>())
            .WithMessage("fib: depth is 57, and deep has 200; together at most 256 are wanted");

    [Fact]
    public async Task Scenario_WithAGrantThatIsNotThere_NamesNoParameter() =>
        (await new LocalVersion("one").Invoking(version => version.RunAsync(Fib with { Directories = [new DirectoryGrant("/no/such", "/scripts")] }, new SideRequest())).Should().ThrowAsync<ScenarioException>())
            .Which.Message.Should().StartWith("one: ").And.Contain("/no/such").And.NotContain("Parameter");

    [Fact]
    public async Task Memory_BeyondThatOfAnOsObject_IsGiven()
    {
        var run = await new LocalVersion("one").RunAsync(Fib with { Memory = 2UL << 30 }, new SideRequest());
        (run.End, run.ExitCode).Should().Be(("Exited", 0), run.Message);
    }

    [Fact]
    public async Task TypedLines_AfterWhatTheyWaitFor_ReachAProgramThatReadsThem()
    {
        var scenario = ScenarioText.Parse(
            "run lisp.elf\ntype (+ 40 2)\nwait 42\ntype (display \"seen\")\nwait seen\nend-input\nexpect exit 0\n", "repl", Repository.PathOf("images", "lisp"));
        var run = await new LocalVersion("one").RunAsync(scenario, new SideRequest());
        run.Failures.Should().BeEmpty(run.Output);
        var report = await Comparison.RunAsync(new LocalVersion("left"), new LocalVersion("right"), [scenario]);
        report.ExitCode.Should().Be(0);
    }

    [Fact]
    public async Task Machine_WhoseConsoleIsScripted_RunsTheSame()
    {
        var machine = new MachineSpec { Image = Repository.PathOf("images", "tiny", "tiny.elf"), Memory = 16UL << 20 };
        var version = new LocalVersion("tiny") { Machine = machine };
        var report = await Comparison.RunAsync(version, version, [new Scenario { Name = "boot" }]);
        report.Scenarios[0].Class.Should().Be(DifferenceClass.Same, TextReport.Write(report));
        report.Scenarios[0].LeftRun.Lanes.Sum(lane => lane.Count).Should().BePositive();
    }

    [Fact]
    public async Task Reports_OfADifference_ShowItInEachFormat()
    {
        var scenario = ScenarioText.Read(Repository.PathOf("samples", "fib.scenario"));
        var report = await Comparison.RunAsync(new LocalVersion("a<b"), new LocalVersion("right") { Faults = [InjectedFault.FailCall(5, 13)] }, [scenario, scenario with { Name = "<again>" }]);
        string html = HtmlReport.Write(report);
        html.Should().StartWith("<!DOCTYPE html>").And.Contain("a&lt;b").And.Contain("&lt;again&gt;").And.Contain("= EACCES").And.NotContain("<again>").And.NotContain("http://localhost");
        html.Should().NotMatchRegex("(src|href)=\"(?!#)", "the page needs nothing besides itself");
        var junit = System.Xml.Linq.XDocument.Parse(JUnitReport.Write(report));
        junit.Descendants("testcase").Should().HaveCount(2).And.OnlyContain(one => one.Element("failure")!.Value.Contains("= EACCES"));
        using var json = System.Text.Json.JsonDocument.Parse(JsonReport.Write(report));
        json.RootElement.GetProperty("schema").GetInt32().Should().Be(1);
        json.RootElement.GetProperty("exit").GetInt32().Should().Be(1);
        json.RootElement.GetProperty("scenarios")[1].GetProperty("divergence").GetProperty("ordinal").GetInt64().Should().Be(5);
    }

    [Fact]
    public void Run_WrittenAndRead_IsTheSame()
    {
        var run = new SideRun
        {
            End = "Exited", Output = "x\n", Lanes = [new SideLane("0/t1", null, 0, 33, new LaneDigest(ulong.MaxValue, 2, 3), 5, 6, 7, [new LaneMark(new LaneDigest(1, 2, 3), 4, 5, 6)])],
            Failures = ["a"], Kept = [new SideEvent("0/t1", 1, 1, "read()", default, 1, 2, 3, null, ["main"])],
        };
        JsonReport.ReadRun(JsonReport.Write(run)).Should().BeEquivalentTo(run);
        var scenario = Fib with { Steps = [new ScenarioStep(StepKind.Wait, "a", TimeSpan.FromSeconds(1))], Faults = [InjectedFault.FailRequest("1.stdout", 2, 28, true)] };
        JsonReport.ReadScenario(JsonReport.Write(scenario)).Should().BeEquivalentTo(scenario);
        var request = new SideRequest(7, new EventWatch("0/t1", 5), [new EventWindow("0/t1", 1, 32)]);
        JsonReport.ReadRequest(JsonReport.Write(request)).Should().BeEquivalentTo(request);
    }

    private static async Task<string> WithScriptAsync(string script)
    {
        string folder = Directory.CreateTempSubdirectory("objectos-test-").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "script.scm"), script);
        return folder;
    }

    private static async Task<ComparisonReport> CompareScriptsAsync(string left, string right)
    {
        try
        {
            return await Comparison.RunAsync(new Scripted("left", left), new Scripted("right", right));
        }
        finally
        {
            Directory.Delete(left, recursive: true);
            Directory.Delete(right, recursive: true);
        }
    }

    /// <summary>Versions of a script: the same program with another folder.</summary>
    private sealed class Scripted(string name, string folder) : IComparedVersion
    {
        public string Name => name;

        public Task<SideRun> RunAsync(Scenario scenario, SideRequest request, CancellationToken cancellationToken = default) => new LocalVersion(name).RunAsync(
            scenario with { Program = Lisp, Arguments = ["/script/script.scm"], Directories = [new DirectoryGrant(folder, "/script")] }, request, cancellationToken);
    }
}
