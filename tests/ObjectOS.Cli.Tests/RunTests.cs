using System.Text.Json;
using ObjectOS.Tests;

namespace ObjectOS.Cli.Tests;

/// <summary><c>objectos run</c>: exit codes, streams, options.</summary>
public sealed class RunTests
{
    [Theory]
    [InlineData("exit-42", 42, null)]
    [InlineData("illegal", 132, ": illegal instruction, pc 0x110ae")]
    [InlineData("null-write", 139, ": store page fault, pc 0x1107a, address 0x0, sd zero,0(a5)")]
    [InlineData("memory-hog", 137, ": memory quota of 8388608 bytes exhausted")]
    [InlineData("endless-loop", 124, ": budget of 1000000 instructions exhausted")]
    public async Task Deed_Done_HasItsCodeAndLine(string deed, int code, string? line)
    {
        var run = await Tool.RunAsync("run", "--memory", "8M", "--budget=1M", Tool.Misbehave, deed);
        run.ExitCode.Should().Be(code);
        run.Output.Should().BeEmpty();
        string[] told = [.. run.Error.Split('\n').Where(l => l.StartsWith("objectos:", StringComparison.Ordinal))];
        told.Should().Equal(line is null ? [] : [$"objectos: cell 6 (misbehave.elf) at depth 0{line}"]);
    }

    [NeedsFact(CrossProgram.Compiler)]
    public async Task Fault_InAProgramWithSymbols_IsShownWithItsBacktrace()
    {
        const string Source = """
            int __attribute__((noipa)) store(int *to) { return *to = 7; }
            int __attribute__((noipa)) call(int depth, int *to) {
                return (depth > 0 ? call(depth - 1, to) : store(to)) + 1;
            }
            int main(int count, char **words) { return call(count == 1 ? 0 : 20, (int *)words[count]); }
            """;
        using var program = await CrossProgram.MakeAsync(Source, "-g", "-O1");
        var run = await Tool.RunAsync("run", "--json", program.Path);
        run.ExitCode.Should().Be(139);
        string[] lines = run.Error.Split('\n');
        lines[0].Should().StartWith("objectos: cell 6 (program.elf) at depth 0: store page fault, pc 0x").And.EndWith($" in store ({program.Source}:1)");
        lines[1].Should().MatchRegex($"^objectos:   #0 0x[0-9a-f]+ in store at {program.Source}:1$");
        lines[2].Should().MatchRegex($"^objectos:   #1 0x[0-9a-f]+ in call at {program.Source}:3$");
        lines[3].Should().MatchRegex($"^objectos:   #2 0x[0-9a-f]+ in main at {program.Source}:5$");
        var fault = JsonDocument.Parse(lines.Single(line => line.StartsWith('{'))).RootElement.GetProperty("exit").GetProperty("fault");
        (fault.GetProperty("function").GetString(), fault.GetProperty("file").GetString(), fault.GetProperty("line").GetInt32()).Should().Be(("store", program.Source, 1));
        var backtrace = fault.GetProperty("backtrace").EnumerateArray().ToArray();
        backtrace[0].GetProperty("pc").GetString().Should().Be(fault.GetProperty("pc").GetString());
        backtrace.Take(3).Select(frame => frame.GetProperty("function").GetString()).Should().Equal("store", "call", "main");
        backtrace.Take(3).Select(frame => frame.GetProperty("line").GetInt32()).Should().Equal(1, 3, 5);
        string[] deep = [.. (await Tool.RunAsync("run", program.Path, "deep")).Error.Split('\n').Where(line => line.Length > 0)];
        deep.Should().HaveCount(1 + 16 + 1, "as many functions are shown, and how many more there are");
        deep[^1].Should().MatchRegex("^objectos:   … [0-9]+ more$");
    }

    [Theory]
    [InlineData(7, 135)]
    [InlineData(8, 136)]
    [InlineData(6, 134)]
    [InlineData(9, 137)]
    public async Task Signal_ByItself_Is128AndItsNumber(int signal, int code)
    {
        using var folder = new TemporaryFolder();
        (await Tool.RunAsync("run", folder.Write("raise", TinyPrograms.Raise(signal)))).ExitCode.Should().Be(code);
    }

