using System.Text.Json;
using ObjectOS.Tests;

namespace ObjectOS.Cli.Tests;

/// <summary><c>objectos boot</c>: exit codes, console, options.</summary>
public sealed class BootTests
{
    private static string Tiny => ObjectOS.Tests.Repository.PathOf("images", "tiny", "tiny.elf");

    [Fact]
    public async Task SelfTest_AtDepths0And2_PassesAndIsTheSame()
    {
        var flat = await Tool.RunAsync("boot", "--json", "--harts", "2", "--append", "selftest");
        var deep = await Tool.RunAsync("boot", "--json", "--harts", "2", "--depth", "2", "--append", "selftest", Tiny);
        foreach (var run in (ToolRun[])[flat, deep])
        {
            run.ExitCode.Should().Be(0);
            run.Text.TrimEnd().Should().EndWith("TINY-SELFTEST-OK");
        }

        deep.Output.Should().Equal(flat.Output);
        foreach (string field in (string[])["instructions", "traps", "outputSha256", "stateHash"])
        {
            Figures(deep).GetProperty(field).GetRawText().Should().Be(Figures(flat).GetProperty(field).GetRawText(), field);
        }
    }

    [Fact]
    public async Task Shell_OnAPipe_AnswersAndSwitchesOff()
    {
        var process = Tool.Start("boot");
        await process.StandardInput.WriteAsync("echo to and fro\npoweroff\n");
        process.StandardInput.Close();
        var run = await Tool.EndAsync(process);
        (run.ExitCode, run.Error).Should().Be((0, ""));
        run.Text.Should().Contain("\nto and fro").And.Contain("tiny> poweroff");
    }

    [Fact]
    public async Task Shell_WhoseInputEnds_IsIdle()
    {
        using var folder = new TemporaryFolder();
        var run = await Tool.RunAsync("boot", "--json", folder.Write("wait", MachineElves.Waits()));
        run.ExitCode.Should().Be(124);
        run.Error.Should().StartWith("objectos: cell 7 (wait) at depth 0: all harts wait for an interrupt that nothing can cause\n", "it never asked for input");
        Figures(run).GetProperty("exit").GetProperty("reason").GetString().Should().Be("idle");
        var shell = await Tool.RunAsync("boot");
        (shell.ExitCode, shell.Error).Should().Be((124, "objectos: cell 7 (tiny.elf) at depth 0: all harts wait for an interrupt that nothing can cause, and standard input has ended\n"));
    }

    [Fact]
    public async Task Image_NotThereOrNone_Is127Or126()
    {
        using var folder = new TemporaryFolder();
        byte[] tiny = await File.ReadAllBytesAsync(Tiny);
        foreach (var (args, path, code) in ((string, string, int)[])
        [
            ("", "/not/there", 127),
            ("--kernel", "/not/there", 127),
            ("--bios", "/not/there", 127),
            ("--initrd", "/not/there", 127),
            ("", Tool.Scripts, 126),
            ("", folder.Write("empty", []), 126),
            ("", folder.Write("half.elf", tiny[..(tiny.Length / 2)]), 126),
            ("", folder.Write("head.elf", tiny[..40]), 126),
            ("--kernel", folder.Write("x86.elf", [.. tiny[..18], 62, 0, .. tiny[20..]]), 126),
            ("", folder.Write("packed.gz", [0x1f, 0x8b, 8, 0]), 126),
            ("", folder.Write("text", "hello, world"u8.ToArray()), 126),
        ])
        {
            var run = await Tool.RunAsync(args.Length == 0 ? ["boot", "--json", path] : ["boot", "--json", args, path]);
            run.ExitCode.Should().Be(code, run.Error);
            run.Output.Should().BeEmpty();
            run.Error.Should().StartWith($"objectos: {path}: ").And.EndWith("\n");
            run.Error.TrimEnd('\n').Should().NotContain("\n");
        }
    }

    [Theory]
    [InlineData("run", "a program's file")]
    [InlineData("boot", "an image's file")]
    [InlineData("boot --kernel", "an image's file")]
    [InlineData("boot --bios", "an image's file")]
    [InlineData("boot --initrd", "an image's file")]
    public async Task Pipe_ThatNobodyWrites_IsRefusedUnopened(string line, string wanted)
    {
        using var folder = new TemporaryFolder();
        string pipe = await folder.MakePipeAsync("pipe");
        var run = await Task.Run(() => Tool.RunAsync([.. line.Split(' '), pipe])).WaitAsync(TestTime.Seconds(20));
        (run.ExitCode, run.Text, run.Error).Should().Be((126, "", $"objectos: {pipe}: a pipe; {wanted} is wanted\n"));
    }

