namespace ObjectOS.Services.Vmm.Tests;

/// <summary>Calls of the supervisor binary interface but those of the console (<see cref="MachineTests"/>) and those that suspend (<see cref="SuspendTests"/>).</summary>
public sealed class SbiTests
{
    public static TheoryData<bool, int> Ways => MachineTests.Ways;

    private static VmmHost Supervisor(bool isReborn = false, int seed = -1) => new VmmHost(isReborn, seed < 0 ? null : seed)
        .Start(new MachineRequest { Memory = 16 << 20, Harts = 3 }, (MachineFile.Kernel, [0x13, 0, 0, 0]));

    [Fact]
    public void BaseProbesAndUnknownCalls()
    {
        var host = Supervisor();
        host.Call(0, 0x10, 0).Should().Be((2UL, 0UL, 0x2000000UL));
        foreach (ulong there in (ulong[])[0, 8, 0x10, 0x54494D45, 0x735049, 0x52464E43, 0x48534D, 0x53525354, 0x4442434E, 0x504D55, 0x53555350])
        {
            host.Call(0, 0x10, 3, there).Should().Be((2UL, 0UL, 1UL));
        }

        host.Call(0, 0x10, 3, 9).Should().Be((2UL, 0UL, 0UL));
        host.Call(0, 0x10, 3, 1UL << 32).Should().Be((2UL, 0UL, 0UL));
        host.Call(0, 0x12345678, 0).Should().Be((2UL, unchecked((ulong)-2), 0UL));
        host.Call(0, 0x54494D45, 5).Should().Be((2UL, unchecked((ulong)-2), 0UL));
    }

    /// <summary>SBI specification v2.0, the tables of errors of each function.</summary>
    [Theory]
    [InlineData(0x53525354, 0, 9, 0, -3)]
    [InlineData(0x53525354, 0, 0xf0000000, 0, -3)]
    [InlineData(0x53525354, 0, 0, 2, -3)]
    [InlineData(0x53525354, 0, 0, 0xe0000000, -3)]
    [InlineData(0x53525354, 1, 0, 0, -2)]
    [InlineData(0x48534D, 3, 1, 0, -3)]
    [InlineData(0x48534D, 3, 0x10000000, 0, -3)]
    [InlineData(0x48534D, 3, 0x80000001, 0x80200000, -3)]
    [InlineData(0x48534D, 3, 0x90000000, 0x80200000, -3)]
    [InlineData(0x48534D, 3, 0x80000000, 0x10000000, -5)]
    [InlineData(0x48534D, 3, 0x80000000, 0x80200001, -5)]
    [InlineData(0x48534D, 0, 1, 0x80200001, -5)]
    [InlineData(0x53555350, 0, 0, 0x80200001, -5)]
    [InlineData(0x48534D, 3, 0xf_80000000, 0x10000000, -5)]
    [InlineData(0x48534D, 4, 0, 0, -2)]
    [InlineData(0x53555350, 0, 1, 0x80200000, -3)]
    [InlineData(0x53555350, 0, 0x80000000, 0x80200000, -3)]
    [InlineData(0x53555350, 0, 0xf_00000000, 0x10000000, -5)]
    [InlineData(0x53555350, 1, 0, 0x80200000, -2)]
    public void Error_IsTheSpecifications(ulong extension, ulong function, ulong word0, ulong word1, int error) =>
        Supervisor().Call(0, extension, function, word0, word1).Should().Be((2UL, (ulong)error, 0UL));

    [Theory]
    [MemberData(nameof(Ways))]
    public void HartStates_Interrupts_Fences_Timer(bool isReborn, int seed)
    {
        var host = Supervisor(isReborn, seed);
        var harts = host.Kernel.Harts;
        host.Call(0, 0x48534D, 2, 1).Should().Be((2UL, 0UL, 1UL), "stopped");
        host.Call(0, 0x48534D, 0, 1, 0x80200004, 42).Should().Be((2UL, 0UL, 0UL));
        (harts[1].IsRunning, harts[1].Pc, harts[1].A0, harts[1].A1).Should().Be((true, 0x80200004UL, 1UL, 42UL));
        host.Call(0, 0x48534D, 0, 1, 0x80200004, 42).Should().Be((2UL, unchecked((ulong)-6), 0UL), "available already");
        host.Call(0, 0x48534D, 0, 7, 0x80200004, 0).Should().Be((2UL, unchecked((ulong)-3), 0UL));
        host.Call(0, 0x48534D, 0, 2, 0x10000000, 0).Should().Be((2UL, unchecked((ulong)-5), 0UL));

        host.Call(0, 0x735049, 0, 0b11, 0).Should().Be((2UL, 0UL, 0UL));
        harts.Values.Select(hart => hart.Lines & 2).Should().Equal(2UL, 2, 0);
        host.Call(0, 0x735049, 0, 0b10, 2).Should().Be((2UL, unchecked((ulong)-3), 0UL));
        host.Call(1, 0x52464E43, 1, 0, ulong.MaxValue, 0, 0).Should().Be((2UL, 0UL, 0UL));
        harts.Values.Select(hart => hart.Flushes).Should().Equal(1, 1, 0);

        host.Call(1, 0x54494D45, 0, 5000).Should().Be((2UL, 0UL, 0UL));
        harts[1].Timer.Should().Be(5000);
        host.Call(1, 0x48534D, 1).Should().BeNull("a hart that stops does not go on");
        harts[1].IsRunning.Should().BeFalse();
        host.Call(0, 0x48534D, 2, 1).Should().Be((2UL, 0UL, 1UL));
    }

    [Fact]
    public void LegacyIpi_ReadsItsMaskThroughTheGuestsTables()
    {
        var host = Supervisor(true, 12);
        // Sv39: 2^30 of virtual 0x40000000 by a leaf in the root table at 0x80400000, to 0x80000000.
        host.WriteMemory(0x80400000 + 8, BitConverter.GetBytes((0x80000000UL >> 2) | 0xcf));
        host.WriteMemory(0x80500000, BitConverter.GetBytes(0b001UL));
        host.Kernel.Harts[0].Satp = (8UL << 60) | (0x80400000UL >> 12);
        host.Call(0, 4, 0, 0x40500000).Should().Be((0UL, 0UL, 0UL));
        host.Kernel.Harts[0].Lines.Should().Be(2);
        host.Call(0, 4, 0, 0x1000).Should().Be((3UL, 13UL, 0x1000UL), "the caller gets the page fault");
        host.Call(0, 3, 0).Should().Be((0UL, 1UL, 0UL), "an interrupt was pending");
        host.Kernel.Harts[0].Lines.Should().Be(0);
        host.Call(0, 3, 0).Should().Be((0UL, 0UL, 0UL));
    }

    [Fact]
    public void SystemReset_Ends()
    {
        var host = Supervisor();
        host.Call(0, 0x53525354, 0, 0, 0).Should().BeNull();
        host.End?.Reason.Should().Be(MachineEnd.PowerOff);
        host = Supervisor();
        host.Call(0, 0x53525354, 0, 0, 1);
        (host.End?.Reason, host.End?.Code).Should().Be((MachineEnd.GuestFailure, 1UL));
        host = Supervisor();
        host.Call(0, 8, 0);
        host.End?.Reason.Should().Be(MachineEnd.PowerOff);
    }
}
