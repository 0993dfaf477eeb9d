using ObjectOS.Services.Programs;
using ObjectOS.Tests;

namespace ObjectOS.Services.Linux.Tests;

/// <summary>Signals with values, files of signals and timers, and timers of processes are as on Linux, also where the service is reborn between any two messages.</summary>
public sealed class QueuedSignalTests
{
    /// <summary>What the program writes on Linux.</summary>
    private const string Expected = """
        child: 0
        3:99:-1 1:0:-1 1:2:-1 1:4:-1 0:1:-1 0:3:-1 0:5:-1 
        wrong signal: 22
        no process: 3
        forged: 1
        nothing yet: 0
        again: 11
        ready: 1
        size: 128
        signal: 2
        value: 7
        sender: 1
        empty: 0
        not set: 11
        left: 1
        epoll: 1
        data: 5
        read: 8
        several: 1
        old period: 5000000
        off: 11
        bad time: 22
        create: 0
        quiet: 0
        took: 1
        code: -2
        its value: 31
        overrun: 1
        absolute: 1
        delete: 0
        deleted: 22
        bad signal: 22

        """;

    [NeedsTheory(CrossProgram.Compiler)]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task QueuedSignals_AsOnLinux(bool isReborn, bool isSuspended)
    {
        using var program = await CrossProgram.MakeAsync(
            await File.ReadAllTextAsync(Repository.PathOf("tests", "Shared", "Guests", "queued_signals.c")), "-O1", "-pthread");
        var end = new Guest { Program = program.Path, IsReborn = isReborn, IsSuspended = isSuspended }.Run();
        end.Output.Should().Be(Expected, "{0}", end.Error);
        (end.Reason, end.Code).Should().Be((ProgramEnd.Exited, 0UL));
    }
}