    [Fact]
    public async Task Timeout_Passed_Is124()
    {
        var run = await Tool.RunAsync("run", "--timeout", "0.1", Tool.Misbehave, "endless-loop");
        run.ExitCode.Should().Be(124);
        run.Error.Should().EndWith("objectos: cell 6 (misbehave.elf): time-out of 0.1 s exhausted\n");
    }

    [Fact]
    public async Task Program_NotThereOrNone_Is127Or126()
    {
        using var folder = new TemporaryFolder();
        foreach (var (path, code) in ((string, int)[])
            [("/not/there", 127), (folder.Write("empty", []), 126), (folder.Write("text", "hello, world"u8.ToArray()), 126), (folder.Write("head", "\u007fELF"u8.ToArray()), 126), (Tool.Scripts, 126), ("/dev/zero", 126)])
        {
            var run = await Tool.RunAsync("run", "--json", path);
            run.ExitCode.Should().Be(code, path);
            run.Output.Should().BeEmpty();
            run.Error.Should().StartWith($"objectos: {path}: ").And.EndWith("\n");
            run.Error.TrimEnd('\n').Should().NotContain("\n");
        }
    }

    [Fact]
    public async Task Operands_WhateverTheyAre_ReachTheProgramByteForByte()
    {
        using var folder = new TemporaryFolder();
        string echo = folder.Write("echo", TinyPrograms.Echo());
        string[] operands = [echo, "--stats", "--help", "@x", "--", "", "-", "--memory=1", "ä €", " "];
        var run = await Tool.RunAsync(["run", "--memory", "1M", "--budget", "10M", .. operands]);
        (run.ExitCode, run.Error).Should().Be((0, ""));
        run.Text.Should().Be(string.Concat(operands.Select(o => o + "\n")));
        (await Tool.RunAsync(["run", "--stats", "--", .. operands])).Text.Should().Be(run.Text, "a -- before the program ends the options and is nobody's");
    }

    [Fact]
    public async Task Output_OfTheGuest_IsAllThereIsOnStandardOutput()
    {
        var run = await Tool.RunAsync("run", "--json", "--dir", $"{Tool.Scripts}=/s", "--cwd=/s", Tool.Lisp, "fib.scm");
        run.Output.Should().Equal(await File.ReadAllBytesAsync(Path.Combine(Tool.Scripts, "fib.expected")));
        run.ExitCode.Should().Be(0);
    }

    [Fact]
    public async Task Run_Repeated_IsTheSame()
    {
        var a = await FiguresAsync("--dir", $"{Tool.Scripts}=/s", Tool.Lisp, "/s/fib.scm");
        var b = await FiguresAsync("--dir", $"{Tool.Scripts}=/s", Tool.Lisp, "/s/fib.scm");
        foreach (string field in (string[])["instructions", "charged", "traps", "outputSha256", "stateHash", "virtualNanoseconds", "levels"])
        {
            b.GetProperty(field).GetRawText().Should().Be(a.GetProperty(field).GetRawText(), field);
        }
    }

    [Theory]
    [InlineData("1")]
    [InlineData("2")]
    public async Task Depth_Given_ChangesNothingThatTheProgramDoes(string depth)
    {
        var flat = await FiguresAsync("--dir", $"{Tool.Scripts}=/s", Tool.Lisp, "/s/fib.scm");
        var deep = await FiguresAsync("--depth", depth, "--dir", $"{Tool.Scripts}=/s", Tool.Lisp, "/s/fib.scm");
        foreach (string field in (string[])["instructions", "traps", "outputSha256", "stateHash"])
        {
            deep.GetProperty(field).GetRawText().Should().Be(flat.GetProperty(field).GetRawText(), field);
        }
    }

