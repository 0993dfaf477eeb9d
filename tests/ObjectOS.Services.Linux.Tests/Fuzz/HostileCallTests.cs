using ObjectOS.Services.Programs;

namespace ObjectOS.Services.Linux.Tests.Fuzz;

/// <summary>Calls that once halted the kernel, took from a neighbour, or went otherwise than on Linux.</summary>
public sealed class HostileCallTests
{
    private const ulong Job = 5;

    private static (FuzzEnd End, long[] Results) Run(CallList calls) => InDirectory(directory =>
    {
        using var host = new FuzzHost(FuzzWay.Plain, directory);
        host.Start(Job, new CallList().ToProgram(), 0, []);
        host.Run(Job);
        host.Settle();
        var before = (host.LiveFrames, host.Slots);
        host.Start(Job + 1, calls.ToProgram(), 50_000_000, []);
        var end = host.Run(Job + 1)[0];
        host.Settle();
        (host.LiveFrames, host.Slots).Should().Be(before, "frames and capabilities come back");
        return (end, CallList.Read(end.Output));
    });

    private static T InDirectory<T>(Func<string, T> run)
    {
        var directory = Directory.CreateTempSubdirectory("objectos-");
        try
        {
            return run(directory.FullName);
        }
        finally
        {
            directory.Delete(true);
        }
    }

