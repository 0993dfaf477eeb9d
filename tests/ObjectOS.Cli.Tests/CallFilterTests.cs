using ObjectOS.Cli.Jail;

namespace ObjectOS.Cli.Tests;

/// <summary>The filter of system calls, run as Linux runs it.</summary>
public sealed class CallFilterTests
{
    private const uint X64 = 0xc000003e, I386 = 0x40000003;
    private const int Process = 4711;

    private static readonly JailGrants Nothing = new();

    [Theory]
    [InlineData("read", 0)]
    [InlineData("pread64", 17)]
    [InlineData("futex", 202)]
    [InlineData("exit_group", 231)]
    [InlineData("getrandom", 318)]
    [InlineData("memfd_create", 319)]
    [InlineData("rseq", 334)]
    public void Call_ThatTheRuntimeNeeds_IsAllowed(string name, int number) => Decide(Nothing, number).Should().Be("allow", name);

    [Theory]
    [InlineData("socket", 41)]
    [InlineData("connect", 42)]
    [InlineData("accept4", 288)]
    [InlineData("fork", 57)]
    [InlineData("vfork", 58)]
    [InlineData("rename", 82)]
    [InlineData("unlink", 87)]
    [InlineData("open_by_handle_at", 304)]
    [InlineData("io_uring_setup", 425)]
    [InlineData("pidfd_getfd", 438)]
    [InlineData("seccomp", 317)]
    [InlineData("a call that is not there yet", 10_000)]
    [InlineData("read of x32", 0x40000000)]
    public void Call_ThatNothingNeeds_IsNotPermitted(string name, int number) => Decide(Nothing, number).Should().Be("errno 1", name);

    [Theory]
    [InlineData("execve", 59)]
    [InlineData("execveat", 322)]
    [InlineData("ptrace", 101)]
    [InlineData("process_vm_writev", 311)]
    public void Call_ThatOnlyAnEscapeMakes_EndsTheProcess(string name, int number) => Decide(Everything(), number).Should().Be("kill", name);

    [Fact]
    public void OtherArchitecture_EndsTheProcess() => DecideOn(I386, Nothing, 0).Should().Be("kill");

    [Fact]
    public void Memory_IsNeverWrittenAndExecuted()
    {
        Decide(Nothing, 9, 0, 4096, 3).Should().Be("allow");
        Decide(Nothing, 9, 0, 4096, 5).Should().Be("allow", "translated code has a view that is executed");
        Decide(Nothing, 9, 0, 4096, 7).Should().Be("errno 1");
        Decide(Nothing, 10, 0, 4096, 3).Should().Be("allow");
        Decide(Nothing, 10, 0, 4096, 5).Should().Be("errno 1");
    }

    [Fact]
    public void Threads_AreStarted_AndProcessesAreNot()
    {
        Decide(Nothing, 56, 0x3d0f00).Should().Be("allow", "these are the flags of a thread");
        Decide(Nothing, 56, 0x1200011).Should().Be("errno 1", "these are the flags of fork");
        Decide(Nothing, 56, 0x10000 | 0x10000000).Should().Be("errno 1", "a user namespace is asked for");
        Decide(Nothing, 435, 0x1000, 88).Should().Be("errno 38", "the C library then takes clone");
    }

    [Fact]
    public void Signals_ReachThisProcessAlone()
    {
        Decide(Nothing, 62, Process, 15).Should().Be("allow");
        Decide(Nothing, 62, 1, 15).Should().Be("errno 1");
        Decide(Nothing, 62, ulong.MaxValue, 15).Should().Be("errno 1");
        Decide(Nothing, 234, Process, 5, 34).Should().Be("allow");
        Decide(Nothing, 234, 1, 1, 34).Should().Be("errno 1");
    }

    [Fact]
    public void Files_AreOpenedForWriting_OnlyIfOneIsGranted()
    {
        var writing = new JailGrants();
        writing.Write.Add("disk");
        foreach (ulong flags in (ulong[])[1, 2, 0x40, 0x200, 0x410000, 0x80241])
        {
            Decide(Nothing, 257, 0, 0, flags).Should().Be("errno 1");
            Decide(writing, 257, 0, 0, flags).Should().Be("allow");
        }

        Decide(Nothing, 257, 0, 0, 0x80000).Should().Be("allow", "Landlock decides on reading");
        Decide(writing, 82).Should().Be("errno 1", "a disk does not change its directory");
    }