    [Theory]
    [InlineData("0", "1000003"), InlineData("0", "3000001"), InlineData("0", "100G"), InlineData("2", "2000003")]
    public async Task Engine_Given_ChangesNothingThatTheProgramDoes(string depth, string budget)
    {
        string[] run = ["--depth", depth, "--budget", budget, "--dir", $"{Tool.Scripts}=/s", Tool.Lisp, "/s/fib.scm"];
        var interpreted = await FiguresAsync(["--engine", "interpreter", .. run]);
        interpreted.GetProperty("engine").GetString().Should().Be("interpreter");
        foreach (string engine in (string[])["translator", "auto"])
        {
            var translated = await FiguresAsync(["--engine", engine, .. run]);
            foreach (string field in (string[])["exit", "instructions", "charged", "traps", "outputSha256", "stateHash"])
            {
                translated.GetProperty(field).GetRawText().Should().Be(interpreted.GetProperty(field).GetRawText(), $"{field} with --engine {engine}");
            }

            bool isSupported = OperatingSystem.IsLinux() && System.Runtime.Intrinsics.X86.Avx2.IsSupported && System.Runtime.Intrinsics.X86.Bmi2.IsSupported;
            translated.GetProperty("engine").GetString().Should().Be(isSupported ? "translator" : "interpreter");
        }
    }

    [Theory]
    [InlineData("interpreter", null, "interpreter")]
    [InlineData("translator", "interpreter", "interpreter")]
    [InlineData("", "interpreter", "interpreter")]
    public async Task EngineVariable_OfTheEnvironment_IsUsedUnlessTheOptionIsGiven(string variable, string? option, string engine)
    {
        using var folder = new TemporaryFolder();
        string statistics = folder.PathOf("s");
        string given = option is null ? "" : $"--engine {option}";
        var run = await Tool.EndAsync(Tool.StartShell($"OBJECTOS_ENGINE={variable} $TOOL run {given} --stats={statistics} $MISBEHAVE exit-42"));
        run.ExitCode.Should().Be(42, run.Error);
        using var json = System.Text.Json.JsonDocument.Parse(await File.ReadAllTextAsync(statistics));
        json.RootElement.GetProperty("engine").GetString().Should().Be(engine);
    }

    [Theory]
    [InlineData("run $MISBEHAVE exit-42")]
    [InlineData("boot")]
    [InlineData("run --engine interpreter $MISBEHAVE exit-42")]
    public async Task EngineVariable_OfAnotherWord_IsWrongUsage(string command)
    {
        var run = await Tool.EndAsync(Tool.StartShell($"OBJECTOS_ENGINE=jit $TOOL {command}"));
        (run.ExitCode, run.Text, run.Error).Should().Be((2, "", "objectos: OBJECTOS_ENGINE is \"jit\"; auto, interpreter or translator is wanted\n"));
    }

