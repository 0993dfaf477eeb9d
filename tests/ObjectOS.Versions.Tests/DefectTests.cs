using ObjectOS.Testing.Comparing;

namespace ObjectOS.Tests.Versions;

/// <summary>Comparisons of a build with a planted defect: each is found at its exact call, from three scenarios.</summary>
public sealed class DefectTests
{
    /// <summary>Does the deed at once, after a thousand calls ("late"), or in a child process ("child").</summary>
    private const string Scenarios = """
        #include <pthread.h>
        #include <errno.h>
        #include <linux/futex.h>
        #include <stdio.h>
        #include <string.h>
        #include <sys/stat.h>
        #include <sys/syscall.h>
        #include <sys/wait.h>
        #include <unistd.h>
        static int deed(void);
        int main(int count, char **words) {
            const char *when = count > 1 ? words[1] : "";
            for (int i = 0; !strcmp(when, "late") && i < 1000; i++)
                syscall(SYS_getppid);
            if (!strcmp(when, "child") && fork() != 0) {
                int status = 1;
                wait(&status);
                return status != 0;
            }
            return deed();
        }

        """;

    private const string FullDirectory = Scenarios + """
        static int deed(void) {
            mkdir("/tmp/d", 0755);
            mkdir("/tmp/d/e", 0755);
            int failed = rmdir("/tmp/d");
            return printf("%d %d\n", failed, errno) < 0;
        }
        """;

    private const string FourWaiters = Scenarios + """
        static int word;
        static void *sleeper(void *unused) {
            syscall(SYS_futex, &word, FUTEX_WAIT, 0, 0, 0, 0);
            return unused;
        }
        static int deed(void) {
            pthread_t threads[4];
            for (int i = 0; i < 4; i++)
                pthread_create(&threads[i], 0, sleeper, 0);
            usleep(10000);
            syscall(SYS_futex, &word, FUTEX_WAKE, 4, 0, 0, 0);
            for (int i = 0; i < 4; i++)
                pthread_join(threads[i], 0);
            return 0;
        }
        """;

    private const string Spinner = Scenarios + """
        static volatile int word;
        static void *set(void *unused) { word = 1; return unused; }
        static int deed(void) {
            pthread_t thread;
            pthread_create(&thread, 0, set, 0);
            while (!word)
                ;
            return 0;
        }
        """;

    /// <summary>The constant DELTA is one instruction's, the constant LOOPS changes nothing but the time.</summary>
    private const string Adder = Scenarios + """
        #ifndef DELTA
        #define DELTA 1
        #endif
        #ifndef LOOPS
        #define LOOPS 1000
        #endif
        static volatile int sum;
        static int __attribute__((noipa)) add(int value) { return value + DELTA; }
        static int deed(void) {
            for (int i = 0; i < LOOPS; i++)
                sum = i;
            char text[16];
            int length = sprintf(text, "%d\n", add(sum * 0 + 40));
            return write(1, text, length) != length;
        }
        """;

    public static TheoryData<string> Moments => ["", "late", "child"];

    [NeedsTheory(CrossProgram.Compiler)]
    [MemberData(nameof(Moments))]
    public async Task WrongErrno_IsFoundAtItsCall(string when)
    {
        var found = await CompareAsync(FullDirectory, "services:" + Builds.WrongErrno, when);
        found.Class.Should().Be(DifferenceClass.ControlFlow);
        found.Divergence!.Left!.Text.Should().Be("unlinkat(-100, \"/tmp/d\", 0x200) = ENOTEMPTY");
        found.Divergence.Right!.Text.Should().Be("unlinkat(-100, \"/tmp/d\", 0x200) = EEXIST");
        found.Divergence.Lane.Should().Be(when == "child" ? "0/t1.1" : "0/t1");
        found.Divergence.Left.Stack.Should().Contain(frame => frame.StartsWith("main", StringComparison.Ordinal));
    }

    [NeedsTheory(CrossProgram.Compiler)]
    [MemberData(nameof(Moments))]
    public async Task LostWakeUp_IsFoundAtItsCall(string when)
    {
        var found = await CompareAsync(FourWaiters, "services:" + Builds.LostWakeUp, when);
        found.Class.Should().Be(DifferenceClass.NewFailure);
        found.Divergence!.Left!.Text.Should().StartWith("futex(").And.EndWith(" = 4");
        found.Divergence.Right!.Text.Should().StartWith("futex(").And.EndWith(" = 3");
        found.RightRun!.End.Should().Be("Stalled", "the sleeper is never woken, and nothing else can run");
    }

    [NeedsTheory(CrossProgram.Compiler)]
    [MemberData(nameof(Moments))]
    public async Task StarvingScheduler_IsFoundAtTheFirstCallOfTheStarved(string when)
    {
        var found = await CompareAsync(Spinner, "kernel:" + Builds.StarvingScheduler, when);
        found.Class.Should().Be(DifferenceClass.NewFailure);
        found.Divergence!.Lane.Should().Be(when == "child" ? "0/t1.1.1" : "0/t1.1");
        found.Divergence.Ordinal.Should().Be(1);
        (found.Divergence.Right!.Text, found.Divergence.Right.Retired).Should().Be(("thread ends with 0", 0UL), "the starved thread never runs");
    }

