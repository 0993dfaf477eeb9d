namespace ObjectOS.Tests;

/// <summary>A pool of OS objects.</summary>
public sealed class PoolTests
{
    private static readonly TimeSpan Soon = TestTime.Seconds(60);

    [Fact]
    public async Task Work_GoesToTheLeastBusyMember()
    {
        await using var pool = new ObjectOsPool(3);
        var cells = new List<Cell>();
        for (int i = 0; i < 3; i++)
        {
            cells.Add(await pool.StartAsync(Programs.Endless));
        }

        (pool.Size, pool.Running).Should().Be((3, 3));
        await Eventually.BecomesAsync(() => Task.FromResult(cells.TrueForAll(cell => cell.Number > 0)));
        cells.Select(cell => cell.Number).Distinct().Should().ContainSingle("each is the first program of its OS object");
        await Task.WhenAll(cells.Select(cell => cell.StopAsync())).WaitAsync(Soon);
        await Eventually.BecomesAsync(() => Task.FromResult(pool.Running == 0));
        (await pool.RunAsync(Programs.Misbehave("exit-42")).WaitAsync(Soon)).ExitCode.Should().Be(42);
    }

    [Fact]
    public async Task Member_ThatHasHalted_IsReplaced()
    {
        int booted = 0;
        await using var trace = new StreamWriter(new FailingOnce());
        await using var pool = new ObjectOsPool(1, o =>
        {
            // The first member cannot write its trace, which ends it.
            o.Trace = booted++ == 0 ? trace : null;
        });
        (await pool.RunAsync(Programs.Misbehave("exit-42")).WaitAsync(Soon)).End.Should().Be(RunEnd.KernelHalted);
        (await pool.RunAsync(Programs.Misbehave("exit-42")).WaitAsync(Soon)).ExitCode.Should().Be(42);
        booted.Should().Be(2);
    }

    [Fact]
    public async Task Pool_Disposed_RefusesWork()
    {
        var pool = new ObjectOsPool(1);
        var cell = await pool.StartAsync(Programs.Endless);
        await pool.DisposeAsync();
        (await cell.Completion.WaitAsync(Soon)).End.Should().Be(RunEnd.Stopped);
        await pool.Awaiting(p => p.StartAsync(Programs.Endless)).Should().ThrowAsync<ObjectDisposedException>();
        FluentActions.Invoking(() => new ObjectOsPool(0)).Should().Throw<ArgumentOutOfRangeException>();
    }

    private sealed class FailingOnce : MemoryStream
    {
        private bool _hasThrown;

        public override void Write(ReadOnlySpan<byte> buffer) => Write([], 0, 0);

        public override void Write(byte[] buffer, int offset, int count)
        {
            if (!_hasThrown)
            {
                _hasThrown = true;
                throw new IOException("it is full.");
            }
        }
    }
}
