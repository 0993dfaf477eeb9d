using System.Runtime.CompilerServices;

namespace ObjectOS.Tests.Versions;

/// <summary>Builds are loaded, run side by side, and unloaded.</summary>
public sealed class LoadTests
{
    /// <summary>Two threads that compute and report their progress, one letter each.</summary>
    private const string TwoThreads = """
        #include <pthread.h>
        #include <unistd.h>
        static volatile unsigned long sink;
        static void *work(void *letter) {
            for (int turn = 0; turn < 4; turn++) {
                for (unsigned long i = 0; i < 60000; i++)
                    sink += i;
                write(1, letter, 1);
            }
            return letter;
        }
        int main(void) {
            pthread_t one, two;
            pthread_create(&one, 0, work, "a");
            pthread_create(&two, 0, work, "b");
            pthread_join(one, 0);
            pthread_join(two, 0);
            return 0;
        }
        """;

    /// <summary>Four threads wait for one word, and are woken at once.</summary>
    private const string FourWaiters = """
        #include <linux/futex.h>
        #include <pthread.h>
        #include <stdio.h>
        #include <sys/syscall.h>
        #include <unistd.h>
        static int word;
        static void *wait(void *unused) {
            syscall(SYS_futex, &word, FUTEX_WAIT, 0, 0, 0, 0);
            return unused;
        }
        int main(void) {
            pthread_t threads[4];
            for (int i = 0; i < 4; i++)
                pthread_create(&threads[i], 0, wait, 0);
            usleep(10000);
            printf("%ld woken\n", syscall(SYS_futex, &word, FUTEX_WAKE, 4, 0, 0, 0));
            fflush(stdout);
            for (int i = 0; i < 4; i++)
                pthread_join(threads[i], 0);
            puts("all are back");
            return 0;
        }
        """;

    private const string FullDirectory = """
        #include <errno.h>
        #include <stdio.h>
        #include <string.h>
        #include <sys/stat.h>
        #include <unistd.h>
        int main(void) {
            mkdir("/tmp/d", 0755);
            mkdir("/tmp/d/e", 0755);
            printf("%d %s\n", rmdir("/tmp/d"), strerrorname_np(errno));
            return 0;
        }
        """;

    /// <summary>Spins until another thread has set a word.</summary>
    private const string Spinner = """
        #include <pthread.h>
        static volatile int word;
        static void *set(void *unused) { word = 1; return unused; }
        int main(void) {
            pthread_t thread;
            pthread_create(&thread, 0, set, 0);
            while (!word)
                ;
            return 7;
        }
        """;

