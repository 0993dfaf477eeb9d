using System.Diagnostics;
using System.IO.Pipelines;
using System.Text;

namespace ObjectOS.Tests;

/// <summary>Programs of one OS object are independent: one that waits, or has a slow reader, delays no other.</summary>
public sealed class TenantTests
{
    private static readonly TimeSpan Soon = TestTime.Seconds(60);

    [Fact]
    public async Task Pipe_BetweenTwoPrograms_CarriesEverything()
    {
        await using var os = ObjectOs.Boot();
        var pipe = new Pipe();
        byte[] text = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 20_000).Select(i => $"line {i}\n")));
        var reads = await os.StartAsync(Programs.Tiny(TinyPrograms.Cat()) with { StandardInput = pipe.Reader.AsStream() });
        var writes = await os.StartAsync(Programs.Tiny(TinyPrograms.Cat()) with { StandardInput = new MemoryStream(text), StandardOutput = pipe.Writer.AsStream() });
        (await writes.WaitAsync().WaitAsync(Soon)).IsSuccess.Should().BeTrue();
        await pipe.Writer.CompleteAsync();
        (await reads.WaitAsync().WaitAsync(Soon)).OutputBytes.ToArray().Should().Equal(text);
    }

    [Fact]
    public async Task Neighbours_ThatWaitForEver_DoNotDelayAComputation()
    {
        await using var os = ObjectOs.Boot();
        for (int i = 0; i < 20; i++)
        {
            await os.StartAsync(Programs.Tiny(TinyPrograms.Cat()) with { StandardInput = new NeverStream() });
            await os.StartAsync(Programs.Misbehave("flood") with { StandardOutput = new NeverStream() });
        }

        (await os.RunAsync(Programs.Lisp("fib.scm")).WaitAsync(Soon)).IsSuccess.Should().BeTrue();
        (await (await os.CreateChildAsync()).RunAsync(Programs.Lisp("fib.scm")).WaitAsync(Soon)).IsSuccess.Should().BeTrue("a child of the OS object is a tenant, too");
    }

    [Fact]
    public async Task Child_WhoseInputNeverComes_DelaysNeitherParentNorSibling()
    {
        await using var os = ObjectOs.Boot();
        var waits = await os.CreateChildAsync();
        var other = await os.CreateChildAsync();
        await waits.StartAsync(Programs.Tiny(TinyPrograms.Cat()) with { StandardInput = new NeverStream() });
        (await other.RunAsync(Programs.Lisp("fib.scm")).WaitAsync(Soon)).IsSuccess.Should().BeTrue();
        (await os.RunAsync(Programs.Lisp("fib.scm")).WaitAsync(Soon)).IsSuccess.Should().BeTrue();
    }

    [Fact]
    public async Task LiveRun_OfOneProgram_IsReproducible()
    {
        var runs = new List<RunResult>();
        for (int i = 0; i < 3; i++)
        {
            await using var os = ObjectOs.Boot();
            byte[] text = Encoding.ASCII.GetBytes("a line\n");
            runs.Add(await os.RunAsync(Programs.Tiny(TinyPrograms.Cat()) with { StandardInput = new LateStream(text, TimeSpan.FromMilliseconds(10 * i)), ReportsState = true }).WaitAsync(Soon));
        }

        runs.Should().OnlyContain(r => r.Output == "a line\n");
        runs.Select(r => (r.Instructions, r.StateHash)).Distinct().Should().ContainSingle("guest time stands still while nothing can run");
    }

    [Fact]
    public async Task DeterministicInput_ThatEveryProgramWaitsFor_IsReported()
    {
        var said = new TaskCompletionSource<string>();
        await using var os = ObjectOs.Boot(new ObjectOsOptions
        {
            Inputs = Inputs.Deterministic,
            StallTime = TimeSpan.FromMilliseconds(200),
            StallHandler = sentence => said.TrySetResult(sentence),
        });
        await os.StartAsync(Programs.Tiny(TinyPrograms.Cat()) with { StandardInput = new NeverStream() });
        (await said.Task.WaitAsync(Soon)).Should().Contain("the input of tiny").And.Contain("deterministic");
    }

    [Theory]
    [InlineData(IdleTime.Warp, false)]
    [InlineData(IdleTime.Paced, true)]
    public async Task IdleTime_WithoutInput_IsPacedIfAskedFor(IdleTime idle, bool isPaced)
    {
        await using var os = ObjectOs.Boot(new ObjectOsOptions { IdleTime = idle });
        var watch = Stopwatch.StartNew();
        var result = await os.RunAsync(Programs.Tiny(TinyPrograms.Sleep(isPaced ? 300_000_000UL : 100_000_000_000UL))).WaitAsync(Soon);
        result.IsSuccess.Should().BeTrue(result.ToString());
        if (isPaced)
        {
            watch.Elapsed.Should().BeGreaterThanOrEqualTo(TimeSpan.FromMilliseconds(300));
        }
        else
        {
            watch.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(50), "a hundred seconds of idle time are skipped");
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task IdleTime_BesideAProgramThatAwaitsInput_PassesLikeTheHosts(int depth)
    {
        await using var os = ObjectOs.Boot();
        var inner = await os.DescendAsync(depth);
        await inner.StartAsync(Programs.Tiny(TinyPrograms.Cat()) with { StandardInput = new NeverStream() });
        await Task.Delay(50);
        var watch = Stopwatch.StartNew();
        (await inner.RunAsync(Programs.Tiny(TinyPrograms.Sleep(300_000_000UL))).WaitAsync(Soon)).IsSuccess.Should().BeTrue();
        watch.Elapsed.Should().BeGreaterThanOrEqualTo(TimeSpan.FromMilliseconds(290));
    }

    [Fact]
    public async Task OutputAndError_IntoOneStream_KeepTheProgramsOrder()
    {
        await using var os = ObjectOs.Boot();
        var both = new MemoryStream();
        var result = await os.RunAsync(Programs.Tiny(TinyPrograms.Alternate(2000)) with { StandardOutput = both, StandardError = both }).WaitAsync(Soon);
        result.IsSuccess.Should().BeTrue(result.ToString());
        Encoding.ASCII.GetString(both.ToArray()).Should().Be(string.Concat(Enumerable.Repeat("oe", 2000)));
    }

    /// <summary>A stream whose bytes come after some time.</summary>
    private sealed class LateStream(byte[] bytes, TimeSpan time) : NeverStream
    {
        private int _at;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(time, cancellationToken);
            int length = Math.Min(buffer.Length, bytes.Length - _at);
            bytes.AsMemory(_at, length).CopyTo(buffer);
            _at += length;
            return length;
        }
    }
}