    [Fact]
    public async Task Garbage_BootedAsAKernel_IsAGuestLikeAnother()
    {
        // Bytes that are no ELF are raw code where they are said to be a kernel or firmware: what they do is theirs.
        using var folder = new TemporaryFolder();
        string text = folder.Write("text", "hello, world"u8.ToArray());
        foreach (string option in (string[])["--kernel", "--bios"])
        {
            var run = await Tool.RunAsync("boot", "--budget", "1M", option, text);
            run.ExitCode.Should().Be(124);
            run.Output.Should().BeEmpty();
        }
    }

    [Fact]
    public async Task Figures_WithKernelAndFirmware_AreTheKernels()
    {
        using var folder = new TemporaryFolder();
        byte[] loop = [0x6f, 0, 0, 0]; // j .
        string bios = folder.Write("bios", loop), kernel = folder.Write("kernel", [.. loop, 1]);
        var run = await Tool.RunAsync("boot", "--json", "--budget", "1K", "--append", "", "--bios", bios, "--kernel", kernel);
        run.ExitCode.Should().Be(124, run.Error);
        Figures(run).GetProperty("program").GetString().Should().Be(kernel);
        Figures(run).GetProperty("sha256").GetString().Should().Be(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(await File.ReadAllBytesAsync(kernel))));
        run = await Tool.RunAsync("boot", "--json", "--budget", "1K", "--append=", "--bios", bios);
        Figures(run).GetProperty("sha256").GetString().Should().Be(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(loop)));
    }

    [Theory]
    [InlineData(1, 0, null)]
    [InlineData(7, 3, "told the failure 3 by HTIF")]
    [InlineData(513, 1, "told the failure 256 by HTIF")]
    public async Task ToHost_Told_IsTheExitCode(uint value, int code, string? line)
    {
        using var folder = new TemporaryFolder();
        var run = await Tool.RunAsync("boot", "--json", folder.Write("test", MachineElves.Tells(value)));
        run.ExitCode.Should().Be(code);
        run.Error.Split('\n')[0].Should().Contain(line ?? "\"schema\":1");
        Figures(run).GetProperty("exit").GetRawText().Should().Be($"{{\"by\":\"guest\",\"reason\":\"htif\",\"code\":{code},\"fault\":null}}");
    }

    [Theory]
    [InlineData(0x5, 0x555, 0, "poweroff")]
    [InlineData(0x2a3, 0x333, 42, "poweroff")]
    [InlineData(0x1003, 0x333, 1, "poweroff")]
    [InlineData(0x7, 0x777, 0, "reset")]
    public async Task TestDevice_Told_EndsTheMachine(uint upper, uint lower, int code, string reason)
    {
        using var folder = new TemporaryFolder();
        string stats = folder.PathOf("s.json");
        var run = await Tool.RunAsync("boot", "--no-reboot", $"--stats={stats}", folder.Write("test", MachineElves.TellsTheTestDevice(upper, lower)));
        run.ExitCode.Should().Be(code, run.Error);
        using var json = JsonDocument.Parse(await File.ReadAllTextAsync(stats));
        json.RootElement.GetProperty("command").GetString().Should().Be("boot");
        json.RootElement.GetProperty("exit").GetProperty("reason").GetString().Should().Be(reason);
        json.RootElement.GetProperty("exit").GetProperty("code").GetInt32().Should().Be(code);
        json.RootElement.GetProperty("memory").GetProperty("framesAfterTeardown").GetInt64().Should().Be(0);
        json.RootElement.GetProperty("stateHash").GetString().Should().MatchRegex("^[0-9a-f]{64}$");
    }

    [Fact]
    public async Task Reset_WithoutNoReboot_StartsAnew()
    {
        using var folder = new TemporaryFolder();
        var run = await Tool.RunAsync("boot", "--budget", "3M", folder.Write("reset", MachineElves.TellsTheTestDevice(0x7, 0x777)));
        run.ExitCode.Should().Be(124);
        run.Error.Should().EndWith("budget of 3000000 instructions exhausted\n");
    }

    [Fact]
    public async Task Timeout_Passed_Is124()
    {
        using var folder = new TemporaryFolder();
        var run = await Tool.RunAsync("boot", "--timeout", "0.2", folder.Write("loop", MachineElves.Loops()));
        run.ExitCode.Should().Be(124);
        run.Error.Should().EndWith("time-out of 0.2 s exhausted\n");
    }

    [Theory]
    [InlineData("4", "04030201\n08070605\n0c0b0a09\n")]
    [InlineData("8", "0807060504030201\n000000000c0b0a09\n")]
    public async Task Signature_Wanted_IsWrittenByWords(string granularity, string text)
    {
        using var folder = new TemporaryFolder();
        string image = folder.Write("test", MachineElves.Tells(1, signature: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]));
        var run = await Tool.RunAsync("boot", "--signature", folder.PathOf("sig"), "--signature-granularity", granularity, image);
        (run.ExitCode, run.Error).Should().Be((0, ""));
        (await File.ReadAllTextAsync(folder.PathOf("sig"))).Should().Be(text);
        (await Tool.RunAsync("boot", "--signature", folder.PathOf("none"), folder.Write("plain", MachineElves.Tells(1)))).ExitCode.Should().Be(2);
        folder.Names.Should().BeEquivalentTo("plain", "sig", "test");
    }

    [Fact]
    public async Task Disk_GivenThrice_IsOpenedAsSaid()
    {
        using var folder = new TemporaryFolder();
        string disk = folder.Write("disk", new byte[8192]);
        var run = await Tool.RunAsync("boot", "--append", "markonly", "--disk", $"{disk}:ro", "--disk", $"{disk}:snapshot", "--disk", folder.Write("other", new byte[512]));
        (run.ExitCode, run.Error).Should().Be((0, ""));
        run.Text.Should().Contain("TINY-UP");
    }

    [Theory]
    [InlineData("")]
    [InlineData(":ro")]
    [InlineData(":snapshot")]
    public async Task Disk_ThatIsAPipe_IsNamedAndRefused(string policy)
    {
        using var folder = new TemporaryFolder();
        string pipe = await folder.MakePipeAsync("pipe");
        var run = await Task.Run(() => Tool.RunAsync("boot", "--disk", pipe + policy)).WaitAsync(TestTime.Seconds(20));
        (run.ExitCode, run.Text, run.Error).Should().Be((126, "", $"objectos: {pipe}: a pipe; a disk's file is wanted\n"));
    }

    [Fact]
    public async Task Signature_OfWhatHasNone_IsToldBeforeTheStart()
    {
        using var folder = new TemporaryFolder();
        string plain = folder.Write("plain", MachineElves.Tells(7)), signed = folder.Write("signed", MachineElves.Tells(1, signature: [1, 2, 3, 4]));
        foreach (var (args, name) in ((string[], string)[])[([plain], plain), ([], "tiny.elf"), (["--kernel", signed], signed), (["--bios", signed], signed)])
        {
            var run = await Tool.RunAsync(["boot", "--json", "--budget", "1M", "--signature", folder.PathOf("sig"), .. args]);
            (run.ExitCode, run.Text).Should().Be((2, ""));
            run.Error.Should().Be($"objectos: --signature is given, and {name} has no signature: an IMAGE with the symbols begin_signature and end_signature is wanted\n");
        }

        (await Tool.RunAsync("boot", "--signature", folder.PathOf("sig"), folder.Write("text", "hello, world"u8.ToArray()))).ExitCode.Should().Be(126);
        folder.Names.Should().BeEquivalentTo("plain", "signed", "text");
    }

    [Fact]
    public async Task Signature_ThatCannotBeKept_DoesNotHideTheExitCode()
    {
        using var folder = new TemporaryFolder();
        foreach (var (told, code) in ((uint, int)[])[(7, 3), (1, 2)])
        {
            var run = await Tool.RunAsync("boot", "--signature", "/dev/full", folder.Write("test", MachineElves.Tells(told, signature: [1, 2, 3, 4])));
            run.ExitCode.Should().Be(code, run.Error);
            run.Error.Should().Contain("--signature names /dev/full, which cannot be written");
        }
    }

    [Fact]
    public async Task Append_TooLong_IsWrongUsageAndAtItsLimitFitsTheLargestMachine()
    {
        using var folder = new TemporaryFolder();
        string loop = folder.Write("loop", MachineElves.Loops());
        var run = await Tool.RunAsync("boot", "--append", new string('x', 32769), loop);
        (run.ExitCode, run.Text, run.Error).Should().Be((2, "", "objectos: --append has 32769 bytes; at most 32768 can be told to a kernel\n"));
        string[] disks = [.. Enumerable.Range(0, 7).SelectMany(i => (string[])["--disk", folder.Write($"disk{i}", new byte[512])])];
        run = await Tool.RunAsync(["boot", "--harts", "8", "--net", "user", .. disks, "--budget", "1K", "--append", new string('x', 32768), loop]);
        run.ExitCode.Should().Be(124, run.Error);
    }

    private static JsonElement Figures(ToolRun run) => JsonDocument.Parse(run.Error.TrimEnd('\n').Split('\n')[^1]).RootElement;
}
