using System.Text.Json;

namespace ObjectOS.Cli.Tests;

/// <summary><c>objectos boot</c>: device trees, harts that are stuck; the same at each depth.</summary>
public sealed class BootMachineTests
{
    [Fact]
    public async Task DeviceTree_DumpedAndGivenBack_IsWhatTheGuestReads()
    {
        using var folder = new TemporaryFolder();
        string tree = folder.PathOf("machine.dtb");
        var dump = await Tool.RunAsync("boot", "--dump-dtb", tree, "--harts", "2", "--append", "selftest");
        (dump.ExitCode, dump.Text, dump.Error).Should().Be((0, "", ""));
        (await File.ReadAllBytesAsync(tree)).Should().StartWith(new byte[] { 0xd0, 0x0d, 0xfe, 0xed });
        var run = await Tool.RunAsync("boot", "--harts", "2", "--dtb", tree);
        run.ExitCode.Should().Be(0, run.Error);
        run.Text.TrimEnd().Should().EndWith("TINY-SELFTEST-OK", "the command line is the tree's");
    }

    [Theory]
    [InlineData(2, "--dtb and --dump-dtb are both given", "--dtb", "FILE", "--dump-dtb", "FILE")]
    [InlineData(2, "--dtb and --append are both given", "--dtb", "FILE", "--append", "x")]
    [InlineData(2, "--dump-dtb and --signature are both given", "--dump-dtb", "FILE", "--signature", "FILE")]
    [InlineData(2, "--dump-dtb names /not/there/x, which cannot be written", "--dump-dtb", "/not/there/x")]
    [InlineData(127, "/not/there: not found", "--dtb", "/not/there")]
    [InlineData(126, "FILE: not a device tree blob", "--dtb", "FILE")]
    public async Task DeviceTree_ThatCannotBe_IsRefusedInASentence(int code, string said, params string[] options)
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write("text", "hello, world"u8.ToArray());
        var run = await Tool.RunAsync(["boot", .. options.Select(option => option == "FILE" ? file : option)]);
        (run.ExitCode, run.Text).Should().Be((code, ""));
        run.Error.Should().StartWith($"objectos: {said.Replace("FILE", file, StringComparison.Ordinal)}");
        run.Error.TrimEnd('\n').Should().NotContain("\n");
    }

    [Fact]
    public async Task Hart_WithATrapVectorOf0_IsReportedOnce_TheSameAtEachDepth()
    {
        // csrw mtvec, zero; an illegal instruction. There is no memory at 0.
        await IsReportedAsync([0x73, 0x10, 0x50, 0x30, 0, 0, 0, 0], "instruction access fault, pc 0x0, trap value 0x0");
    }

    [Fact]
    public async Task Hart_WhoseHandlerIsIllegal_IsReportedOnce_TheSameAtEachDepth()
    {
        // auipc t0, 0; addi t0, t0, 12; csrw mtvec, t0; an illegal instruction: the hart takes these traps itself.
        await IsReportedAsync([0x97, 0x02, 0, 0, 0x93, 0x82, 0xc2, 0, 0x73, 0x90, 0x52, 0x30, 0, 0, 0, 0], "illegal instruction, pc 0x8000000c, trap value 0x0");
    }

    private static async Task IsReportedAsync(byte[] firmware, string said)
    {
        using var folder = new TemporaryFolder();
        string error = await AreSameAsync(124, "boot", "--json", "--budget", "5M", "--bios", folder.Write("stuck", firmware));
        error.Should().StartWith($"objectos: cell 7 (stuck) at depth 0: hart 0 takes one exception after the other without executing an instruction, 1000 by now: {said}; its trap vector leads there\n");
        error.Split("one exception after the other").Should().HaveCount(2, "it is said once");
    }

    /// <summary>Runs a line at depths 0, 1 and 2; the result is standard error at depth 0.</summary>
    private static async Task<string> AreSameAsync(int code, params string[] line)
    {
        string first = "";
        var figures = new List<string>();
        for (int depth = 0; depth <= 2; depth++)
        {
            var run = await Tool.RunAsync([line[0], "--depth", $"{depth}", .. line[1..]]);
            run.ExitCode.Should().Be(code, run.Error);
            first = depth == 0 ? run.Error : first;
            using var json = JsonDocument.Parse(run.Error.TrimEnd('\n').Split('\n')[^1]);
            figures.Add(string.Join(' ', ((string[])["instructions", "charged", "traps", "stateHash"]).Select(field => json.RootElement.GetProperty(field).GetRawText())));
        }

        figures.Distinct().Should().ContainSingle();
        return first;
    }
}
