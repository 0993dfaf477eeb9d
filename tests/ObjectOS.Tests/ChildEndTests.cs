using ObjectOS.Abi;

namespace ObjectOS.Tests;

/// <summary>What becomes of programs under kernels whose ground does not go on.</summary>
public sealed class ChildEndTests
{
    private static readonly TimeSpan Soon = TestTime.Seconds(30);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Trace_ThatCannotBeWritten_EndsTheProgramsOfAllLevels(int depth)
    {
        using var disk = new Disk();
        await using var trace = new StreamWriter(disk);
        await using var os = await ObjectOs.BootAsync(o => o.Trace = trace);
        var innermost = await os.DescendAsync(depth);
        var running = await innermost.StartAsync(Programs.Endless);
        disk.IsFull = true;
        var result = await innermost.RunAsync(Programs.Misbehave("exit-42")).WaitAsync(Soon);
        (result.End, result.Message).Should().Be((RunEnd.KernelHalted, "the trace cannot be written: it is full"));
        (await running.Completion.WaitAsync(Soon)).End.Should().Be(RunEnd.KernelHalted);
        (await innermost.RunAsync(Programs.Misbehave("exit-42")).WaitAsync(Soon)).Message.Should().Be(result.Message, "nothing runs any more, and says so");
        disk.IsFull = false;
    }

    [Fact]
    public async Task Memory_ThatIsUsedUp_EndsTheProgramsUnderIt_AndThoseThatComeLater()
    {
        await using var os = await ObjectOs.BootAsync();
        await using var child = await os.CreateChildAsync(o => o.Memory = 768.KiB());
        await using var grandchild = await child.CreateChildAsync(o => o.Memory = 64.MiB());
        const string Told = "the OS object at 0.1 has used up its memory of 786432 bytes";
        foreach (var level in new[] { grandchild, grandchild, child })
        {
            var result = await level.RunAsync(Programs.Lisp("fib.scm")).WaitAsync(Soon);
            (result.End, result.ExitCode, result.Message).Should().Be((RunEnd.MemoryExhausted, 137, Told));
        }

        var machine = new MachineSpec { Image = Repository.PathOf("images", "tiny", "tiny.elf") };
        (await child.BootMachineAsync(machine).WaitAsync(Soon)).Message.Should().Be(Told);
        (await os.RunAsync(Programs.Misbehave("exit-42"))).ExitCode.Should().Be(42);
    }

    [Fact]
    public async Task Memory_ThatIsUsedUpAbove_IsNotSaidToBeTheChilds()
    {
        await using var os = await ObjectOs.BootAsync(o => o.Memory = 4.MiB());
        await using var neighbour = await os.CreateChildAsync(o => o.ReservedMemory = 2.MiB());
        await using var child = await os.CreateChildAsync(o => o.Memory = 4.MiB());
        var result = await child.RunAsync(Programs.Misbehave("memory-hog") with { Limits = new ProgramLimits { Memory = 32.MiB() } }).WaitAsync(Soon);
        (result.End, result.Message).Should().Be((RunEnd.MemoryExhausted, "the OS object at 0.2 gets no more memory: one that it lies in has used up its own"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Handler_IsAsked_WhileAProgramIsStarted(int above)
    {
        ulong granted = 64.KiB();
        await using var os = await ObjectOs.BootAsync();
        await using var child = await (await os.DescendAsync(above)).CreateChildAsync(o =>
        {
            o.Memory = granted;
            o.ExitHandler = (cpu, exit) =>
            {
                exit.Kind.Should().Be(ExitKind.MemoryExhausted);
                cpu.SetMemoryLimit(granted += 4.KiB());
                cpu.Resume();
            };
        });
        var expected = await os.RunAsync(Programs.Lisp("fib.scm"));
        var found = await child.RunAsync(Programs.Lisp("fib.scm")).WaitAsync(Soon);
        (found.End, found.Instructions, found.Output, found.Message).Should().Be((expected.End, expected.Instructions, expected.Output, null));
    }

    [Fact]
    public async Task Handler_ThatThrows_EndsThoseProgramsAlone()
    {
        await using var os = await ObjectOs.BootAsync();
        await using var sibling = await os.CreateChildAsync();
        await using var child = await os.CreateChildAsync(o => (o.Memory, o.ExitHandler) = (768.KiB(), (_, _) => throw new InvalidTimeZoneException("late")));
        var result = await child.RunAsync(Programs.Lisp("fib.scm")).WaitAsync(Soon);
        (result.End, result.Message).Should().Be((RunEnd.KernelHalted, "the exit handler of the OS object at 0.2 failed: InvalidTimeZoneException: late"));
        (await sibling.RunAsync(Programs.Lisp("fib.scm")).WaitAsync(Soon)).EnsureSuccess();
    }

    [Fact]
    public async Task Handler_ThatDoesNotResume_IsWhatAStartTells()
    {
        await using var os = await ObjectOs.BootAsync();
        await using var child = await os.CreateChildAsync(o => (o.Memory, o.ExitHandler) = (64.KiB(), (_, _) => { }));
        var result = await child.RunAsync(Programs.Lisp("fib.scm")).WaitAsync(Soon);
        (result.End, result.Message).Should().Be((RunEnd.NotRunnable, $"{Programs.LispPath}: not started: the virtual CPU under it waits for its holder, or one above does"));
    }

    private sealed class Disk : MemoryStream
    {
        private volatile bool _isFull;

        public bool IsFull
        {
            get => _isFull;
            set => _isFull = value;
        }

        public override void Write(ReadOnlySpan<byte> buffer) => Write([], 0, 0);

        public override void Write(byte[] buffer, int offset, int count)
        {
            if (_isFull)
            {
                throw new IOException("it is full.");
            }
        }
    }
}
