using System.Buffers.Binary;
using System.IO.Hashing;
using ObjectOS.Recording;

namespace ObjectOS.Tests;

/// <summary>Recordings that are no good end in one sentence.</summary>
public sealed class DamagedRecordingTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task DamagedFile_IsOneSentence_AndAllocatesNoMoreThanItsSize(int seed)
    {
        byte[] file = await RecordAsync();
        var random = new Random(seed);
        int damaged = 0;
        for (int i = 0; i < TestScale.Of(500); i++)
        {
            byte[] bad = Damage(file, random);
            long before = GC.GetAllocatedBytesForCurrentThread();
            var failure = Record.Exception(() => Replay.Open(new MemoryStream(bad)).Dispose());
            (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan((3L * bad.Length) + (1 << 20), $"seed {seed}, file {i}");
            damaged += failure is null ? 0 : 1;
            if (failure is not null)
            {
                failure.Should().BeOfType<DamagedRecordingException>($"seed {seed}, file {i}").Which.Message.Should().NotContain("\n");
            }
        }

        damaged.Should().BeGreaterThan(0);
    }

    /// <summary>The checksums are made anew, so that the damage reaches the replay itself.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task DamagedLog_WithChecksumsMadeAnew_IsReported(int seed)
    {
        byte[] file = await RecordAsync();
        var random = new Random(seed);
        var logs = Chunks(file).Where(chunk => chunk.Tag == (byte)'L').ToList();
        int reported = 0, runs = TestScale.Of(40);
        for (int i = 0; i < runs; i++)
        {
            byte[] bad = [.. file];
            var (_, offset, length) = logs[random.Next(logs.Count)];
            bad[offset + random.Next(length)] ^= (byte)(1 << random.Next(8));
            Seal(bad, offset, length);
            using var replay = Replay.Open(new MemoryStream(bad));
            var failure = await Record.ExceptionAsync(() => replay.RunAsync());
            if (failure is not null)
            {
                reported++;
                (failure is DamagedRecordingException or DesyncException or UnfitRecordingException).Should().BeTrue($"seed {seed}, file {i}: {failure}");
                failure.Message.Should().NotContain("\n");
            }
        }

        reported.Should().Be(runs, "the digests of the state cover the whole log");
    }

    [Fact]
    public async Task ChangedAnswer_WithChecksumsMadeAnew_IsReportedWithPositionAndLane()
    {
        byte[] file = await RecordAsync();
        int at = file.AsSpan().IndexOf("(display 'answer)"u8);
        at.Should().BeGreaterThan(0, "what the guest read stands in the log");
        file[at + "(display 'ans".Length] = (byte)'v';
        var (_, offset, length) = Chunks(file).Single(chunk => chunk.Tag == (byte)'L' && at > chunk.Offset && at < chunk.Offset + chunk.Length);
        Seal(file, offset, length);
        using var replay = Replay.Open(new MemoryStream(file));
        var desync = (await FluentActions.Awaiting(() => replay.RunAsync()).Should().ThrowAsync<DesyncException>()).Which;
        desync.Message.Should().Contain("expected request").And.Contain("StreamWrite").And.Contain($"instruction:{desync.Position}").And.Contain("kernel 0");
        desync.Lane.Should().Be("0");
    }

    [Fact]
    public async Task CutFile_ReplaysAsFarAsItGoes()
    {
        byte[] file = await RecordAsync();
        var last = Chunks(file)[^1];
        last.Tag.Should().Be((byte)'E');
        using var replay = Replay.Open(new MemoryStream(file[..(last.Offset - 2)]));
        replay.IsComplete.Should().BeFalse();
        await replay.RunAsync();
        replay.IsAtEnd.Should().BeTrue();
    }

    private static async Task<byte[]> RecordAsync()
    {
        using var file = new MemoryStream();
        await using (var os = await ObjectOs.BootAsync(o => (o.Memory, o.Recording, o.Inputs) = (64.MiB(), file, Inputs.Deterministic)))
        {
            var input = new MemoryStream("(display 'answer)(newline)"u8.ToArray());
            (await os.RunAsync(new ProgramSpec { Path = Programs.LispPath, StandardInput = input })).EnsureSuccess().Output.Should().Contain("answer");
        }

        return file.ToArray();
    }

    private static byte[] Damage(byte[] file, Random random)
    {
        byte[] bad = [.. file];
        switch (random.Next(4))
        {
            case 0:
                bad[random.Next(bad.Length)] ^= (byte)(1 << random.Next(8));
                return bad;
            case 1:
                return bad[..random.Next(bad.Length)];
            case 2:
                random.NextBytes(bad.AsSpan(random.Next(bad.Length - 16), 16));
                return bad;
            default:
                int from = random.Next(bad.Length), length = random.Next(bad.Length - from);
                return [.. bad[..from], .. bad[(from + length)..], .. bad[..length]];
        }
    }

    private static List<(byte Tag, int Offset, int Length)> Chunks(byte[] file)
    {
        var chunks = new List<(byte, int, int)>();
        for (int at = 10; at < file.Length;)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at + 1));
            chunks.Add((file[at], at + 5, length));
            at += 5 + length + 8;
        }

        return chunks;
    }

    private static void Seal(byte[] file, int offset, int length) => BinaryPrimitives.WriteUInt64LittleEndian(
        file.AsSpan(offset + length), XxHash64.HashToUInt64(file.AsSpan(offset - 5, length + 5)));
}