    [Fact]
    public async Task Json_AfterARun_HasEveryField()
    {
        var json = await FiguresAsync(Tool.Misbehave, "null-write");
        json.EnumerateObject().Select(p => p.Name).Should().Contain(
        [
            "schema", "command", "program", "sha256", "kernel", "depth", "engine", "seed", "clock", "exit", "instructions", "charged", "traps",
            "unsupportedCalls", "levels", "virtualNanoseconds", "wallSeconds", "hostCpuSeconds", "mips", "memory", "outputSha256", "stateHash",
        ]);
        json.GetProperty("exit").GetRawText().Should().Be(
            """{"by":"guest","reason":"fault","code":139,"fault":{"cause":"storePageFault","causeNumber":15,"pc":"0x1107a","address":"0x0","instruction":"0x0007b023","text":"sd zero,0(a5)","cell":6}}""");
        json.GetProperty("instructions").GetUInt64().Should().Be(369);
        json.GetProperty("charged").GetUInt64().Should().BeInRange(369, 20_000, "the hash of the state is not the program's work");
        json.GetProperty("traps").GetRawText().Should().Be("""{"ecallFromU":3,"storePageFault":1}""");
        json.GetProperty("sha256").GetString().Should().Be(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(await File.ReadAllBytesAsync(Tool.Misbehave))));
        json.GetProperty("memory").GetProperty("framesAfterTeardown").GetInt64().Should().Be(0);
    }

    [Fact]
    public async Task Json_BehindAnUnfinishedLine_BeginsAFreshOne()
    {
        using var folder = new TemporaryFolder();
        var run = await Tool.RunAsync("run", "--json", folder.Write("x", TinyPrograms.WriteX(2)));
        run.Error.Should().StartWith("x\n{\"schema\":1,").And.EndWith("}\n");
    }

    [Fact]
    public async Task Stats_AsATable_CountsWhatJsonCounts()
    {
        var run = await Tool.RunAsync("run", "--stats", Tool.Misbehave, "exit-42");
        run.ExitCode.Should().Be(42);
        run.Error.Should().MatchRegex("(?m)^  instructions +521$").And.Contain("EcallFromU 4");
    }

    [Theory]
    [InlineData("null-write", 139)]
    [InlineData("exit-42", 42)]
    public async Task StatsFile_Given_IsWrittenWhole(string deed, int code)
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.PathOf("s.json"), "what was there before");
        var run = await Tool.RunAsync("run", $"--stats={folder.PathOf("s.json")}", Tool.Misbehave, deed);
        run.ExitCode.Should().Be(code);
        run.Error.Should().NotContain("schema");
        using var json = JsonDocument.Parse(await File.ReadAllTextAsync(folder.PathOf("s.json")));
        json.RootElement.GetProperty("exit").GetProperty("code").GetInt32().Should().Be(code);
        folder.Names.Should().Equal("s.json");
    }

    [Fact]
    public async Task StatsFile_OfAProgramThatIsNone_IsLeftAlone()
    {
        using var folder = new TemporaryFolder();
        (await Tool.RunAsync("run", $"--stats={folder.PathOf("s.json")}", "/not/there")).ExitCode.Should().Be(127);
        folder.Names.Should().BeEmpty();
    }

    [Fact]
    public async Task Seed_Given_DecidesOutputAndTrace()
    {
        using var folder = new TemporaryFolder();
        string random = folder.Write("random", TinyPrograms.Random());
        var runs = new List<(byte[] Output, string Trace)>();
        foreach (string seed in (string[])["7", "7", "8"])
        {
            string trace = folder.PathOf($"trace{runs.Count}");
            var run = await Tool.RunAsync("run", "--seed", seed, "--trace", trace, random);
            run.ExitCode.Should().Be(0);
            runs.Add((run.Output, await File.ReadAllTextAsync(trace)));
        }

        runs[1].Output.Should().Equal(runs[0].Output);
        runs[1].Trace.Should().Be(runs[0].Trace);
        runs[2].Output.Should().NotEqual(runs[0].Output);
        var lines = runs[0].Trace.TrimEnd('\n').Split('\n').Select(l => JsonDocument.Parse(l).RootElement).ToList();
        lines.Should().OnlyContain(l => l.EnumerateObject().Select(p => p.Name).SequenceEqual(new[] { "n", "level", "cell", "thread", "kind", "name", "args", "result" }));
        lines.Where(l => l.GetProperty("kind").GetString() == "call").Select(l => l.GetProperty("name").GetString()).Should().ContainInOrder("write", "getrandom", "write");
        (await Tool.RunAsync("run", random)).Output.Should().Equal((await Tool.RunAsync("run", "--seed", "0", random)).Output);
    }

    [Fact]
    public async Task Clock_OfTheHost_IsWhatTheProgramSees()
    {
        using var folder = new TemporaryFolder();
        string clock = folder.Write("clock", TinyPrograms.Clock());
        (await Tool.RunAsync("run", clock)).Output.Should().Equal((await Tool.RunAsync("run", "--clock", "virtual", clock)).Output);
        long before = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        byte[] host = (await Tool.RunAsync("run", "--clock", "host", clock)).Output;
        BitConverter.ToInt64(host).Should().BeInRange(before, DateTimeOffset.UtcNow.ToUnixTimeSeconds());
    }

    [Theory]
    [InlineData("0")]
    [InlineData("3")]
    public async Task Trace_ThatCannotBeWrittenOn_IsOneSentence(string depth)
    {
        var run = await Tool.RunAsync("run", "--depth", depth, "--trace", "/dev/full", Tool.Misbehave, "exit-42");
        run.ExitCode.Should().Be(125);
        run.Error.Should().StartWith("objectos: the trace cannot be written: ");
    }

    private static async Task<JsonElement> FiguresAsync(params string[] args)
    {
        var run = await Tool.RunAsync(["run", "--json", .. args]);
        return JsonDocument.Parse(run.Error.TrimEnd('\n').Split('\n')[^1]).RootElement;
    }
}