    [Theory]
    [InlineData("kernel:")]
    [InlineData("services:")]
    public async Task Build_OfTheSameSources_RunsTheSame(string kind)
    {
        string folder = kind == "kernel:" ? Builds.Kernel : Builds.Linux;
        var (of, current) = (await RunAsync(kind + folder, Builds.Image("linuxcheck"), ["names"]),
            await RunAsync("current", Builds.Image("linuxcheck"), ["names"]));
        of.Output.Should().NotBeEmpty().And.Be(current.Output);
        (of.ExitCode, of.Instructions, of.Charged, of.StateHash).Should().Be(
            (current.ExitCode, current.Instructions, current.Charged, current.StateHash));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Kernel_OfAFolderOrAnAssembly_IsNotTheProcesss(bool isFolder)
    {
        using var version = Builds.Load("kernel:" + (isFolder ? Builds.RoundRobin : Builds.AssemblyOf(Builds.RoundRobin)));
        version.Kernel.Should().NotBeNull().And.NotBeOfType<KernelFactory>();
        version.Kernel!.GetType().FullName.Should().Be(typeof(KernelFactory).FullName);
        version.Description.Should().StartWith("ObjectOS 0.");
        await using var os = ObjectOs.Boot(Options(version));
        os.Kernel.Should().NotBeOfType<Kernel>();
        os.Kernel.GetType().Assembly.GetName().Name.Should().Be("RoundRobin");
    }

    [Fact]
    public void Services_OfOneService_LeaveTheOther()
    {
        using var version = Builds.Load("services:" + Builds.Vmm);
        version.Linux.Should().BeNull();
        version.Vmm!.Create().Should().NotBeOfType<Services.Vmm.VmmService>();
        version.Description.Should().Be(
            $"ObjectOS.Services.Vmm {typeof(KernelFactory).Assembly.GetName().Version!.ToString(3)} of {Builds.Vmm}");
    }

    [NeedsFact(CrossProgram.Compiler)]
    public async Task RoundRobin_OfTwoThreads_TakesTurnsOtherwise()
    {
        using var program = await CrossProgram.MakeAsync(TwoThreads, "-pthread");
        var current = await RunAsync("current", program.Path, []);
        var other = await RunAsync("kernel:" + Builds.RoundRobin, program.Path, []);
        (current.ExitCode, other.ExitCode).Should().Be((0, 0));
        other.Output.Order().Should().Equal(current.Output.Order());
        (other.Output, other.Charged).Should().NotBe((current.Output, current.Charged));
    }

    [NeedsFact(CrossProgram.Compiler)]
    public async Task StarvingScheduler_OfAProgramThatSpins_NeverEnds()
    {
        using var program = await CrossProgram.MakeAsync(Spinner, "-pthread");
        (await RunAsync("current", program.Path, [])).ExitCode.Should().Be(7);
        (await RunAsync("kernel:" + Builds.StarvingScheduler, program.Path, [])).End.Should().Be(RunEnd.BudgetExhausted);
    }

    [NeedsFact(CrossProgram.Compiler)]
    public async Task LostWakeUp_OfFourWaiters_LeavesOneBehind()
    {
        using var program = await CrossProgram.MakeAsync(FourWaiters, "-pthread");
        (await RunAsync("current", program.Path, [])).Output.Should().Be("4 woken\nall are back\n");
        var result = await RunAsync("services:" + Builds.LostWakeUp, program.Path, [], TestTime.Seconds(2));
        result.Output.Should().Be("3 woken\n");
        result.End.Should().NotBe(RunEnd.Exited);
    }

    [NeedsFact(CrossProgram.Compiler)]
    public async Task WrongErrno_OfAFullDirectory_IsAnother()
    {
        using var program = await CrossProgram.MakeAsync(FullDirectory);
        (await RunAsync("current", program.Path, [])).Output.Should().Be("-1 ENOTEMPTY\n");
        (await RunAsync("services:" + Builds.WrongErrno, program.Path, [])).Output.Should().Be("-1 EEXIST\n");
    }

    [Fact]
    public async Task OffByOneDevice_OfTheLastSector_FailsTheWrite()
    {
        string disk = Path.GetTempFileName();
        try
        {
            // The guest writes and reads the last sectors of its disk.
            await File.WriteAllBytesAsync(disk, new byte[64 << 10]);
            var spec = new MachineSpec { Image = Builds.Image("virtiocheck"),
                Disks = [new DiskSpec(disk, Services.Vmm.BlockPolicy.Snapshot)], Network = NetworkMode.User };
            var current = await BootAsync("current", spec);
            var other = await BootAsync("services:" + Builds.OffByOneDevice, spec);
            current.Output.Should().Contain("written and read");
            other.Output.Should().Contain("a disk's write ends with status 1");
        }
        finally
        {
            File.Delete(disk);
        }
    }

    [Fact]
    public async Task Version_AfterItsLastOsObject_IsUnloaded()
    {
        var context = await UseAndDisposeAsync("kernel:" + Builds.RoundRobin);
        for (int i = 0; context.IsAlive && i < 50; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            await Task.Delay(20);
        }

        context.IsAlive.Should().BeFalse();
    }

    [Fact]
    public async Task Versions_OfTwoKernels_RunOneUnderTheOther()
    {
        using var outer = Builds.Load("kernel:" + Builds.RoundRobin);
        using var inner = Builds.Load("kernel:" + Builds.StarvingScheduler);
        await using var os = ObjectOs.Boot(Options(outer));
        await using var child = await os.CreateChildAsync(inner.Apply);
        child.Kernel.GetType().Assembly.GetName().Name.Should().Be("StarvingScheduler");
        (await child.RunAsync(Builds.Image("misbehave"), ["exit-42"])).ExitCode.Should().Be(42);
    }

    [Fact]
    public async Task File_OfALoadedVersion_CanBeReplaced()
    {
        string folder = Directory.CreateTempSubdirectory("objectos-build-").FullName;
        string copy = Path.Combine(folder, "Copy.dll");
        try
        {
            File.Copy(Builds.AssemblyOf(Builds.RoundRobin), copy);
            using var version = Builds.Load("kernel:" + copy);
            File.Delete(copy);
            await using var os = ObjectOs.Boot(Options(version));
            (await os.RunAsync(Builds.Image("misbehave"), ["exit-42"])).ExitCode.Should().Be(42);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference> UseAndDisposeAsync(string text)
    {
        var context = await UseAsync(text);
        return context;
    }

    private static async Task<WeakReference> UseAsync(string text)
    {
        using var version = Builds.Load(text);
        await using (var os = ObjectOs.Boot(Options(version)))
        {
            (await os.RunAsync(Builds.Image("misbehave"), ["exit-42"])).ExitCode.Should().Be(42);
        }

        return new WeakReference(System.Runtime.Loader.AssemblyLoadContext.GetLoadContext(version.Kernel!.GetType().Assembly));
    }

    private static ObjectOsOptions Options(OsVersion version)
    {
        var options = new ObjectOsOptions { Inputs = Inputs.Deterministic };
        version.Apply(options);
        return options;
    }

    private static async Task<RunResult> RunAsync(string text, string program, string[] arguments, TimeSpan? timeout = null)
    {
        using var version = Builds.Load(text);
        await using var os = ObjectOs.Boot(Options(version));
        return await os.RunAsync(new ProgramSpec
        {
            Path = program, Arguments = arguments, ReportsState = true,
                Limits = new ProgramLimits { Instructions = 100_000_000, Timeout = timeout ?? TestTime.Seconds(60) },
        });
    }

    private static async Task<RunResult> BootAsync(string text, MachineSpec spec)
    {
        using var version = Builds.Load(text);
        await using var os = ObjectOs.Boot(Options(version));
        return await os.BootMachineAsync(spec with { Instructions = 400_000_000, Timeout = TestTime.Seconds(60) });
    }
}
