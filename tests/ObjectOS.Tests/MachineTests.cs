using System.Text;

namespace ObjectOS.Tests;

/// <summary>Operating systems booted through the facade.</summary>
public sealed class MachineTests
{
    private static string Tiny => Path.Combine(Repository.Root, "images", "tiny", "tiny.elf");

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Tiny_PassesItsSelfTest_AtDepth(int depth)
    {
        var spec = new MachineSpec { Image = Tiny, Arguments = "selftest", Harts = 2, Memory = 16.MiB(), ReportsState = true };
        await using var root = await ObjectOs.BootAsync(o => (o.Memory, o.Inputs) = (256.MiB(), Inputs.Deterministic));
        var os = root;
        for (int level = 0; level < depth; level++)
        {
            os = await os.CreateChildAsync();
        }

        var result = await os.BootMachineAsync(spec);
        result.End.Should().Be(RunEnd.PoweredOff, result.Message ?? result.Output);
        result.EnsureSuccess().Output.Should().Contain("TINY-SELFTEST-OK");
        var again = await root.BootMachineAsync(spec);
        again.Output.Should().Be(result.Output);
        (await os.CountTargetsAsync()).Should().Be(0);
    }

    [Fact]
    public async Task Image_ThatCannotBeBooted_IsAResult()
    {
        await using var os = await ObjectOs.BootAsync(o => o.Inputs = Inputs.Deterministic);
        var result = await os.BootMachineAsync(new MachineSpec { Image = new BootFile("bad.elf", Encoding.ASCII.GetBytes("\u007fELF and no more")) });
        (result.End, result.ExitCode, result.Message).Should().Be((RunEnd.NotRunnable, 126, "bad.elf: the ELF header is truncated: 16 bytes are there, 64 are wanted"));
        await FluentActions.Awaiting(() => os.BootMachineAsync(new MachineSpec())).Should().ThrowAsync<ArgumentException>().WithMessage("There is nothing to boot*");
        await FluentActions.Awaiting(() => os.BootMachineAsync(new MachineSpec { Image = "/not/there" })).Should().ThrowAsync<IOException>();
    }

    [Fact]
    public async Task Machine_IsStoppedByItsTimeout_AndByItsCell()
    {
        await using var os = await ObjectOs.BootAsync(o => o.Inputs = Inputs.Deterministic);
        var loop = new BootFile("loop", new byte[] { 0x6f, 0, 0, 0 });
        var result = await os.BootMachineAsync(new MachineSpec { Kernel = loop, Memory = 16.MiB(), Timeout = TimeSpan.FromMilliseconds(200) });
        (result.End, result.ExitCode).Should().Be((RunEnd.TimedOut, 124));
        var cell = await os.StartMachineAsync(new MachineSpec { Kernel = loop, Memory = 16.MiB() });
        (await cell.StopAsync()).End.Should().Be(RunEnd.Stopped);
        (await os.BootMachineAsync(new MachineSpec { Kernel = loop, Memory = 16.MiB(), Instructions = 1_000_000 })).End.Should().Be(RunEnd.BudgetExhausted);
    }

    [Fact]
    public async Task Disk_IsOpenedByItsPolicy_AndClosedWithTheMachine()
    {
        string path = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(path, new byte[8192]);
            await using var os = await ObjectOs.BootAsync(o => o.Inputs = Inputs.Deterministic);
            var spec = new MachineSpec { Image = Tiny, Arguments = "markonly", Memory = 16.MiB(), Disks = [new DiskSpec(path), new DiskSpec(path + ".not")] };
            await FluentActions.Awaiting(() => os.BootMachineAsync(spec)).Should().ThrowAsync<IOException>();
            (await os.BootMachineAsync(spec with { Disks = [new DiskSpec(path)] })).EnsureSuccess();
            using var exclusive = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
