namespace ObjectOS.Services.Vmm.Tests;

/// <summary>Suspended harts (SBI specification v2.0, chapters "Hart State Management Extension" and "System Suspend Extension").</summary>
public sealed class SuspendTests
{
    private const ulong HartState = 0x48534D, Ipi = 0x735049, SystemSuspend = 0x53555350, Started = 0, Stopped = 1, Suspended = 4;
    private const ulong NonRetentive = 0x80000000, Software = 1 << 1, Timer = 1 << 5;

    public static TheoryData<bool, int> Ways => new() { { false, -1 }, { true, -1 }, { true, 7 } };

    private static VmmHost Start(bool isReborn = false, int seed = -1) => new VmmHost(isReborn, seed < 0 ? null : seed)
        .Start(new MachineRequest { Memory = 16 << 20, Harts = 3 }, (MachineFile.Kernel, [0x13, 0, 0, 0]));

    private static void StartSecond(VmmHost host) => host.Call(0, HartState, 0, 1, 0x80200004, 42).Should().Be((2UL, 0UL, 0UL));

    private static ulong Status(VmmHost host, ulong hart) => host.Call(0, HartState, 2, hart)!.Value.Word1;

    [Theory]
    [MemberData(nameof(Ways))]
    public void Retentive_ReturnsWithTheInterruptThatSieLetsThrough(bool isReborn, int seed)
    {
        var host = Start(isReborn, seed);
        StartSecond(host);
        host.Kernel.Harts[1].Sie = Software;
        host.Call(1, HartState, 3, 0).Should().BeNull("it is suspended");
        var waiting = host.Kernel.Replies.Count;
        Status(host, 1).Should().Be(Suspended);
        host.Call(0, HartState, 0, 1, 0x80200004, 0).Should().Be((2UL, unchecked((ulong)-6), 0UL), "it is not stopped");
        host.Kernel.Replies.Count.Should().Be(waiting + 2, "those of hart 0 only");
        host.Call(0, Ipi, 0, 0b10, 0).Should().Be((2UL, 0UL, 0UL));
        host.Kernel.Replies.Count.Should().Be(waiting + 4, "hart 1 has its answer, too");
        host.Kernel.Replies.Values.Should().OnlyContain(answer => answer.Label == 2);
        Status(host, 1).Should().Be(Started);
        host.Kernel.Harts[1].Resets.Should().Be(1, "as it was started: nothing is lost now");
    }

    [Fact]
    public void Retentive_WithAnInterruptPending_ReturnsAtOnce()
    {
        var host = Start();
        host.Kernel.Harts[0].Sie = Software;
        host.Call(0, Ipi, 0, 1, 0);
        host.Call(0, HartState, 3, 0).Should().Be((2UL, 0UL, 0UL));
    }

    [Fact]
    public void Interrupt_ThatSieKeepsOut_WakesNobody()
    {
        var host = Start();
        StartSecond(host);
        host.Kernel.Harts[1].Sie = Timer;
        host.Call(1, HartState, 3, 0).Should().BeNull();
        host.Call(0, Ipi, 0, 0b10, 0);
        Status(host, 1).Should().Be(Suspended);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void NonRetentive_StartsAtItsAddress_WhenTheTimerComes(bool isReborn, int seed)
    {
        var host = Start(isReborn, seed);
        var hart = host.Kernel.Harts[1];
        StartSecond(host);
        (hart.Sie, hart.Stimecmp) = (Timer | Software, 100_000);
        host.Call(0, 0, 0, 1_000_000_000);
        host.Call(1, HartState, 3, NonRetentive, 0x80200100, 77).Should().BeNull();
        host.Pass(9_900_000);
        Status(host, 1).Should().Be(Suspended, "100,000 ticks are 10,000,000 ns");
        host.Pass(200_000);
        Status(host, 1).Should().Be(Started);
        (hart.IsRunning, hart.Pc, hart.A0, hart.A1, hart.Stimecmp, hart.Sie).Should().Be((true, 0x80200100UL, 1UL, 77UL, 100_000UL, 0UL));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void NonRetentive_KeepsTheSoftwareInterruptThatWokeIt(bool isReborn, int seed)
    {
        var host = Start(isReborn, seed);
        var hart = host.Kernel.Harts[1];
        StartSecond(host);
        hart.Sie = Software;
        host.Call(1, HartState, 3, NonRetentive, 0x80200100, 77).Should().BeNull();
        host.Call(0, Ipi, 0, 0, ulong.MaxValue).Should().Be((2UL, 0UL, 0UL));
        (hart.IsRunning, hart.Pc, hart.A1, hart.Lines).Should().Be((true, 0x80200100UL, 77UL, Software));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void SystemSuspend_WantsAllOthersStopped_AndStartsAtItsAddress(bool isReborn, int seed)
    {
        var host = Start(isReborn, seed);
        var hart = host.Kernel.Harts[0];
        StartSecond(host);
        host.Call(0, SystemSuspend, 0, 0, 0x80200200, 5).Should().Be((2UL, unchecked((ulong)-4), 0UL), "hart 1 is started");
        host.Call(1, HartState, 1).Should().BeNull();
        Status(host, 1).Should().Be(Stopped);
        hart.Stimecmp = 100_000;
        host.Call(0, SystemSuspend, 0, 0, 0x80200200, 5).Should().BeNull();
        host.Pass(10_100_000);
        (hart.IsRunning, hart.Pc, hart.A0, hart.A1).Should().Be((true, 0x80200200UL, 0UL, 5UL));
    }

    [Fact]
    public void SuspendedForGood_IsIdle()
    {
        var host = Start(isReborn: true);
        host.Kernel.Harts[0].Sie = Software;
        host.Call(0, HartState, 3, 0).Should().BeNull();
        host.Pass(1_000_000_000);
        host.End?.Reason.Should().Be(MachineEnd.Idle);
    }
}
