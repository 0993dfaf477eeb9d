namespace ObjectOS.Cli.Tests;

/// <summary>Wrong usage is told in one sentence and nothing else; help fits 80 columns.</summary>
public sealed class UsageTests
{
    [Theory]
    [InlineData("", "a command is wanted")]
    [InlineData("bogus", "there is no command \"bogus\"")]
    [InlineData("bogus --help x", "there is no command \"bogus\"")]
    [InlineData("--bogus", "there is no option --bogus")]
    [InlineData("run", "run needs the file of a program")]
    [InlineData("run --", "run needs the file of a program")]
    [InlineData("run --bogus x", "there is no option --bogus")]
    [InlineData("run -x y", "there is no option -x")]
    [InlineData("run --cwd /nope x", "--cwd is \"/nope\", which is not there")]
    [InlineData("run --dir /tmp=/a --dir /=/a x", "--dir has two grants at the guest path \"/a\"")]
    [InlineData("run --memory:64M x", "there is no option --memory:64M")]
    [InlineData("run --memory", "--memory is given without its value: --memory SIZE")]
    [InlineData("run --memory --json x", "--memory is given without its value")]
    [InlineData("run --memory= x", "--memory is given without its value")]
    [InlineData("run --stats= x", "--stats is given without its value")]
    [InlineData("run --seed 1 --seed 2 x", "--seed is given twice")]
    [InlineData("run --stats --stats=f x", "--stats is given twice")]
    [InlineData("run --json=yes x", "--json takes no value")]
    [InlineData("run --seed -1 x", "--seed is \"-1\"; a whole number, 0 or more, is wanted")]
    [InlineData("run --memory 1 x", "--memory is \"1\"; a size of at least 64K")]
    [InlineData("run --memory 64T x", "--memory is \"64T\"")]
    [InlineData("run --budget 0 x", "--budget is \"0\"; a count of at least 1")]
    [InlineData("run --budget 1.5M x", "--budget is \"1.5M\"")]
    [InlineData("run --timeout -1 x", "--timeout is \"-1\"")]
    [InlineData("run --timeout 1e9 x", "--timeout is \"1e9\"")]
    [InlineData("run --clock sun x", "--clock is \"sun\"; virtual or host is wanted")]
    [InlineData("run --gdb 0 x", "--gdb is \"0\"; a port from 1 to 65535 is wanted")]
    [InlineData("run --gdb 5555 --record /tmp/r x", "--gdb and --record are both given")]
    [InlineData("run --record /not/there/r x", "--record names /not/there/r, which cannot be written")]
    [InlineData("boot --trace-guest int", "--trace-guest is given without --trace")]
    [InlineData("boot --trace-guest all", "--trace-guest is \"all\"; int, mmu or int,mmu is wanted")]
    [InlineData("replay", "replay needs a recording")]
    [InlineData("replay a b", "replay takes one FILE; \"b\" was given beside \"a\"")]
    [InlineData("replay --until event:3 a", "--until is \"event:3\"; instruction:N, time:NS, call:N, event:LANE/N or output:TEXT is wanted")]
    [InlineData("replay --back x a", "--back is \"x\"; a count, perhaps with K, M, G or T, is wanted")]
    [InlineData("replay --gdb 5555 --back 3 a", "--gdb is given with --until or --back")]
    [InlineData("run --cwd w x", "--cwd is \"w\"; an absolute path of the guest is wanted")]
    [InlineData("run --dir /tmp x", "--dir is \"/tmp\"")]
    [InlineData("run --dir /tmp=w x", "--dir is \"/tmp=w\"")]
    [InlineData("run --dir /not/there=/w x", "--dir names the host directory \"/not/there\", which is not there")]
    [InlineData("run --env K x", "--env is \"K\"; NAME=VALUE is wanted")]
    [InlineData("run --trace /not/there/t x", "--trace names /not/there/t, which cannot be written")]
    [InlineData("run --stats=/not/there/s x", "--stats names /not/there/s, which cannot be written")]
    [InlineData("run --stats=/tmp x", "--stats names /tmp, which cannot be written")]
    [InlineData("boot a b", "boot takes one IMAGE; \"b\" was given beside \"a\"")]
    [InlineData("boot --kernel a b", "boot takes an IMAGE or --kernel; \"b\" and \"a\" are both given")]
    [InlineData("boot --bogus", "there is no option --bogus")]
    [InlineData("boot --engine jit", "--engine is \"jit\"; auto, interpreter or translator is wanted")]
    [InlineData("boot --harts 9", "--harts is \"9\"; a whole number from 1 to 8 is wanted")]
    [InlineData("boot --memory 1000K", "--memory is \"1000K\"; a size from 1M to 1T")]
    [InlineData("boot --memory 1048577", "--memory is \"1048577\"")]
    [InlineData("boot --paging sv32", "--paging is \"sv32\"; sv39, sv48 or sv57 is wanted")]
    [InlineData("boot --net all", "--net is \"all\"; none or user is wanted")]
    [InlineData("boot --publish 8080:80/udp", "--publish is given without --net user")]
    [InlineData("boot --net user --publish 80:80 --publish 8080:80/udp --publish 8080:81/udp", "--publish gives the host's UDP port 8080 twice")]
    [InlineData("boot --net user --publish 8080:80 --publish 8080:81/tcp", "--publish gives the host's TCP port 8080 twice")]
    [InlineData("boot --disk /not/there", "--disk names the file \"/not/there\", which is not there")]
    [InlineData("boot --disk /not/there:ro", "--disk names the file \"/not/there\", which is not there")]
    [InlineData("boot --disk /tmp:snapshot", "--disk names \"/tmp\", which is a directory")]
    [InlineData("boot --signature-granularity 8", "--signature-granularity is given without --signature")]
    [InlineData("boot --signature s --signature-granularity 5", "--signature-granularity is \"5\"; 4 or 8 is wanted")]
    [InlineData("boot --signature /not/there/s", "--signature names /not/there/s, which cannot be written")]
    [InlineData("boot --no-reboot=yes", "--no-reboot takes no value")]
    [InlineData("conformance", "conformance needs a suite")]
    [InlineData("conformance x", "conformance takes options only; \"x\" was given")]
    [InlineData("conformance --suite /not/there", "--suite names the directory \"/not/there\", which is not there")]
    [InlineData("conformance --suite . --reference /not/there", "--reference names the directory \"/not/there\", which is not there")]
    [InlineData("conformance --suite . --isa rv32i", "--isa is \"rv32i\"; an ISA string as rv64imac_zicsr is wanted")]
    [InlineData("conformance --suite . --jobs 0", "--jobs is \"0\"; a whole number from 1")]
    [InlineData("tour x", "tour takes no argument")]
    [InlineData("tour --json --json", "--json is given twice")]
    public async Task Usage_Wrong_IsOneSentence(string line, string sentence)
    {
        var run = await Tool.RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        run.ExitCode.Should().Be(2);
        run.Output.Should().BeEmpty();
        run.Error.Should().StartWith($"objectos: {sentence}").And.EndWith("\n");
        run.Error.TrimEnd('\n').Should().NotContain("\n");
    }

