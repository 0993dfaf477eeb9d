using ObjectOS.Services.Programs;

namespace ObjectOS.Services.Native.Tests;

/// <summary>Native programs from their start to their end.</summary>
public sealed class NativeProgramTests
{
    /// <summary>Suspending at every instruction; the service reborn after every message; memory that is suspended now and then.</summary>
    public static TheoryData<bool, bool, bool> Ways => new() { { false, false, false }, { true, false, false }, { false, true, false }, { false, true, true } };

    [Theory]
    [MemberData(nameof(Ways))]
    public void Hello_WritesItsArguments_AndExitsWithTheirNumber(bool suspending, bool reborn, bool absentMinded)
    {
        using var host = new NativeHost(suspending, reborn, absentMinded);
        var end = host.Run("hello", ["näive", "", "cell"]);
        (end.Reason, end.Code, end.Output).Should().Be((ProgramEnd.Exited, 3UL, "hello from a cell näive  cell\n"));
        end.Record.Instructions.Should().BeGreaterThan(100);
        end.Record.PeakBytes.Should().BeInRange(4096, 64 << 10);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Pingpong_BetweenTwoCells_CountsInBoth(bool suspending, bool reborn, bool absentMinded)
    {
        using var host = new NativeHost(suspending, reborn, absentMinded);
        var end = host.Run("pingpong", ["500"]);
        end.Output.Should().MatchRegex("^500 calls and answers in [0-9]+ ns; my own copy of the data says 1, the server's 1001\n$");
        (end.Reason, end.Code).Should().Be((ProgramEnd.Exited, 0UL));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Server_KeepsClientsApartByTheirBadges(bool suspending, bool reborn, bool absentMinded)
    {
        using var host = new NativeHost(suspending, reborn, absentMinded);
        var end = host.Run("server");
        (end.Reason, end.Code, end.Output).Should().Be((ProgramEnd.Exited, 0UL, "12 of 12 clients got their own sums\n"));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Share_ShowsWritesBothWays_AndFaultsOnTheReadOnlyMapping(bool suspending, bool reborn, bool absentMinded)
    {
        using var host = new NativeHost(suspending, reborn, absentMinded);
        var end = host.Run("share");
        end.Output.Should().Be(
            "the other cell saw my write\nI saw its write\nthe reader's write: cause 15, at the shared page, which is as it was\n");
        (end.Reason, end.Code).Should().Be((ProgramEnd.Exited, 0UL));
    }

    [Theory]
    [InlineData("guess", "25088 guesses, 0 opened something\n")]
    [InlineData("dead-endpoint", "the call ended with status 10\n")]
    public void Misbehaviour_GetsItsStatus(string deed, string output)
    {
        using var host = new NativeHost();
        var end = host.Run("misbehave-native", [deed]);
        (end.Reason, end.Code, end.Output).Should().Be((ProgramEnd.Exited, 0UL, output));
    }

    [Fact]
    public void ThreadBomb_EndsAtTheQuotaOfObjects()
    {
        using var host = new NativeHost();
        var end = host.Run("misbehave-native", ["threads"], objects: 500);
        end.Output.Should().MatchRegex("^2[0-9][0-9] threads, then status 7\n$");
        (end.Reason, end.Code).Should().Be((ProgramEnd.Exited, 0UL));
    }

    [Theory]
    [InlineData("null-write", 15, 11)]
    [InlineData("stack-overflow", 15, 11)]
    [InlineData("illegal", 2, 4)]
    public void Misbehaviour_IsToldAsItsPreciseTrap(string deed, int cause, int signal)
    {
        using var host = new NativeHost();
        var end = host.Run("misbehave-native", [deed]);
        (end.Reason, end.Code, end.Record.Cause).Should().Be((ProgramEnd.Fault, (ulong)signal, (ulong)cause));
        end.Record.Pc.Should().BeInRange(0x11000, 0x12000);
        switch (deed)
        {
            case "null-write":
                end.Record.Address.Should().Be(0);
                break;
            case "stack-overflow":
                end.Record.Address.Should().BeInRange(0x3F_DFFE_F000, 0x3F_DFFE_FFFF, "that is the page below the stack");
                break;
            default:
                end.Record.Instruction.Should().Be(0);
                break;
        }
    }

    [Theory]
    [InlineData("storm")]
    [InlineData("loop")]
    public void EndlessPrograms_EndWithTheirBudget_OrAreStopped(string deed)
    {
        using var host = new NativeHost();
        var end = host.Run("misbehave-native", [deed], budget: 5_000_000);
        end.Reason.Should().Be(ProgramEnd.BudgetExhausted);
        end.Record.Charged.Should().BeInRange(5_000_000, 5_001_000);
        host.Start(2, "misbehave-native", [deed]);
        host.RunSlices(10);
        host.Stop(2);
        end = host.RunUntilEnd(2);
        (end.Reason, end.Code).Should().Be((ProgramEnd.Signalled, 9UL));
    }

    [Fact]
    public void MemoryHog_EndsAtItsQuota_AndTooSmallAQuotaIsToldAtTheStart()
    {
        using var host = new NativeHost();
        var end = host.Run("misbehave-native", ["memory-hog"], memory: 1 << 20);
        (end.Reason, end.Record.Cause).Should().Be((ProgramEnd.MemoryExhausted, 0x103UL));
        end.Record.PeakBytes.Should().Be(1 << 20);
    }

    [Fact]
    public void OtherFiles_AreRefusedWithAReason()
    {
        using var host = new NativeHost();
        var end = host.Run("lisp");
        (end.Reason, end.Record.Text).Should().Be((ProgramEnd.NotRunnable, "the program has no note \"ObjectOS\" of type 1: it does not make ObjectOS invocations"));
        host.Run("hello", objects: 10).Record.Text.Should().Contain("objects");
    }

    [Fact]
    public void AllPrograms_BesideEachOther_AreAsAlone_AndGiveEverythingBack()
    {
        using var host = new NativeHost();
        host.Run("hello");
        host.RunSlices(5);
        host.Service.Status(out var before);
        ulong frames = host.LiveFrames;
        (string Image, string[] Arguments, ulong Budget)[] programs =
        [
            ("hello", [], 0), ("pingpong", ["200"], 0), ("server", [], 0), ("share", [], 0), ("misbehave-native", ["guess"], 0), ("misbehave-native", ["dead-endpoint"], 0),
            ("misbehave-native", ["threads"], 0), ("misbehave-native", ["storm"], 3_000_000), ("misbehave-native", ["loop"], 3_000_000),
            ("misbehave-native", ["stack-overflow"], 0), ("misbehave-native", ["null-write"], 0), ("misbehave-native", ["illegal"], 0), ("misbehave-native", ["memory-hog"], 0),
        ];
        for (int i = 0; i < programs.Length; i++)
        {
            host.Start((ulong)i + 100, programs[i].Image, programs[i].Arguments, programs[i].Budget);
        }

        var ends = Enumerable.Range(0, programs.Length).Select(i => host.RunUntilEnd((ulong)i + 100)).ToArray();
        for (int i = 0; i < programs.Length; i++)
        {
            using var alone = new NativeHost();
            var end = alone.Run(programs[i].Image, programs[i].Arguments, budget: programs[i].Budget);
            (ends[i].Reason, ends[i].Code, ends[i].Record.Cause, ends[i].Record.Pc, ends[i].Record.Address).Should()
                .Be((end.Reason, end.Code, end.Record.Cause, end.Record.Pc, end.Record.Address), $"{programs[i].Image} {string.Join(' ', programs[i].Arguments)}");
            if (programs[i].Image != "pingpong")
            {
                ends[i].Output.Should().Be(end.Output, "only the time of pingpong depends on neighbours");
            }
        }

        host.RunSlices(5);
        host.Service.Status(out var after);
        (after.Objects, after.ChargedBytes, after.Threads).Should().Be((before.Objects, before.ChargedBytes, before.Threads));
        host.LiveFrames.Should().Be(frames);
        host.Kernel.Statistics.Cells.Should().HaveCount(2, "the root and the service");
    }
}
