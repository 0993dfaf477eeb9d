using System.Text;

namespace ObjectOS.Tests;

/// <summary>Standard streams that belong to the embedding program, well behaved and otherwise.</summary>
public sealed class StreamsTests
{
    private static readonly TimeSpan Soon = TestTime.Seconds(20);

    [Fact]
    public async Task Input_Null_IsAtItsEnd()
    {
        await using var os = await ObjectOs.BootAsync();
        var result = await os.RunAsync(Programs.Tiny(TinyPrograms.Cat()));
        (result.ExitCode, result.Output).Should().Be((0, ""));
    }

    [Fact]
    public async Task Input_Given_ReachesTheProgram()
    {
        await using var os = await ObjectOs.BootAsync();
        byte[] text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 2000).Select(i => $"line {i}\n")));
        var result = await os.RunAsync(Programs.Tiny(TinyPrograms.Cat()) with { StandardInput = new MemoryStream(text) });
        result.OutputBytes.ToArray().Should().Equal(text);
    }

    [Fact]
    public async Task Output_TenMegabytesToASlowReader_AllArrives()
    {
        await using var os = await ObjectOs.BootAsync();
        var slow = new SlowStream();
        (await os.RunAsync(Programs.Misbehave("flood") with { StandardOutput = slow })).IsSuccess.Should().BeTrue();
        slow.Taken.Should().Be(10_000_000, "a program's end waits for its output to be taken");
    }

    [Fact]
    public async Task Output_TenMegabytesUnread_HoldsTheProgramUp()
    {
        await using var os = await ObjectOs.BootAsync();
        var all = await os.RunAsync(Programs.Misbehave("flood") with { StandardOutput = Stream.Null });
        await using var held = await ObjectOs.BootAsync();
        var cell = await held.StartAsync(Programs.Misbehave("flood") with { StandardOutput = new NeverStream() });
        ulong last = 0;
        await Eventually.BecomesAsync(async () =>
        {
            (ulong before, last) = (last, (await held.GetStatisticsAsync()).Instructions);
            await Task.Delay(30);
            return last > 0 && last == before;
        });
        last.Should().BeLessThan(all.Instructions / 2, "64 KiB of the ten megabytes are on their way at most");
        await cell.StopAsync().WaitAsync(Soon);
    }

    [Fact]
    public async Task Output_ThatNobodyTakes_DoesNotKeepAStop()
    {
        await using var os = await ObjectOs.BootAsync();
        var cell = await os.StartAsync(Programs.Misbehave("flood") with { StandardOutput = new NeverStream() });
        await Task.Delay(50);
        cell.Completion.IsCompleted.Should().BeFalse();
        (await cell.StopAsync().WaitAsync(Soon)).End.Should().Be(RunEnd.Stopped);
    }

    [Fact]
    public async Task Output_OfAProgramThatHasExited_IsWaitedForUntilItIsStopped()
    {
        await using var os = await ObjectOs.BootAsync();
        var cell = await os.StartAsync(Programs.Tiny(TinyPrograms.WriteX(1)) with { StandardOutput = new NeverStream() });
        await Task.Delay(50);
        cell.Completion.IsCompleted.Should().BeFalse();
        (await cell.StopAsync().WaitAsync(Soon)).End.Should().Be(RunEnd.Stopped);
    }

    [Fact]
    public async Task Stream_ThatThrows_IsABrokenPipe()
    {
        await using var os = await ObjectOs.BootAsync();
        var writes = await os.RunAsync(Programs.Misbehave("flood") with { StandardOutput = new ThrowingStream() }).WaitAsync(Soon);
        (writes.End, writes.ExitCode).Should().Be((RunEnd.Signalled, 141));
        var reads = await os.RunAsync(Programs.Tiny(TinyPrograms.Cat()) with { StandardInput = new ThrowingStream() }).WaitAsync(Soon);
        reads.End.Should().Be(RunEnd.Exited);
        (await os.RunAsync(Programs.Misbehave("exit-42"))).ExitCode.Should().Be(42);
    }

    [Fact]
    public async Task Input_ThatBlocksForEver_HoldsNobodyElseUp()
    {
        await using var os = await ObjectOs.BootAsync(o => o.Inputs = Inputs.Live);
        var blocking = new BlockingStream();
        var waits = await os.StartAsync(Programs.Tiny(TinyPrograms.Cat()) with { StandardInput = blocking });
        var computes = await os.RunAsync(Programs.Lisp("fib.scm")).WaitAsync(Soon);
        computes.IsSuccess.Should().BeTrue();
        waits.Completion.IsCompleted.Should().BeFalse();
        (await waits.StopAsync().WaitAsync(Soon)).End.Should().Be(RunEnd.Stopped);
        blocking.Release();
    }

    [Fact]
    public async Task Input_ThatNeverComes_DoesNotKeepAStopInADeterministicRun()
    {
        await using var os = await ObjectOs.BootAsync();
        var cell = await os.StartAsync(Programs.Tiny(TinyPrograms.Cat()) with { StandardInput = new NeverStream() });
        await Task.Delay(50);
        (await cell.StopAsync().WaitAsync(Soon)).End.Should().Be(RunEnd.Stopped);
    }
}