    [Fact]
    public void Names_AreChanged_OnlyInAFolderThatIsGranted()
    {
        var grants = new JailGrants();
        grants.WriteFolders.Add("folder");
        foreach (int number in (int[])[82, 83, 84, 86, 87, 88, 90, 280, 316])
        {
            Decide(grants, number).Should().Be("allow");
            Decide(Nothing, number).Should().Be("errno 1");
        }

        var output = new JailGrants();
        output.AddOutput("/tmp/figures.json");
        (Decide(output, 82), Decide(output, 87), Decide(output, 83)).Should().Be(("allow", "allow", "errno 1"));
    }

    [Fact]
    public void Sockets_AreMade_OnlyForPublishedPorts()
    {
        var gdb = new JailGrants { UsesSockets = true };
        (Decide(gdb, 288), Decide(gdb, 41, 2), Decide(gdb, 49), Decide(gdb, 42)).Should().Be(("allow", "errno 1", "errno 1", "errno 1"));
        var published = new JailGrants { UsesSockets = true, MakesSockets = true };
        (Decide(published, 41, 2), Decide(published, 41, 1), Decide(published, 49), Decide(published, 42)).Should().Be(("allow", "errno 1", "allow", "errno 1"));
    }

    [Fact]
    public void Limits_AreReadAndNotSet()
    {
        Decide(Nothing, 302, 0, 3, 0, 0x1000).Should().Be("allow");
        Decide(Nothing, 302, 0, 3, 0x1000, 0).Should().Be("errno 1");
        Decide(Nothing, 302, 0, 3, 0x100000000, 0).Should().Be("errno 1");
    }

    [Fact]
    public void Terminal_IsSet_AndTypesNothing()
    {
        Decide(Nothing, 16, 0, 0x5402).Should().Be("allow");
        Decide(Nothing, 16, 0, 0x5412).Should().Be("errno 1", "TIOCSTI has the shell read what was not typed");
    }

    private static JailGrants Everything()
    {
        var grants = new JailGrants { UsesSockets = true, MakesSockets = true };
        grants.WriteFolders.Add("folder");
        grants.AddOutput("/tmp/figures.json");
        return grants;
    }

    private static string Decide(JailGrants grants, int number, params ulong[] arguments) => DecideOn(X64, grants, number, arguments);

    /// <summary>Runs the filter (uapi/linux/filter.h) on one call, whose record is that of uapi/linux/seccomp.h.</summary>
    private static string DecideOn(uint architecture, JailGrants grants, int number, params ulong[] arguments)
    {
        var record = new byte[64];
        BitConverter.TryWriteBytes(record, number);
        BitConverter.TryWriteBytes(record.AsSpan(4), architecture);
        for (int i = 0; i < arguments.Length; i++)
        {
            BitConverter.TryWriteBytes(record.AsSpan(16 + (8 * i)), arguments[i]);
        }

        ulong[] filter = CallFilter.Create(grants, Process);
        uint a = 0;
        for (int at = 0; ; at++)
        {
            ulong instruction = filter[at];
            uint value = (uint)(instruction >> 32);
            int whether = -1;
            switch (instruction & 0xffff)
            {
                case 0x20: a = BitConverter.ToUInt32(record, (int)value); break;
                case 0x54: a &= value; break;
                case 0x15: whether = a == value ? 1 : 0; break;
                case 0x25: whether = a > value ? 1 : 0; break;
                case 0x35: whether = a >= value ? 1 : 0; break;
                case 0x45: whether = (a & value) != 0 ? 1 : 0; break;
                case 0x06: return value switch { 0x7fff0000 => "allow", 0x80000000 => "kill", _ when value >> 16 == 5 => $"errno {value & 0xffff}", _ => $"{value:x}" };
                default: throw new InvalidOperationException($"instruction {instruction:x}");
            }

            at += whether < 0 ? 0 : (int)(instruction >> (whether == 1 ? 16 : 24) & 0xff);
        }
    }
}
