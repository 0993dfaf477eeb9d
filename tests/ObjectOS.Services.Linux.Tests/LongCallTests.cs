using ObjectOS.Services.Programs;
using ObjectOS.Tests;

namespace ObjectOS.Services.Linux.Tests;

/// <summary>Calls that do much continue in steps: they answer as in one step, also where the service is reborn between any two messages.</summary>
public sealed class LongCallTests
{
    [NeedsTheory(CrossProgram.Compiler)]
    [InlineData(1000, 700, false, false)]
    [InlineData(300, 150, false, true)]
    [InlineData(300, 150, true, false)]
    public async Task ForksAndExecutions_InSteps_AnswerAsInOne(int maps, int threads, bool isReborn, bool isSuspended)
    {
        int sum = maps * (maps + 1) / 2;
        using var program = await CrossProgram.MakeAsync(
            await File.ReadAllTextAsync(Repository.PathOf("tests", "Shared", "Guests", "long_calls.c")), "-O1", "-pthread", $"-DMAPS={maps}", $"-DTHREADS={threads}");
        var end = new Guest { Program = program.Path, IsReborn = isReborn, IsSuspended = isSuspended, MemoryLimit = 256UL << 20 }.Run();
        string[] lines = end.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Should().BeEquivalentTo(
            [
                $"child: {sum + maps}", $"exit 3, parent: {sum}", "exit 4 beside munmap", "killed while forking, none left", "after execve: Threads:\t1",
                "owner died", "exit 7 after execve",
            ],
            "{0}", end.Error);
        (end.Reason, end.Code).Should().Be((ProgramEnd.Exited, 0UL));
    }
}
