namespace ObjectOS.Tests;

/// <summary>Lives and ends of OS objects under OS objects, in every order and at once.</summary>
public sealed class ChildLifeTests
{
    [Theory]
    [InlineData(new[] { 1, 2, 3 })]
    [InlineData(new[] { 3, 1, 2 })]
    [InlineData(new[] { 0, 1, 3, 2 })]
    [InlineData(new[] { 2, 2, 1, 1, 0, 0 })]
    public async Task Dispose_OfSeveralLevelsAtOnce_EndsForAll(int[] order)
    {
        for (int i = 0; i < 20; i++)
        {
            await using var os = await ObjectOs.BootAsync();
            var levels = new List<ObjectOs> { os };
            while (levels.Count < 4)
            {
                levels.Add(await levels[^1].CreateChildAsync());
            }

            var cell = await levels[3].StartAsync(Programs.Endless);
            await Task.WhenAll(order.Select(level => Task.Run(() => levels[level].DisposeAsync().AsTask()))).WaitAsync(TimeSpan.FromSeconds(30));
            (await cell.Completion.WaitAsync(TimeSpan.FromSeconds(30))).End.Should().Be(RunEnd.Stopped);
            os.LiveFrames.Should().Be(0);
        }
    }

    [Fact]
    public async Task Pause_OfAChildThatIsGone_LeavesTheNextOneRunning()
    {
        await using var os = await ObjectOs.BootAsync();
        var gone = await os.CreateChildAsync();
        await gone.DisposeAsync();
        await using var next = await os.CreateChildAsync();
        gone.Pause();
        (await next.RunAsync(Programs.Misbehave("exit-42")).WaitAsync(TimeSpan.FromSeconds(30))).ExitCode.Should().Be(42);
    }
}
