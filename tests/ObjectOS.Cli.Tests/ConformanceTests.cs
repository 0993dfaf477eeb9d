using System.Xml.Linq;
using ObjectOS.Cli.Conformance;

namespace ObjectOS.Cli.Tests;

/// <summary><c>objectos conformance</c> on small suites that the test makes.</summary>
public sealed class ConformanceTests
{
    private static readonly byte[] Words = [1, 0, 0, 0, 2, 0, 0, 0];

    [Theory]
    [InlineData("1")]
    [InlineData("3")]
    public async Task Suite_Run_HasALineForEachTestInOrder(string jobs)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.PathOf("sub"));
        folder.Write("b-pass", MachineElves.Tells(1, "rv64i2p1_m2p0_zicsr2p0_zmmul1p0"));
        folder.Write("a-loop", MachineElves.Loops());
        folder.Write("sub/fail", MachineElves.Tells(7));
        folder.Write("B-skip", MachineElves.Tells(7, "rv64i2p1_v1p0_zvl128b1p0"));
        folder.Write("c-half", MachineElves.Tells(1)[..300]);
        folder.Write("no-test", MachineElves.NoTest());
        folder.Write("text", "no ELF at all"u8.ToArray());
        File.CreateSymbolicLink(folder.PathOf("link"), folder.PathOf("b-pass"));
        var run = await Tool.RunAsync("conformance", "--suite", folder.PathOf("."), "--jobs", jobs, "--budget", "100K", "--junit", folder.PathOf("j.xml"));
        run.Error.Should().BeEmpty();
        run.Text.Should().Be(
            "SKIP B-skip: made for v, zvl128b, which are not claimed\n"
            + "FAIL a-loop: budget after 100000 instructions\n"
            + "PASS b-pass\n"
            + "FAIL sub/fail: tohost 7 (test 3)\n"
            + "1 passed, 2 failed, 1 skipped\n");
        run.ExitCode.Should().Be(1);
        var report = XDocument.Load(folder.PathOf("j.xml")).Root!.Element("testsuite")!;
        report.Attributes().Where(a => a.Name != "name" && a.Name != "time").Select(a => $"{a.Name} {a.Value}").Should().Equal("tests 4", "failures 2", "errors 0", "skipped 1");
        report.Elements("testcase").Last().Element("failure")!.Attribute("message")!.Value.Should().Be("tohost 7 (test 3)");
    }

    [Fact]
    public async Task Suite_ThatPasses_Is0AtEveryDepth()
    {
        using var folder = new TemporaryFolder();
        folder.Write("one", MachineElves.Tells(1));
        folder.Write("two", MachineElves.Tells(3));
        foreach (string depth in (string[])["0", "2"])
        {
            var run = await Tool.RunAsync("conformance", "--suite", folder.PathOf("."), "--filter", "on", "--depth", depth);
            (run.ExitCode, run.Text, run.Error).Should().Be((0, "PASS one\n1 passed, 0 failed, 0 skipped\n", ""));
        }
    }

    [Fact]
    public async Task Suite_OfSkippedTestsOnly_Is1()
    {
        using var folder = new TemporaryFolder();
        folder.Write("m", MachineElves.Tells(1, "rv64i2p1_m2p0"));
        var run = await Tool.RunAsync("conformance", "--suite", folder.PathOf("."), "--isa", "rv64i");
        (run.ExitCode, run.Text).Should().Be((1, "SKIP m: made for m, which is not claimed\n0 passed, 0 failed, 1 skipped\n"));
    }

    [Theory]
    [InlineData("00000001\n00000002\n", "PASS t")]
    [InlineData("0000000200000001\n", "PASS t")]
    [InlineData("00000001\n00000003\n", "FAIL t: signature line 2: found 00000002, wanted 00000003")]
    [InlineData("00000001\n", "FAIL t: signature line 2: found 00000002, wanted no line")]
    [InlineData("00000001\n00000002\n00000003\n", "FAIL t: signature line 3: found no line, wanted 00000003")]
    [InlineData(null, "FAIL t: no reference: NAME.signature or NAME.reference_output is wanted")]
    public async Task Reference_Given_IsComparedLineByLine(string? reference, string line)
    {
        using var folder = new TemporaryFolder();
        folder.Write("t", MachineElves.Tells(1, signature: Words));
        foreach (string place in (string[])["t.signature", "ref/t.reference_output"])
        {
            Directory.CreateDirectory(folder.PathOf("ref"));
            if (reference is not null)
            {
                await File.WriteAllTextAsync(folder.PathOf(place), reference);
            }

            var run = await Tool.RunAsync("conformance", "--suite", folder.PathOf("."), "--reference", folder.PathOf("ref"));
            run.Text.Split('\n')[0].Should().Be(line);
            run.ExitCode.Should().Be(line.StartsWith("PASS", StringComparison.Ordinal) ? 0 : 1);
            File.Delete(folder.PathOf(place));
        }
    }

    [Fact]
    public async Task Suite_WithoutATest_IsWrongUsage()
    {
        using var folder = new TemporaryFolder();
        folder.Write("no-test", MachineElves.NoTest());
        var run = await Tool.RunAsync("conformance", "--suite", folder.PathOf("."));
        run.ExitCode.Should().Be(2);
        run.Output.Should().BeEmpty();
        run.Error.Should().StartWith("objectos: no test is in ").And.EndWith("\n");
    }

    [Theory]
    [InlineData("rv64imafdc_zba", "m zmmul f zicsr zca zcd zba zaamo", "zbb v zfh")]
    [InlineData("RV64I2p1_M2p0_Zvl128b1p0_zicsr2p0", "i m zvl128b zicsr", "a zvl")]
    [InlineData("rv64gcb_zfh_sstc", "i d zifencei zbs zfhmin sstc", "zbc")]
    [InlineData("rv64ip2", "i p", "m")]
    public void IsaString_Parsed_ClaimsWhatItNamesAndImplies(string text, string has, string lacks)
    {
        var isa = IsaString.TryParse(text)!;
        has.Split(' ').Should().OnlyContain(extension => isa.Has(extension));
        lacks.Split(' ').Should().NotContain(extension => isa.Has(extension));
    }

    [Theory]
    [InlineData("")]
    [InlineData("rv32i")]
    [InlineData("rv64")]
    [InlineData("rv64 i")]
    public void IsaString_OfSomethingElse_IsNone(string text) => IsaString.TryParse(text).Should().BeNull();

    [Fact]
    public void TestElf_CutAnywhereOrChanged_NeverThrows()
    {
        byte[] file = MachineElves.Tells(1, "rv64i2p1_v1p0", Words);
        TestElf.IsTest(file).Should().BeTrue();
        TestElf.Architecture(file).Should().Be("rv64i2p1_v1p0");
        var random = new Random(1);
        for (int i = 0; i < file.Length; i++)
        {
            byte[] changed = [.. file];
            changed[i] = (byte)random.Next(256);
            Look(changed);
            if (TestElf.IsCandidate(file.AsSpan(0, i)))
            {
                Look(file[..i]);
            }
        }

        static void Look(byte[] bytes) => _ = (TestElf.IsTest(bytes), TestElf.Architecture(bytes));
    }
}
