using ObjectOS.Cpu;

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
            await Task.WhenAll(order.Select(level => Task.Run(() => levels[level].DisposeAsync().AsTask()))).WaitAsync(TestTime.Seconds(30));
            (await cell.Completion.WaitAsync(TestTime.Seconds(30))).End.Should().Be(RunEnd.Stopped);
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
        (await next.RunAsync(Programs.Misbehave("exit-42")).WaitAsync(TestTime.Seconds(30))).ExitCode.Should().Be(42);
    }

    [Fact]
    public async Task Everything_InOneObject_HasRoom()
    {
        const int Many = 40;
        var machine = new MachineSpec { Image = Repository.PathOf("images", "tiny", "tiny.elf"), Arguments = "selftest" };
        await using var os = await ObjectOs.BootAsync();
        var children = new List<ObjectOs>();
        var cells = new List<Cell>();
        for (int i = 0; i < Many; i++)
        {
            children.Add(await os.CreateChildAsync());
            cells.Add(await os.StartAsync(Programs.Endless));
        }

        (await Task.WhenAll(cells.Select(c => c.StopAsync()))).Should().OnlyContain(r => r.End == RunEnd.Stopped);
        await using var innermost = await children[^1].CreateChildAsync();
        foreach (var level in new[] { os, innermost })
        {
            (await level.RunAsync(Repository.PathOf("images", "hello", "hello.elf"))).EnsureSuccess();
            (await level.BootMachineAsync(machine)).EnsureSuccess();
            (await level.RunAsync(Programs.Misbehave("exit-42"))).ExitCode.Should().Be(42);
        }
    }

    [Fact]
    public async Task Child_ThatCannotBeMade_LeavesNothingInItsParent()
    {
        await using var os = await ObjectOs.BootAsync(o => o.Memory = 64.MiB());
        await using var neighbour = await os.CreateChildAsync(c => c.ReservedMemory = 40.MiB());
        await os.SettleAsync();
        var before = (await os.GetStatisticsAsync()).Cells;
        await os.Awaiting(o => o.CreateChildAsync(c => c.KernelFactory = new FailingKernelFactory()).AsTask()).Should().ThrowAsync<InvalidTimeZoneException>();
        await os.Awaiting(o => o.CreateChildAsync(c => c.ReservedMemory = 40.MiB()).AsTask()).Should().ThrowAsync<InvalidOperationException>().WithMessage("*at 0 cannot*MemoryExhausted*");
        await os.SettleAsync();
        var after = await os.GetStatisticsAsync();
        after.VirtualCpus.Should().ContainSingle("the neighbour is still there");
        after.Cells.Select(c => (c.Number, c.Objects)).Should().Equal(before.Select(c => (c.Number, c.Objects)));
    }

    [Fact]
    public async Task Child_ThatIsGone_SaysSo()
    {
        await using var os = await ObjectOs.BootAsync();
        var gone = await os.CreateChildAsync();
        await gone.DisposeAsync();
        Func<Task>[] all = [() => gone.InvokeAsync(kernel => kernel.Statistics), gone.GetStatisticsAsync, gone.GetCellsAsync, () => gone.CreateChildAsync().AsTask(), () => gone.RunAsync(Programs.Endless)];
        foreach (var each in all)
        {
            await each.Should().ThrowAsync<ObjectDisposedException>();
        }

        await os.Awaiting(o => o.InvokeAsync<int>(null!)).Should().ThrowAsync<ArgumentNullException>();
    }

    [Fact]
    public async Task Kernel_ThatHasHalted_IsWhatEveryStartTells()
    {
        await using var os = await ObjectOs.BootAsync();
        await using var child = await os.CreateChildAsync();
        await using var grandchild = await child.CreateChildAsync();
        var running = await grandchild.StartAsync(Programs.Endless);
        await child.InvokeAsync(kernel =>
        {
            kernel.Shutdown();
            return true;
        });
        (await running.Completion.WaitAsync(TestTime.Seconds(30))).Message.Should().Be("the OS object at 0.1 stopped: Halted: shut down");
        (await grandchild.RunAsync(Programs.Endless).WaitAsync(TestTime.Seconds(30))).End.Should().Be(RunEnd.KernelHalted);
        var result = await child.RunAsync(Programs.Endless).WaitAsync(TestTime.Seconds(30));
        (result.End, result.Message).Should().Be((RunEnd.KernelHalted, "the kernel halted: shut down"));
        await child.Awaiting(c => c.CreateChildAsync().AsTask()).Should().ThrowAsync<InvalidOperationException>().WithMessage("The kernel at 0.1 cannot make a child: shut down.");
    }

    private sealed class FailingKernelFactory : IKernelFactory
    {
        public KernelDescription Description => throw new NotSupportedException();

        public IKernel Create(ICpu cpu, KernelOptions options) => throw new InvalidTimeZoneException("no kernel today");
    }
}