    [Fact]
    public void Rename_InsideProc_IsRefused()
    {
        var calls = new CallList();
        calls.Call(38, CallList.CurrentDirectory, calls.Text("/proc/self/exe"), CallList.CurrentDirectory, calls.Text("/proc/x"));
        calls.Call(38, CallList.CurrentDirectory, calls.Text("/tmp/../proc/self/fd/1"), CallList.CurrentDirectory, calls.Text("/proc/self/y"));
        var (end, results) = Run(calls);
        end.Reason.Should().Be(ProgramEnd.Exited);
        results[..2].Should().Equal(-13, -13); // EACCES: the directories of /proc have no right to write.
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void WriteVector_ThatShrinksWhileItsWriterWaits_EndsWithWhatWasWritten(bool isStream)
    {
        var calls = new CallList();
        ulong vector = calls.Words(FuzzData.At, 98_000);
        ulong numbers = calls.Words(0);
        calls.Call(59, numbers);
        calls.Clone(CallList.ThreadFlags, CallList.Stack, () =>
        {
            calls.Call(101, calls.Words(0, 100_000));
            calls.Call(135, 0, 0, vector + 8); // The old mask, zero, over the length.
            calls.Call(63, isStream ? 0UL : 3, CallList.Buffer, 4096);
            calls.Call(101, calls.Words(0, 100_000_000));
            calls.End();
        });
        calls.Call(66, isStream ? 2UL : 4, vector, 1);
        calls.Call(93, 0);
        Run(calls).End.Reason.Should().Be(ProgramEnd.Exited);
    }

    [Fact]
    public void TimedWait_ForASignalSentMeanwhile_GetsIt()
    {
        var calls = new CallList();
        ulong set = calls.Words(1UL << 9);
        calls.Call(135, 0, set, 0, 8);
        calls.Clone(CallList.ThreadFlags, CallList.Stack, () =>
        {
            calls.Call(101, calls.Words(0, 1_000_000));
            calls.Call(129, 100, 10);
            calls.Call(101, calls.Words(0, 1_000_000));
            calls.Call(130, 101, 10);
            calls.Call(101, calls.Words(0, 1_000_000));
            calls.End();
        });
        calls.Call(137, set, 0, 0, 8);
        calls.Call(137, set, 0, 0, 8);
        calls.Call(93, 0);
        var (end, results) = Run(calls);
        end.Reason.Should().Be(ProgramEnd.Exited);
        results[9..11].Should().Equal(10, 10);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Maps_OfManyRegions_AllHaveRoom(int splits)
    {
        // A process begins with a small quota of kernel objects, which grows: at whatever step that is.
        var calls = new CallList();
        calls.Call(222, 0, 3 * 4096, 3, 0x22, ulong.MaxValue, 0);
        for (int i = 0; i < splits; i++)
        {
            calls.Call(222, 0x100000, 4096, 3, 0x32, ulong.MaxValue, 0);
            calls.Call(226, 0x100000, 4096, 1);
            calls.Call(214, 0x200000);
        }

        for (int i = 0; i < 50 - (3 * splits); i++)
        {
            calls.Call(222, 0, 3 * 4096, 3, 0x22, ulong.MaxValue, 0);
        }

        var (end, results) = Run(calls);
        end.Reason.Should().Be(ProgramEnd.Exited);
        results[..50].Should().OnlyContain(result => result >= 0);
    }

    [Fact]
    public void Execute_OfProgramsThatCannotBeLoaded_LeavesNothingBehind()
    {
        var calls = new CallList();
        ulong path = calls.Text("/tmp/a");
        calls.Call(56, CallList.CurrentDirectory, path, 0x41, 0x1ff);
        calls.Call(64, 3, calls.Put(OverTheStack()), 176);
        calls.Call(57, 3);
        for (int i = 0; i < 5; i++)
        {
            calls.Clone(17, 0, () => calls.Call(260, ulong.MaxValue, CallList.Buffer));
            calls.Call(172);
            calls.Call(129, CallList.Result(0), 0);
            calls.Call(221, path, 0, 0);
        }

        Run(calls).End.Reason.Should().BeOneOf(ProgramEnd.Exited, ProgramEnd.NotRunnable, ProgramEnd.Signalled);
    }

    /// <summary>A program whose second segment lies where the stack is to be.</summary>
    private static byte[] OverTheStack()
    {
        ulong[] words =
        [
            0x00010102464c457f, 0, 2 | (243UL << 16) | (1UL << 32), 0x10000 + 174, 64, 0, 64 << 16 << 16 | (56UL << 48), 2,
            1 | (7UL << 32), 0, 0x10000, 0x10000, 176, 176, 4096,
            1 | (6UL << 32), 0, 0x3f_ffef_f000, 0x3f_ffef_f000, 0, 4096, 4096,
        ];
        return [.. words.SelectMany(BitConverter.GetBytes)];
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Flood_OfRequestsToTheHost_HoldsNeighboursUpAndTakesNothingFromThem(bool isLog)
    {
        const int Times = 6000;
        var flood = new CallList();
        ulong path = flood.Text("/tmp/a");
        flood.Call(56, CallList.CurrentDirectory, path, 0x41, 0x1ff);
        for (int i = 0; i < Times; i++)
        {
            flood.Call(isLog ? 221 : 64, isLog ? path : 1, isLog ? 0 : path, isLog ? 0UL : 1);
        }

        var honest = new CallList();
        ulong text = honest.Text("12345678");
        for (int i = 0; i < 40; i++)
        {
            Enumerable.Repeat(124, 75).ToList().ForEach(call => honest.Call(call));
            honest.Call(64, 1, text, 8);
        }

        var ends = InDirectory(directory =>
        {
            using var host = new FuzzHost(FuzzWay.Plain, directory, isLog) { Slice = 20_000_000, IsTraced = false };
            host.Start(Job, flood.ToProgram(), 0, []);
            host.Start(Job + 1, honest.ToProgram(), 0, []);
            return host.Run(Job, Job + 1);
        });
        ends.Should().OnlyContain(end => end.Reason == ProgramEnd.Exited);
        ends[0].Output.Length.Should().Be((isLog ? 0 : Times) + (FuzzScript.Results * 8));
        ends[1].Output.Should().StartWith(string.Concat(Enumerable.Repeat("12345678", 40)));
    }

    [Fact]
    public void Alarms_ThatAreIgnored_TakeNoTimeFromOthers()
    {
        var calls = new CallList();
        calls.Call(134, 14, calls.Words(1, 0, 0), 0, 8);
        calls.Call(103, 0, calls.Words(0, 1, 0, 1));
        calls.Call(101, calls.Words(1, 0));
        var end = Run(calls).End;
        end.Reason.Should().Be(ProgramEnd.Exited);
        end.Record.Instructions.Should().BeLessThan(10_000);
    }

    [Fact]
    public void Write_OfNothingBehindTheEnd_LeavesTheFileAsItIs()
    {
        var calls = new CallList();
        calls.Call(56, CallList.CurrentDirectory, calls.Text("/tmp/a"), 0x42, 0x1ff);
        calls.Call(68, 3, FuzzData.At, 0, 4096);
        calls.Call(62, 3, 0, 2);
        Run(calls).Results[..3].Should().Equal(3, 0, 0);
    }
}
