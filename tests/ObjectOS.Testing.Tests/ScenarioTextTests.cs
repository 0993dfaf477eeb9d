using ObjectOS.Testing.Comparing;

namespace ObjectOS.Tests.Testing;

/// <summary>Scenario files: what they say, and one sentence about each mistake.</summary>
public sealed class ScenarioTextTests
{
    [Fact]
    public void Text_WithEachStep_IsRead()
    {
        const string Text = """
            # a comment
            run app.elf --flag "two words"
            dir data=/data:rw
            cwd /data
            env A=b=c
            memory 1048576
            budget 1000
            depth 2
            timeout 9
            wait "login: " 5
            type root
            send "a\tb\x03"
            end-input
            expect exit 3
            expect output done
            expect file data/out.txt yes
            expect at-most instructions 500
            fail call 7 13
            fail request 1.disk1 3
            cut 1.net
            full 1.files1 2
            delay 1.disk2 5ms 4
            accept 0/t1 "uname*"
            """;
        var scenario = ScenarioText.Parse(Text, "all", "/base");
        scenario.Program.Should().Be("/base/app.elf");
        scenario.Arguments.Should().Equal("--flag", "two words");
        scenario.Directories.Should().Equal(new DirectoryGrant("/base/data", "/data", true));
        (scenario.WorkingDirectory, scenario.Memory, scenario.Budget, scenario.Depth, scenario.Timeout).Should().Be(("/data", 1048576UL, 1000UL, 2, TimeSpan.FromSeconds(9)));
        scenario.Environment.Should().Equal(new Dictionary<string, string> { ["A"] = "b=c" });
        scenario.Steps.Select(step => (step.Kind, step.Text)).Should().Equal((StepKind.Wait, "login: "), (StepKind.Type, "root\n"), (StepKind.Type, "a\tb\x03"), (StepKind.End, ""));
        scenario.Steps[0].Within.Should().Be(TimeSpan.FromSeconds(5));
        scenario.Checks.Should().Equal(
            new ScenarioCheck(CheckKind.ExitCode, "", "3"), new ScenarioCheck(CheckKind.Output, "", "done"), new ScenarioCheck(CheckKind.File, "/base/data/out.txt", "yes"),
            new ScenarioCheck(CheckKind.Property, "instructions", "500"));
        scenario.Faults.Should().Equal(
            InjectedFault.FailCall(7, 13), InjectedFault.FailRequest("1.disk1", 3), InjectedFault.FailRequest("1.net", 1, 32, true), InjectedFault.FailRequest("1.files1", 2, 28, true),
            InjectedFault.DelayRequest("1.disk2", 4, 5_000_000, true));
        scenario.Accepted.Should().Equal(new AcceptedDifference("0/t1", "uname*"));
    }

    [Theory]
    [InlineData("jump", "x:1: \"jump\" is no step: run, dir, cwd, env, memory, budget, depth, timeout, type, send, wait, end-input, expect, fail, cut, full, delay or accept is wanted")]
    [InlineData("\n\nbudget much", "x:3: \"much\" is no number")]
    [InlineData("budget", "x:1: one N is wanted, 0 were found")]
    [InlineData("dir here", "x:1: \"here\" grants nothing: HOST=GUEST[:rw] is wanted")]
    [InlineData("env A", "x:1: \"A\" is no variable: K=V is wanted")]
    [InlineData("wait \"open", "x:1: a quoted word has no end")]
    [InlineData("expect nothing", "x:1: expect exit N, expect output TEXT, expect file PATH TEXT or expect at-most instructions|charged|memory|time N is wanted")]
    [InlineData("delay 1.disk1 5", "x:1: \"5\" is no time: a whole number with ns, us, ms or s is wanted")]
    [InlineData("delay 1.disk1 0ms", "x:1: \"delay 1.disk1 0ms\" is out of range: counts begin at 1, error numbers are 1 to 4095, delays at most 1000000s, and a target has a name")]
    [InlineData("fail call 0", "x:1: \"fail call 0\" is out of range: counts begin at 1, error numbers are 1 to 4095, delays at most 1000000s, and a target has a name")]
    [InlineData("fail call 1 4294967297", "x:1: \"fail call 1 4294967297\" is out of range: counts begin at 1, error numbers are 1 to 4095, delays at most 1000000s, and a target has a name")]
    [InlineData("cut \"\"", "x:1: \"cut \" is out of range: counts begin at 1, error numbers are 1 to 4095, delays at most 1000000s, and a target has a name")]
    [InlineData("cut", "x:1: fail call N [ERRNO], fail request TARGET N [ERRNO], cut TARGET [N], full TARGET [N] or delay TARGET TIME [N] is wanted")]
    public void Text_WithAMistake_IsRefusedInOneSentence(string text, string message) =>
        ((Func<Scenario>)(() => ScenarioText.Parse(text, "x", "/"))).Should().Throw<ScenarioException>().WithMessage(message);

