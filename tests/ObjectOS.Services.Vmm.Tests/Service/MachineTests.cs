using System.Text;

namespace ObjectOS.Services.Vmm.Tests;

/// <summary>A machine from its start to its end: power, console, SBI, HTIF, faults; plain, with the service reborn after every message, and with suspended memory.</summary>
public sealed class MachineTests
{
    private const ulong Uart = 0x10000000, Test = 0x100000, Clint = 0x2000000, Plic = 0xc000000;

    private static readonly MachineRequest Request = new() { Memory = 16 << 20, Harts = 3 };
    private static readonly byte[] Code = [0x13, 0, 0, 0];

    public static TheoryData<bool, int> Ways => new() { { false, -1 }, { true, -1 }, { true, 7 }, { false, 8 } };

    private static VmmHost Supervisor(bool isReborn = false, int seed = -1, MachineRequest? request = null) =>
        new VmmHost(isReborn, seed < 0 ? null : seed).Start(request ?? Request, (MachineFile.Kernel, Code));

    private static VmmHost Machine(MachineRequest? request = null) => new VmmHost(true, 3).Start(request ?? Request, (MachineFile.Bios, Code));

    [Theory]
    [InlineData(0x5555, MachineEnd.PowerOff, 0)]
    [InlineData(0x00033333, MachineEnd.GuestFailure, 3)]
    [InlineData(0x01003333, MachineEnd.GuestFailure, 0x100)]
    public void TestDevice_EndsTheMachine(ulong value, MachineEnd reason, ulong code)
    {
        var host = Supervisor(true, 4);
        host.Store(Test, value).Should().BeNull("the hart does not go on");
        (host.End?.Reason, host.End?.Code).Should().Be((reason, code));
        (host.Kernel.Machine!.IsDestroyed, host.Kernel.Objects).Should().Be((true, 2), "only the service's own notification and timer are left");
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Reset_StartsAnew(bool isReborn, int seed)
    {
        var host = Supervisor(isReborn, seed);
        host.WriteMemory(0x80800000, [1, 2, 3]);
        host.Store(Uart + 7, 0x5a, 1);
        host.Store(Test, 0x7777).Should().BeNull();
        host.Memory(0x80800000, 3).Should().Equal(0, 0, 0);
        host.Memory(0x80200000, 1).Should().Equal(0x13);
        host.Load(Uart + 7, 1).Should().Be(0, "devices are reset");
        host.Kernel.Harts.Values.Select(hart => (hart.IsRunning, hart.Resets)).Should().Equal((true, 1), (false, 1), (false, 1));
        Supervisor(request: Request with { Reboots = false }).Then(other =>
        {
            other.Call(0, 0x53525354, 0, 1, 0);
            other.End?.Reason.Should().Be(MachineEnd.Reset);
        });
    }

    [Fact]
    public void NothingThere_IsAnAccessFaultWithTheVirtualAddress()
    {
        var host = Supervisor();
        host.Access(0x5000, 21, 4, 0).Should().Be((3UL, 5UL, 0x100000005000UL));
        host.Access(0x5000, 23, 8, 0).Should().Be((3UL, 7UL, 0x100000005000UL));
        host.Access(0x5000, 20, 0, 0).Should().Be((3UL, 1UL, 0x100000005000UL));
        host.Access(Uart, 23, 0, 0).Should().Be((3UL, 7UL, 0x100010000000UL), "an atomic operation on a device");
        host.Load(Uart + 1, 4).Should().BeNull("it is not aligned");
        host.Load(Clint + 0xbff8, 8).Should().BeNull("a supervisor's machine has no CLINT");
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Console_OfUartAndSbi_IsOne(bool isReborn, int seed)
    {
        var host = Supervisor(isReborn, seed);
        host.Input = "typed"u8.ToArray();
        foreach (char letter in "uart ")
        {
            (host.Load(Uart + 5, 1) & 0x20).Should().Be(0x20);
            host.Store(Uart, letter, 1);
        }

        foreach (char letter in "legacy ")
        {
            host.Call(0, 1, 99, letter).Should().Be((0UL, 0UL, 0UL));
        }

        host.WriteMemory(0x80300000, "debug"u8.ToArray());
        host.Call(0, 0x4442434E, 0, 5, 0x80300000, 0).Should().Be((2UL, 0UL, 5UL));
        host.Call(0, 0x4442434E, 2, '!').Should().Be((2UL, 0UL, 0UL));
        host.Call(0, 0x4442434E, 0, 5, 0x80300000, 1).Should().Be((2UL, unchecked((ulong)-3), 0UL));
        host.Call(0, 0x4442434E, 0, 5, 0x80fffffc, 0).Should().Be((2UL, unchecked((ulong)-3), 0UL));
        host.Pass(2_000_000);
        host.Output.Should().Be("uart legacy debug!");

        host.Call(0, 2, 0).Should().Be((0UL, ulong.MaxValue, 0UL), "it has to be asked for first");
        host.Call(0, 2, 0).Should().Be((0UL, (ulong)'t', 0UL));
        host.Call(0, 0x4442434E, 1, 3, 0x80300000, 0).Should().Be((2UL, 0UL, 3UL));
        host.Memory(0x80300000, 5).Should().Equal("ypeug"u8.ToArray());
        host.Load(Uart, 1).Should().Be('d');
    }

    [Fact]
    public void FullConsole_HoldsItsCallsUp_UntilThereIsRoom()
    {
        var host = Supervisor(true);
        host.AnswersHost = false;
        int count = 0;
        while (host.Call(0, 1, 0, 'x') is not null)
        {
            (++count).Should().BeLessThan(100_000);
        }

        (host.Load(Uart + 5, 1) & 0x20).Should().Be(0, "the transmitter is not empty");
        host.AnswersHost = true;
        host.Store(Uart + 7, 0, 1);
        host.Pass(5_000_000);
        host.Output.Length.Should().Be(count + 1);
        host.Kernel.Replies.Values.Count(answer => answer == (0UL, 0UL, 0UL)).Should().Be(count + 1);
    }

    [Fact]
    public void Clint_DrivesSoftwareAndTimerLines()
    {
        var host = Machine();
        host.Store(Clint + 4, 1).Should().BeTrue();
        host.Kernel.Harts[1].Lines.Should().Be(1 << 3);
        host.Load(Clint + 4).Should().Be(1);
        host.Store(Clint + 0x4008, 0x1234);
        host.Store(Clint + 0x400c, 1);
        host.Kernel.Harts[1].Timer.Should().Be(0x1_0000_1234);
        host.Store(Clint + 0x4010, 77, 8);
        (host.Kernel.Harts[2].Timer, host.Load(Clint + 0x4010, 8)).Should().Be((77UL, 77UL));
        host.Kernel.Now = 123_456;
        host.Load(Clint + 0xbff8, 8).Should().Be(1234);
    }

    [Fact]
    public void Clint_StoreToTime_ChangesThatOfAllHarts_UntilAReset()
    {
        var host = Machine();
        host.Kernel.Now = 1_000_000;
        host.Store(Clint + 0xbff8, 0x1_2345_6789_abcd, 8).Should().BeTrue();
        host.Kernel.Harts.Values.Select(hart => hart.TimeOffset).Should().AllBeEquivalentTo(0x1_2345_6789_abcdUL - 10_000);
        host.Kernel.Now = 1_000_500;
        host.Load(Clint + 0xbff8, 8).Should().Be(0x1_2345_6789_abcdUL + 5);
        host.Store(Clint + 0xbff8, 7, 4);
        host.Store(Clint + 0xbffc, 0, 4);
        (host.Load(Clint + 0xbff8), host.Load(Clint + 0xbffc), host.Load(Clint + 0xbff8, 8)).Should().Be((7UL, 0UL, 7UL));
        host.Kernel.Harts[2].TimeOffset.Should().Be(unchecked(7UL - 10_005), "it is behind");
        host.Store(Test, 0x7777);
        host.Load(Clint + 0xbff8, 8).Should().Be(0);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void NetworkCard_AsksTheGatewayForItsAddress(bool isReborn, int seed)
    {
        const ulong card = 0x10001000, rings = 0x80400000, buffer = 0x80500000;
        var host = Supervisor(isReborn, seed, Request with { HasNetwork = true });
        (host.Load(card), host.Load(card + 8)).Should().Be((0x74726976UL, 1UL), "it stands in the first slot, for there is no disk");
        foreach (var (register, value) in ((ulong, ulong)[])[(0x70, 0), (0x70, 3), (0x24, 0), (0x20, 32), (0x24, 1), (0x20, 1), (0x70, 11)])
        {
            host.Store(card + register, value);
        }

        for (ulong queue = 0; queue < 2; queue++)
        {
            ulong at = rings + (queue * 0x10000);
            foreach (var (register, value) in ((ulong, ulong)[])[(0x30, queue), (0x38, 4), (0x80, at), (0x84, 0), (0x90, at + 0x1000), (0x94, 0), (0xa0, at + 0x2000), (0xa4, 0), (0x44, 1)])
            {
                host.Store(card + register, value);
            }
        }

        host.Store(card + 0x70, 15);
        byte[] asks =
        [
            .. new byte[12], .. Enumerable.Repeat((byte)0xff, 6), 0x52, 0x54, 0, 0x12, 0x34, 0x56, 8, 6,
            0, 1, 8, 0, 6, 4, 0, 1, 0x52, 0x54, 0, 0x12, 0x34, 0x56, 10, 0, 2, 15, 0, 0, 0, 0, 0, 0, 10, 0, 2, 2,
        ];
        host.WriteMemory(buffer, asks);
        host.WriteMemory(rings, [.. BitConverter.GetBytes(buffer + 0x1000), 0, 6, 0, 0, 2, 0, 0, 0]);
        host.WriteMemory(rings + 0x1000, [0, 0, 1, 0, 0, 0]);
        host.WriteMemory(rings + 0x10000, [.. BitConverter.GetBytes(buffer), (byte)asks.Length, 0, 0, 0, 0, 0, 0, 0]);
        host.WriteMemory(rings + 0x11000, [0, 0, 1, 0, 0, 0]);
        host.Store(card + 0x50, 0);
        host.Store(card + 0x50, 1);
        host.Memory(rings + 0x12002, 2).Should().Equal([1, 0], "the frame was sent");
        host.Pass(1000);
        host.Memory(rings + 0x2002, 2).Should().Equal([1, 0], "and answered");
        host.Memory(buffer + 0x1000 + 12, 6).Should().Equal(asks[18..24]);
        host.Memory(buffer + 0x1000 + 12 + 28, 4).Should().Equal(10, 0, 2, 2);
        host.Load(card + 0x60).Should().Be(1);
    }

    [Fact]
    public void Plic_FollowsItsSpecification()
    {
        var host = new VmmHost(true, null, () => [new Adder()]).Start(Request, (MachineFile.Bios, Code));
        void Raise() => host.Store(0x4000008, 2);
        host.Store(Plic + (32 * 4), 9);
        host.Load(Plic + (32 * 4)).Should().Be(1, "priorities have three bits");
        Raise();
        host.Load(Plic + 0x1004).Should().Be(1);
        host.Load(Plic + 0x200004).Should().Be(0, "it is enabled nowhere");
        host.Store(Plic + 0x2004, 1);
        host.Kernel.Harts[0].Lines.Should().Be(1 << 11, "context 0 is hart 0's machine mode");
        host.Store(Plic + 0x2000 + (5 * 0x80) + 4, 1);
        host.Kernel.Harts[2].Lines.Should().Be(1 << 9, "context 5 is hart 2's supervisor mode");
        host.Store(Plic + 0x200000, 1);
        host.Kernel.Harts[0].Lines.Should().Be(0, "a threshold masks what is not above it");
        host.Load(Plic + 0x200004).Should().Be(32, "claiming does not look at the threshold");
        host.Load(Plic + 0x205004).Should().Be(0, "somebody has it");
        host.Kernel.Harts[2].Lines.Should().Be(0);
        host.Store(Plic + 0x201004, 32);
        host.Load(Plic + 0x1004).Should().Be(0, "a completion by who has not enabled it is ignored");
        host.Store(Plic + 0x200004, 32);
        host.Load(Plic + 0x1004).Should().Be(1, "its level is still high");
        host.Load(Plic + 1, 1).Should().BeNull("registers are words");
    }

    [Fact]
    public void Clock_TellsTheTime_AndAlarms()
    {
        const ulong clock = 0x101000;
        var host = Machine(Request with { WallClockBase = 0x1_0000_0000_0000 });
        host.Kernel.Now = 0x5_0000_0000;
        (host.Load(clock), host.Load(clock + 4)).Should().Be((0UL, 0x1_0005UL));
        host.Store(Plic + 44, 1);
        host.Store(Plic + 0x2080, 1 << 11);
        host.Store(clock + 0x10, 1);
        host.Store(clock + 0xc, 0x1_0005);
        host.Store(clock + 8, 0x1000_0000);
        host.Load(clock + 0x18).Should().Be(1);
        host.Pass(0x0fff_0000);
        host.Kernel.Harts[0].Lines.Should().Be(0);
        host.Pass(0x0002_0000);
        host.Kernel.Harts[0].Lines.Should().Be(1 << 9);
        host.Load(clock + 0x18).Should().Be(0);
        host.Load(Plic + 0x201004).Should().Be(11);
        host.Store(clock + 0x1c, 1);
        host.Store(Plic + 0x201004, 11);
        host.Kernel.Harts[0].Lines.Should().Be(0);
    }

    [Theory]
    [InlineData(0x100, MachineEnd.BudgetExhausted)]
    [InlineData(0x103, MachineEnd.MemoryExhausted)]
    [InlineData(2, MachineEnd.Fault)]
    public void FaultsOfHarts_EndTheMachine(ulong cause, MachineEnd reason)
    {
        var host = Supervisor(true, 9, Request with { ReportsState = true });
        host.Fault(cause);
        host.End?.Reason.Should().Be(reason);
        host.End!.Value.Record.Program.StateHash.Should().HaveLength(64);
    }

    [Fact]
    public void Stop_AndIdle()
    {
        var host = Supervisor();
        host.Stop();
        host.End?.Reason.Should().Be(MachineEnd.Stopped);

        host = Supervisor(true);
        host.Pass(10_000_000_000);
        host.End.Should().BeNull("its hart runs, however slowly");
        host.Kernel.Harts[0].Waits = true;
        host.Call(0, 0, 0, 1_000_000_000);
        host.Pass(1_000_000_000);
        host.End.Should().BeNull("a timer is set");
        host.Call(0, 0, 0, ulong.MaxValue);
        host.Call(0, 0x48534D, 0, 1, 0x80200004, 42);
        host.Pass(1_000_000_000);
        host.End.Should().BeNull("another hart runs");
        host.Kernel.Harts[1].Waits = true;
        host.Pass(100_000_000);
        host.End?.Reason.Should().Be(MachineEnd.Idle);
    }

    [Fact]
    public void Idle_IsNotWhileTheHostIsAsked()
    {
        var host = Supervisor();
        host.Kernel.Harts[0].Waits = true;
        host.AnswersHost = false;
        host.Call(0, 2, 0);
        host.Pass(1_000_000_000);
        host.End.Should().BeNull();
        host.AnswersHost = true;
        host.Settle();
        host.Pass(1_000_000_000);
        host.End?.Reason.Should().Be(MachineEnd.Idle);
    }

    [Fact]
    public void OwnDevice_HasItsWindowInterruptAndNode_AndItsFailureIsTheMachinesOnly()
    {
        var host = new VmmHost(true, 5, () => [new Adder()]).Start(Request with { ReportsState = true }, (MachineFile.Bios, Code));
        Encoding.ASCII.GetString(host.Memory(host.Kernel.Harts[0].A1, 16384)).Should().Contain("adder@4000000").And.Contain("test,adder");
        host.Store(Plic + (32 * 4), 2);
        host.Store(Plic + 0x2084, 1);
        host.Store(0x4000000, 40);
        host.Store(0x4000008, 2);
        host.Load(0x4000010).Should().Be(42);
        host.Kernel.Harts[0].Lines.Should().Be(1 << 9);
        host.Store(0x4000020, 0x80900000, 8);
        BitConverter.ToUInt32(host.Memory(0x80900000, 4)).Should().Be(42);
        host.Store(0x4000018, 0).Should().BeNull();
        (host.End?.Reason, host.End?.Record.Program.Text).Should().Be((MachineEnd.DeviceFailed, "device adder failed: InvalidOperationException: no"));
    }
}

internal static class HostExtensions
{
    public static void Then(this VmmHost host, Action<VmmHost> action) => action(host);
}