    [NeedsTheory(CrossProgram.Compiler)]
    [MemberData(nameof(Moments))]
    public async Task ChangedInstruction_IsFoundAtTheWriteThatShowsIt(string when)
    {
        using var left = await CrossProgram.MakeAsync(Adder, "-g", "-O2");
        using var right = await CrossProgram.MakeAsync(Adder, "-g", "-O2", "-DDELTA=2");
        var found = await CompareAsync("program:" + left.Path, "program:" + right.Path, new Scenario { Arguments = [when] });
        found.Class.Should().Be(DifferenceClass.Payload);
        (found.Divergence!.Left!.Text, found.Divergence.Right!.Text).Should().Be(("write(1, \"41\\n\", 3) = 3", "write(1, \"42\\n\", 3) = 3"));
    }

    [NeedsFact(CrossProgram.Compiler)]
    public async Task SlowerProgram_ThatDoesTheSame_DiffersInPerformanceAlone()
    {
        using var left = await CrossProgram.MakeAsync(Adder, "-O2");
        using var right = await CrossProgram.MakeAsync(Adder, "-O2", "-DLOOPS=5000");
        var found = await CompareAsync("program:" + left.Path, "program:" + right.Path, new Scenario { Arguments = [""] });
        found.Class.Should().Be(DifferenceClass.Performance);
        found.RightRun!.Instructions.Should().BeGreaterThan(found.LeftRun.Instructions + 4000);
    }

    [Theory]
    [InlineData(1UL)]
    [InlineData(2UL)]
    [InlineData(3UL)]
    public async Task OffByOneInADevice_IsFoundAtTheLastSector(ulong sectors)
    {
        string disk = Path.Combine(Path.GetTempPath(), $"objectos-disk-{Guid.NewGuid():N}");
        try
        {
            await File.WriteAllBytesAsync(disk, new byte[sectors * 1024 * 1024]);
            using var left = Builds.Load("current");
            using var right = Builds.Load("services:" + Builds.OffByOneDevice);
            var machine = new MachineSpec { Image = Builds.Image("virtiocheck"), Disks = [new DiskSpec(disk, Services.Vmm.BlockPolicy.Snapshot)], Network = NetworkMode.User };
            var report = await Comparison.RunAsync(new LocalVersion("left", left.Apply) { Machine = machine }, new LocalVersion("right", right.Apply) { Machine = machine });
            var found = report.Scenarios[0];
            found.ControlProblem.Should().BeNull();
            found.Divergence.Should().NotBeNull();
            string text = TextReport.Write(report);
            // Event 40 tells the disk of the request for the last sector. Its failure shows in what the guest does next.
            text.Should().Contain("first difference: lane 0/t1, event 42 ").And.Contain("0/t1#40 store virtioslot@0x10001000+0x50 = 0x0 (4 bytes)")
                .And.MatchRegex(@"right: dbcn\.0\(");
        }
        finally
        {
            File.Delete(disk);
        }
    }

    [Fact]
    public async Task Worker_RunsASide_AsThisProcessDoes()
    {
        await using var worker = await WorkerProcess.StartAsync(new WorkerLocation("dotnet", Builds.Worker));
        VersionSpec.TryParse("kernel:" + Builds.Kernel, out var spec, out _).Should().BeTrue();
        var scenario = new Scenario { Program = Builds.Image("linuxcheck"), Arguments = ["names"] };
        using var version = Builds.Load("kernel:" + Builds.Kernel);
        var here = await version.AsCompared().RunAsync(scenario, new SideRequest(3));
        var there = await new WorkerVersion(worker, spec!).RunAsync(scenario, new SideRequest(3));
        there.Should().BeEquivalentTo(here);
    }

    [Theory]
    [InlineData("current+fault:time:5", "\"+fault:time:5\" cannot be made to happen: *")]
    [InlineData("current+fault:event:0/t1/5", "\"+fault:event:0/t1/5\" names no lane whose requests can fail: *")]
    [InlineData("current+device:1.disk1:delay=5", "\"+device:1.disk1:delay=5\" says nothing that a device can do: *")]
    [InlineData("current+device:1.disk1:explode", "\"+device:1.disk1:explode\" says nothing that a device can do: *")]
    public void Change_ThatCannotHappen_IsRefusedInOneSentence(string spec, string message)
    {
        using var version = Builds.Load(spec);
        FluentActions.Invoking(() => version.AsCompared()).Should().Throw<VersionException>().WithMessage(message);
    }

    [Fact]
    public void Changes_BecomeFaults()
    {
        using var version = Builds.Load("current+fault:call:7+device:1.net:cut@3+fault:event:0/1.disk1/2+fault:instruction:99+seed:4+device:1.disk1:delay=5ms@2");
        var compared = version.AsCompared();
        compared.Faults.Should().Equal(InjectedFault.FailCall(7), InjectedFault.FailRequest("1.net", 3, 32, true), InjectedFault.FailRequest("1.disk1", 2),
            InjectedFault.DelayRequest("1.disk1", 2, 5_000_000, true));
        compared.CrashAt.Should().Be(99);
    }

    private static async Task<ScenarioOutcome> CompareAsync(string source, string right, string when)
    {
        using var program = await CrossProgram.MakeAsync(source, "-g", "-O2");
        return await CompareAsync("current", right, new Scenario
        {
            Program = program.Path, Arguments = [when], Budget = 20_000_000, Checks = [new ScenarioCheck(CheckKind.ExitCode, "", "0")],
        });
    }

    private static async Task<ScenarioOutcome> CompareAsync(string left, string right, Scenario scenario)
    {
        using var known = Builds.Load(left);
        using var tried = Builds.Load(right);
        var report = await Comparison.RunAsync(known.AsCompared(), tried.AsCompared(), [scenario]);
        report.Scenarios[0].ControlProblem.Should().BeNull();
        return report.Scenarios[0];
    }
}