    [Theory]
    [InlineData("--help", "Commands:")]
    [InlineData("run --help", "objectos run [OPTION…] PROGRAM [ARG…]")]
    [InlineData("run --seed x --help", "--stats[=FILE]")]
    [InlineData("boot --help", "objectos boot [OPTION…] [IMAGE]")]
    [InlineData("conformance --help", "objectos conformance --suite DIR [OPTION…]")]
    [InlineData("tour -h", "objectos tour [OPTION…]")]
    public async Task Help_Asked_FitsTheScreenAndHasAnExample(string line, string part)
    {
        var run = await Tool.RunAsync(line.Split(' '));
        (run.ExitCode, run.Error).Should().Be((0, ""));
        run.Text.Should().Contain(part).And.Contain("Example").And.NotContain("ObjectOS.Cli").And.NotContain("[default");
        string[] lines = run.Text.Split('\n');
        lines.TakeWhile(l => !l.StartsWith("Example", StringComparison.Ordinal)).Should().OnlyContain(l => l.Length <= 80, "but for the examples, which can be copied");
    }

    [Fact]
    public async Task Version_Asked_IsTold() => (await Tool.RunAsync("--version")).Text.Should().MatchRegex(@"^objectos \d+\.\d+\.\d+");

    [Fact]
    public void Wrap_LongText_BreaksBetweenWords() =>
        CommandHelp.Wrap(string.Join(' ', Enumerable.Repeat("word", 40)), 8, 8).Should().OnlyContain(l => l.Length <= 80 && !l.EndsWith(' ')).And.HaveCount(3);
}