    [Theory]
    [InlineData("run a\nmemory 5", "x:2: memory is 5 bytes; 64 KiB to 1 TiB are wanted")]
    [InlineData("memory 1099511627777", "x:1: memory is 1099511627777 bytes; 64 KiB to 1 TiB are wanted")]
    [InlineData("\nbudget 0", "x:2: budget is 0; at least 1 virtual instruction is wanted")]
    [InlineData("depth 2\ndepth 257", "x:2: depth is 257; 0 to 256 is wanted")]
    [InlineData("depth 4294967296", "x:1: depth is 2147483647; 0 to 256 is wanted")]
    [InlineData("timeout 0", "x:1: timeout is 0 seconds; more than 0 and at most 49 days are wanted")]
    [InlineData("timeout 9223372036854775807", "x:1: timeout is 922337203685 seconds; more than 0 and at most 49 days are wanted")]
    [InlineData("wait a 9223372036854775807", "x:1: wait takes 922337203685 seconds; more than 0 and at most 49 days are wanted")]
    [InlineData("wait a 0", "x:1: wait takes 0 seconds; more than 0 and at most 49 days are wanted")]
    [InlineData("fail call 1\nexpect exit 0\nfail call 2", "x:3: two system calls are to fail; one is wanted")]
    [InlineData("dir a=/a\ndir b=/a/", "x:2: dir has two grants at the guest path \"/a\"; one is wanted")]
    [InlineData("dir a=/a/../b", "x:1: dir has the guest path \"/a/../b\"; a path without \"..\" is wanted")]
    [InlineData("cwd /nowhere\ndir a=/a", "x:1: cwd is \"/nowhere\", which is not there: neither in the guest's own tree nor in a granted directory")]
    [InlineData("cwd here", "x:1: cwd is \"here\"; an absolute path of the guest is wanted")]
    [InlineData("run a\nenv \"A=\\x00\"", "x:2: An argument or a variable holds a NUL character, which ends strings for programs")]
    public void Text_WithAValueThatTheLibraryRefuses_IsRefusedAtItsLine(string text, string message) =>
        ((Func<Scenario>)(() => ScenarioText.Parse(text, "x", "/"))).Should().Throw<ScenarioException>().WithMessage(message);

    [Fact]
    public void Text_WhoseDirectoryComesAfterItsUse_IsRead() =>
        ScenarioText.Parse("cwd /a\ndir no-such-folder=/a\ndepth 256\nmemory 65536\ntimeout 4233600\n", "x", "/").Depth.Should().Be(256);

    [Fact]
    public void Alignment_OfRandomLists_HasBothAndIsShortest()
    {
        var random = new Random(11);
        for (int round = 0; round < TestScale.Of(300); round++)
        {
            string[] left = [.. Enumerable.Range(0, random.Next(9)).Select(_ => "abc"[random.Next(3)].ToString())];
            string[] right = [.. Enumerable.Range(0, random.Next(9)).Select(_ => "abc"[random.Next(3)].ToString())];
            var lines = Alignment.Of(left, right);
            lines.Where(line => line.Side != AlignedSide.Right).Select(line => line.Text).Should().Equal(left);
            lines.Where(line => line.Side != AlignedSide.Left).Select(line => line.Text).Should().Equal(right);
            lines.Count(line => line.Side == AlignedSide.Both).Should().Be(LongestCommon(left, right));
        }
    }

    private static int LongestCommon(string[] a, string[] b)
    {
        var best = new int[a.Length + 1, b.Length + 1];
        for (int i = 1; i <= a.Length; i++)
        {
            for (int j = 1; j <= b.Length; j++)
            {
                best[i, j] = a[i - 1] == b[j - 1] ? best[i - 1, j - 1] + 1 : Math.Max(best[i - 1, j], best[i, j - 1]);
            }
        }

        return best[a.Length, b.Length];
    }
}
