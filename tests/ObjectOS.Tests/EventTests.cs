using ObjectOS.Events;

namespace ObjectOS.Tests;

/// <summary>The events of an OS object: one lane per thread and stream, equal in equal runs, and of no effect on guests.</summary>
public sealed class EventTests
{
    private static readonly ProgramSpec Processes = new() { Path = Repository.PathOf("images", "linuxcheck", "linuxcheck.elf"), Arguments = ["processes"] };

    [Fact]
    public async Task Lanes_RunTwice_AreEqual()
    {
        var (first, firstResult) = await RunAsync(Processes);
        var (second, secondResult) = await RunAsync(Processes);
        second.Lanes.Select(Figures).Should().Equal(first.Lanes.Select(Figures));
        secondResult.Charged.Should().Be(firstResult.Charged);
        first.Lanes.Should().Contain(lane => lane.Name == "0/t1").And.Contain(lane => lane.Name == "0/1.stdout").And.Contain(lane => lane.Parent == "0/t1");
    }

    [Fact]
    public async Task Events_Kept_ChangeNoFigureOfTheGuest()
    {
        var (_, with) = await RunAsync(Processes with { ReportsState = true }, new EventWatch("0/t1", 5));
        await using var os = await ObjectOs.BootAsync(o => o.Inputs = Inputs.Deterministic);
        var without = await os.RunAsync(Processes with { ReportsState = true });
        (with.Instructions, with.Charged, with.Traps, with.StateHash).Should().Be((without.Instructions, without.Charged, without.Traps, without.StateHash));
    }

    [Fact]
    public async Task Lanes_AtDepthTwo_HaveTheDigestsOfDepthZero()
    {
        var (flat, _) = await RunAsync(Processes);
        var stream = new EventStream();
        await using var os = await ObjectOs.BootAsync(o => (o.Inputs, o.Events) = (Inputs.Deterministic, stream));
        await using var child = await os.CreateChildAsync();
        await using var grandchild = await child.CreateChildAsync();
        await grandchild.RunAsync(Processes);
        stream.Lanes.Where(lane => lane.Name.StartsWith("0.1.1/", StringComparison.Ordinal)).Select(lane => (lane.Name.Replace("0.1.1/", "0/"), lane.Count, lane.Digest.Control, lane.Digest.Payload))
            .Should().Equal(flat.Lanes.Select(lane => (lane.Name, lane.Count, lane.Digest.Control, lane.Digest.Payload)));
    }

    [Fact]
    public async Task Watch_OfTheFirstOpen_ShowsThePathAndWhatCameBefore()
    {
        var (all, _) = await RunAsync(Programs.Lisp("fib.scm"), new EventWatch("0/t1", long.MaxValue, Before: 10_000));
        var open = all.Before.First(e => e.Text.StartsWith("openat(", StringComparison.Ordinal));
        open.Text.Should().StartWith("openat(-100, \"scripts/fib.scm\", 0x").And.EndWith(" = 3");
        var (watched, _) = await RunAsync(Programs.Lisp("fib.scm"), new EventWatch(open.Lane, open.Ordinal));
        watched.After[0].ToString().Should().Be(open.ToString());
        watched.After[0].Stack.ToArray().Should().Equal(open.Stack.ToArray());
        watched.Before.Should().HaveCount((int)open.Sequence - 1);
        watched.After.Should().OnlyContain(e => e.Lane == open.Lane);
    }

    [NeedsFact(CrossProgram.Compiler)]
    public async Task Watch_OfACall_NamesTheActiveFunctions()
    {
        const string Source = """
            #include <unistd.h>
            int __attribute__((noipa)) say(const char *text) { return (int)write(1, text, 2) + 1; }
            int main(void) { return say("x\n") - 3; }
            """;
        using var program = await CrossProgram.MakeAsync(Source, "-g", "-O2");
        var (all, _) = await RunAsync(new ProgramSpec { Path = program.Path }, new EventWatch("0/t1", long.MaxValue, Before: 10_000));
        var write = all.Before.Single(e => e.Text == "write(1, \"x\\n\", 2) = 2");
        var frames = EventSymbols.Backtrace(await File.ReadAllBytesAsync(program.Path), write);
        frames.Select(frame => frame.Function).Should().ContainInOrder("say", "main");
        frames.Single(frame => frame.Function == "say").Line.Should().Be(2);
    }

    [Fact]
    public async Task Lanes_OfAnotherScript_DifferInControl()
    {
        var (fib, _) = await RunAsync(Programs.Lisp("fib.scm"));
        var (pi, _) = await RunAsync(Programs.Lisp("pi.scm"));
        pi.Lanes[0].Digest.Control.Should().NotBe(fib.Lanes[0].Digest.Control);
        pi.Lanes.Should().ContainSingle(lane => lane.Name == "0/1.stdout").Which.Digest.Payload.Should().NotBe(fib.Lanes.Single(lane => lane.Name == "0/1.stdout").Digest.Payload);
    }

    [Fact]
    public async Task Marks_OfALongLane_AreThoseOfItsPrefix()
    {
        var (stream, _) = await RunAsync(Processes);
        var lane = stream.Lanes.Single(l => l.Name == "0/t1");
        lane.Marks.Should().HaveCount((int)(lane.Count / EventLane.MarkInterval)).And.OnlyHaveUniqueItems();
    }

    private static (string Name, long Count, LaneDigest Digest, ulong Retired, ulong Time) Figures(EventLane lane) =>
        (lane.Name, lane.Count, lane.Digest, lane.Retired, lane.Time);

    private static async Task<(EventStream Stream, RunResult Result)> RunAsync(ProgramSpec spec, EventWatch? watch = null)
    {
        var stream = new EventStream(watch);
        await using var os = await ObjectOs.BootAsync(o => (o.Inputs, o.Events) = (Inputs.Deterministic, stream));
        var result = await os.RunAsync(spec);
        await os.SettleAsync();
        return (stream, result);
    }
}
