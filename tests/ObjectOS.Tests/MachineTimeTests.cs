using static ObjectOS.Tests.Asm;

namespace ObjectOS.Tests;

/// <summary>The time of a machine, and the end of one that nothing can wake.</summary>
public sealed class MachineTimeTests
{
    private const ulong Start = 0x80000000;
    private const int Mhartid = 0xF14, Mie = 0x304, Time = 0xC01, MachineTimer = 1 << 7;
    private const int TimeCompare = 0x2004000, TimeLow = 0x200c000 - 8, TestDevice = 0x100000, Pass = 0x5555, Fail = 0x13333;

    /// <summary>
    /// Each hart sets its timer to 2^40 ticks, 30 hours from now. The second one waits; the first one sets the time to a little less, sees it in its register and
    /// runs on, so that time does not jump. The second one has to wake, to see that time, too, and ends the machine.
    /// </summary>
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task StoreToTime_WakesEveryHartWhoseTimerHasCome(int depth)
    {
        var code = new Asm(Start).Csr("csrrs", A0, Mhartid, 0).I("slli", A0, A0, 3)
            .Li(T2, 1).I("slli", T2, T2, 40)
            .Li(T0, TimeCompare).R("add", T0, T0, A0).Store("sd", T2, 0, T0)
            .Li(T1, MachineTimer).Csr("csrrw", 0, Mie, T1);
        ulong second = code.Here + (4 * 12), fail = second + (4 * 4);
        code.Branch("bne", A0, 0, second).Li(A1, 5000);
        ulong delay = code.Here;
        code.Addi(A1, A1, -1).Branch("bne", A1, 0, delay)
            .Li(T0, TimeLow).Addi(T1, T2, -500).Store("sd", T1, 0, T0).Csr("csrrs", A1, Time, 0).Branch("bltu", A1, T1, fail).Jal(0, code.Here);
        code.Here.Should().Be(second);
        code.Bare("wfi").Csr("csrrs", A1, Time, 0).Branch("bltu", A1, T2, fail).Jal(0, fail + 12);
        code.Here.Should().Be(fail);
        code.Li(T1, Fail).Jal(0, fail + 20).Li(T1, Pass).Li(T0, TestDevice).Store("sw", T1, 0, T0).Jal(0, code.Here);

        var spec = new MachineSpec { Bios = new BootFile("time", code.ToArray()), Harts = 2, Memory = 1.MiB(), Instructions = 1_000_000, ReportsState = true };
        await using var root = await ObjectOs.BootAsync(o => o.Inputs = Inputs.Deterministic);
        var os = root;
        for (int level = 0; level < depth; level++)
        {
            os = await os.CreateChildAsync();
        }

        var result = await os.BootMachineAsync(spec);
        (result.End, result.ExitCode).Should().Be((RunEnd.PoweredOff, 0), result.Message);
        await using var other = await ObjectOs.BootAsync(o => o.Inputs = Inputs.Deterministic);
        var again = await other.BootMachineAsync(spec);
        (again.Instructions, again.StateHash).Should().Be((result.Instructions, result.StateHash));
    }

    /// <summary>A hart that runs is not idle, however little it gets to run; one that waits alone is, at the first look.</summary>
    [Fact]
    public async Task Idle_IsExact()
    {
        await using var os = await ObjectOs.BootAsync(o => o.Inputs = Inputs.Deterministic);
        byte[] loop = new Asm(Start).Jal(0, Start).ToArray(), wait = [.. new Asm(Start).Bare("wfi").ToArray(), .. loop];
        var spec = new MachineSpec { Memory = 1.MiB(), Harts = 2 };
        var busy = await os.BootMachineAsync(spec with { Bios = new BootFile("loop", loop), Instructions = 300_000_000 });
        busy.End.Should().Be(RunEnd.BudgetExhausted);
        var idle = await os.BootMachineAsync(spec with { Bios = new BootFile("wait", wait) });
        (idle.End, idle.ExitCode, idle.Instructions).Should().Be((RunEnd.Idle, 124, 2UL));
    }
}
