using ObjectOS.Services.Programs;
using ObjectOS.Tests;

namespace ObjectOS.Services.Linux.Tests;

/// <summary>What a process sets of itself is kept, and goes to its children, as on Linux, also where the service is reborn between any two messages.</summary>
public sealed class ControlTests
{
    /// <summary>What the program writes on Linux.</summary>
    private const string Expected = """
        dumpable: 0
        bad: -22
        keep: 1
        privileges: 0
        not back: -22
        signal: 0
        bad signal: -22
        nice: 0
        raw: 15
        less: -13
        no process: -3
        what: -22
        bounds: 1099
        other: 0
        policy: -22
        membarrier: -22
        version: -22
        newest: 1
        capabilities: 0
        none: 0
        personality: 0
        inherited: 501
        not inherited: 0
        status: 3
        grandchild is gone: 0

        """;

    [NeedsTheory(CrossProgram.Compiler)]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task OwnSettings_AsOnLinux(bool isReborn, bool isSuspended)
    {
        using var program = await CrossProgram.MakeAsync(
            await File.ReadAllTextAsync(Repository.PathOf("tests", "Shared", "Guests", "control.c")), "-O1");
        var end = new Guest { Program = program.Path, IsReborn = isReborn, IsSuspended = isSuspended }.Run();
        end.Output.Should().Be(Expected, "{0}", end.Error);
        (end.Reason, end.Code).Should().Be((ProgramEnd.Exited, 0UL));
    }
}
