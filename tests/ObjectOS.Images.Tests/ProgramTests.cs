namespace ObjectOS.Tests;

/// <summary>What the programs do on another machine than ours: these outputs are the yardstick for a cell.</summary>
public sealed class ProgramTests
{
    private const string Emulator = "qemu-riscv64";

    private static string Folder(string image) => Path.Combine(ImageManifest.Root, image);

    [NeedsFact(Emulator)]
    public async Task Lisp_EveryScript_PrintsWhatIsExpected()
    {
        string[] scripts = [.. Directory.EnumerateFiles(Path.Combine(Folder("lisp"), "scripts"), "*.scm").Order(StringComparer.Ordinal)];
        scripts.Should().HaveCountGreaterThan(3);
        foreach (string script in scripts)
        {
            HostProgram.Result result = await HostProgram.RunAsync(Emulator, Folder("lisp"), "lisp.elf", Path.GetRelativePath(Folder("lisp"), script));
            result.Output.Should().Be(await File.ReadAllTextAsync(Path.ChangeExtension(script, "expected")), script);
            result.ExitCode.Should().Be(Path.GetFileName(script) == "error.scm" ? 1 : 0, script);
        }
    }

    [NeedsFact(Emulator)]
    public async Task Lisp_ErrorInAScript_NamesFileAndLine()
    {
        HostProgram.Result result = await HostProgram.RunAsync(Emulator, Folder("lisp"), "lisp.elf", "scripts/error.scm");
        result.Error.Should().StartWith("scripts/error.scm:6: not even: 7\n");
    }

    [NeedsFact(Emulator)]
    public async Task FpCheck_OnTheEmulator_PrintsWhatIsExpected()
    {
        HostProgram.Result result = await HostProgram.RunAsync(Emulator, Folder("fpcheck"), "fpcheck.elf", "200000");
        result.Output.Should().Be(await File.ReadAllTextAsync(Path.Combine(Folder("fpcheck"), "fpcheck-200000.expected")));
        result.ExitCode.Should().Be(0);
    }

    [NeedsFact(Emulator)]
    public async Task Misbehave_WithoutAName_ListsEveryDeed()
    {
        HostProgram.Result result = await HostProgram.RunAsync(Emulator, Folder("misbehave"), "misbehave.elf");
        result.ExitCode.Should().Be(0);
        result.Output.Split('\n').Select(line => line.Split(':')[0])
            .Should().Contain(["null-read", "illegal", "csrr", "memory-hog", "flood", "exit-42"]);
    }

    [NeedsFact(Emulator)]
    public async Task Misbehave_DeedsThatSurvive_GiveTheirExitCodes()
    {
        foreach ((string deed, int code) in new[] { ("exit-42", 42), ("bad-pointer", 14), ("unknown-call", 38), ("flood", 0) })
        {
            HostProgram.Result result = await HostProgram.RunAsync(Emulator, Folder("misbehave"), "misbehave.elf", deed);
            result.ExitCode.Should().Be(code, deed);
            result.Output.Length.Should().Be(deed == "flood" ? 10_000_000 : 0, deed);
        }
    }
}
