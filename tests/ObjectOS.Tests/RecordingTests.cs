using System.Text;
using ObjectOS.Events;
using ObjectOS.Recording;

namespace ObjectOS.Tests;

/// <summary>What is recorded is replayed to the same state, out of the file alone.</summary>
public sealed class RecordingTests
{
    private static string Tiny => Path.Combine(Repository.Root, "images", "tiny", "tiny.elf");

    [Theory]
    [InlineData(0, Inputs.Deterministic)]
    [InlineData(1, Inputs.Live)]
    [InlineData(8, Inputs.Live)]
    public async Task Programs_AtDepth_ReplayToTheSameState(int depth, Inputs inputs)
    {
        using var file = new MemoryStream();
        string output = await Recordings.RecordAsync(file, depth, o => o.Inputs = inputs, RunProgramsAsync);
        var replayed = await Recordings.ReplayAsync(file);
        replayed.Order().Should().Equal(output.Order(), "programs that run at a time print in an order of their own");
        output.Should().Contain("fib(1000) = 434665").And.Contain("typed: tail");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Machine_WithTwoHartsAndTheHostClock_ReplaysToTheSameState(int depth)
    {
        using var file = new MemoryStream();
        string output = await Recordings.RecordAsync(
            file,
            depth,
            o => o.HostClock = true,
            async os => (await os.BootMachineAsync(new MachineSpec { Image = Tiny, Arguments = "selftest", Harts = 2, Memory = 16.MiB() })).EnsureSuccess().Output);
        output.Should().Contain("TINY-SELFTEST-OK");
        (await Recordings.ReplayAsync(file)).Should().Be(output);
    }

    [Fact]
    public async Task Children_ThatComeAndGo_ReplayToTheSameState()
    {
        using var file = new MemoryStream();
        string output = await Recordings.RecordAsync(file, 0, o => o.IdleTime = IdleTime.Paced, async os =>
        {
            var text = new StringBuilder();
            for (int i = 0; i < 3; i++)
            {
                await using var child = await os.CreateChildAsync(o => o.Memory = 32.MiB());
                text.Append((await child.RunAsync(Programs.Lisp("fib.scm"))).EnsureSuccess().Output);
            }

            return text.ToString();
        });
        (await Recordings.ReplayAsync(file)).Should().Be(output);
    }

    [Fact]
    public async Task Replay_StopsAtPositions_AndGoesBack()
    {
        using var file = new MemoryStream();
        await Recordings.RecordAsync(file, 1, o => o.Inputs = Inputs.Deterministic, async os => (await os.RunAsync(Programs.Lisp("primes.scm"))).EnsureSuccess().Output);
        using var whole = Replay.Open(new MemoryStream(file.ToArray()));
        await whole.RunAsync();
        (ulong end, ulong calls, ulong time) = (whole.Position, whole.Calls, whole.Time);
        calls.Should().BeGreaterThan(10);

        using var output = new MemoryStream();
        using var replay = Replay.Open(new MemoryStream(file.ToArray()), new ReplayOptions { Output = output });
        (await replay.RunAsync(new ReplayPosition(PositionKind.Call, calls / 2))).Should().BeTrue();
        replay.Calls.Should().Be((calls / 2) - 1, "it stops before the call");
        ulong atCall = replay.Position;
        (await replay.RunAsync(new ReplayPosition(PositionKind.Instruction, end / 2))).Should().Be(true);
        replay.Position.Should().BeInRange(end / 2, (end / 2) + 10_000);
        ulong atHalf = replay.Position;
        await replay.BackAsync(atHalf - atCall);
        (replay.Position, replay.Calls).Should().Be((atCall, (calls / 2) - 1));
        (await replay.RunAsync(new ReplayPosition(PositionKind.Time, time / 2))).Should().BeTrue();
        replay.Time.Should().BeGreaterThanOrEqualTo(time / 2);
        (await replay.RunAsync(new ReplayPosition(PositionKind.Instruction, end + 1))).Should().BeFalse();
        (replay.Position, replay.Digest).Should().Be((end, whole.Digest), "stops on the way change nothing");
        Encoding.UTF8.GetString(output.ToArray()).Split("9592 primes").Should().HaveCount(2, "what was printed is printed once");
    }

    /// <summary>The lanes of the live run and those of the replay are the same, so that a position of a report is one of a recording.</summary>
    [Theory]
    [InlineData(0, "0/t1")]
    [InlineData(1, "0.1/t1")]
    [InlineData(0, "0/1.files1")]
    [InlineData(0, "0/1.stdout")]
    public async Task Replay_StopsAfterAnEventOfALane_AndGoesBack(int depth, string lane)
    {
        using var file = new MemoryStream();
        var events = new EventStream();
        await Recordings.RecordAsync(file, 0, o => o.Events = events, async root =>
        {
            await using var child = depth == 0 ? null : await root.CreateChildAsync(o => (o.Events, o.Memory) = (events, 64.MiB()));
            var os = child ?? root;
            string folder = Repository.PathOf("images", "lisp", "scripts");
            var result = await os.RunAsync(new ProgramSpec { Path = Repository.PathOf("images", "lisp", "lisp.elf"), Arguments = ["/s/fib.scm"], Directories = [new DirectoryGrant(folder, "/s")] });
            return result.EnsureSuccess().Output;
        });
        long count = events.Lanes.Single(one => one.Name == lane).Count;
        using var replay = Replay.Open(new MemoryStream(file.ToArray()));
        ulong last = 0;
        foreach (long ordinal in new[] { 1, (count + 1) / 2, count })
        {
            (await replay.RunAsync(new ReplayPosition(PositionKind.Event, (ulong)ordinal, lane))).Should().BeTrue("{0} is one of {1} events", ordinal, count);
            replay.Position.Should().BeGreaterThanOrEqualTo(last);
            last = replay.Position;
        }

        replay.IsAtEnd.Should().BeFalse();
        await replay.BackAsync(1000);
        replay.Position.Should().BeLessThanOrEqualTo(last - 1000);
        (await replay.RunAsync(new ReplayPosition(PositionKind.Event, (ulong)count, lane))).Should().BeTrue();
        replay.Position.Should().Be(last);
        (await replay.RunAsync(new ReplayPosition(PositionKind.Event, (ulong)count + 1, lane))).Should().BeFalse();
        (await replay.RunAsync(new ReplayPosition(PositionKind.Event, 1, "0/t99"))).Should().BeFalse();
    }

    [Theory]
    [InlineData("event:0/t1/5", "0/t1", 5)]
    [InlineData("event:0.1/1.stdout/12", "0.1/1.stdout", 12)]
    public void Position_OfAnEvent_IsReadAndWritten(string text, string lane, ulong number)
    {
        ReplayPosition.TryParse(text, out var position).Should().BeTrue();
        position.Should().Be(new ReplayPosition(PositionKind.Event, number, lane));
        position.ToString().Should().Be(text);
    }

    [Theory]
    [InlineData("event:5")]
    [InlineData("event:/5")]
    [InlineData("event:0/t1/0")]
    [InlineData("event:0/t1/x")]
    public void Position_OfNoEvent_IsNone(string text) => ReplayPosition.TryParse(text, out _).Should().BeFalse();

    [Fact]
    public async Task Replay_StopsWhereAGuestHasWrittenAText()
    {
        using var file = new MemoryStream();
        string text = await Recordings.RecordAsync(file, 0, o => o.Inputs = Inputs.Deterministic, async os => (await os.RunAsync(Programs.Lisp("primes.scm"))).EnsureSuccess().Output);
        const string Wanted = "primes below";
        text.Should().Contain(Wanted);
        using var replay = Replay.Open(new MemoryStream(file.ToArray()));
        (await replay.RunAsync(new ReplayPosition(PositionKind.Output, 0, Wanted))).Should().BeTrue();
        ulong position = replay.Position;
        replay.IsAtEnd.Should().BeFalse();

        // One instruction earlier it was not there.
        await replay.BackAsync(1);
        (await replay.RunAsync(new ReplayPosition(PositionKind.Output, 0, Wanted))).Should().BeTrue();
        replay.Position.Should().Be(position);
        (await replay.RunAsync(new ReplayPosition(PositionKind.Output, 0, "no guest writes this"))).Should().BeFalse();
    }

    /// <summary>Several programs at a time, whose input comes when it comes.</summary>
    private static async Task<string> RunProgramsAsync(ObjectOs os)
    {
        var random = new Random(1);
        var late = new LateStream(Encoding.UTF8.GetBytes("(display \"typed: \")\n(display 'tail)\n(newline)\n"), random.Next());
        var all = new List<Task<RunResult>>
        {
            os.RunAsync(Programs.Lisp("fib.scm")),
            os.RunAsync(new ProgramSpec { Path = Programs.LispPath, StandardInput = late }),
        };
        var text = new StringBuilder();
        foreach (var one in all)
        {
            text.Append((await one).Output);
        }

        return text.ToString();
    }

    /// <summary>Input that comes a few bytes at a time, after random pauses of the host.</summary>
    private sealed class LateStream(byte[] bytes, int seed) : Stream
    {
        private readonly Random _random = new(seed);
        private int _at;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => _at; set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(_random.Next(15), cancellationToken);
            int count = Math.Min(Math.Min(buffer.Length, bytes.Length - _at), _random.Next(1, 8));
            bytes.AsMemory(_at, count).CopyTo(buffer);
            _at += count;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
