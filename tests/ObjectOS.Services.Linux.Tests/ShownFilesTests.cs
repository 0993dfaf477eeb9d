using ObjectOS.Services.Programs;
using ObjectOS.Tests;

namespace ObjectOS.Services.Linux.Tests;

/// <summary>What <c>/proc</c> and <c>/sys</c> tell is what Linux tells, also where the service is reborn between any two messages.</summary>
public sealed class ShownFilesTests
{
    [NeedsTheory(CrossProgram.Compiler)]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task ShownFiles_AsOnLinux(bool isReborn, bool isSuspended)
    {
        using var program = await CrossProgram.MakeAsync(
            await File.ReadAllTextAsync(Repository.PathOf("tests", "Shared", "Guests", "shown_files.c")), "-O1", "-pthread");
        var end = new Guest { Program = program.Path, IsReborn = isReborn, IsSuspended = isSuspended, MemoryLimit = 256UL << 20 }.Run();
        string[] lines = end.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Should().HaveCount(30, "{0}", end.Error);
        lines.Where(line => !line.EndsWith(": 1", StringComparison.Ordinal)).Should().Equal("fields of stat: 52");
        (end.Reason, end.Code).Should().Be((ProgramEnd.Exited, 0UL));
    }
}
