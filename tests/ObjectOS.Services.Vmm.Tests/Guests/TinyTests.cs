namespace ObjectOS.Services.Vmm.Tests;

/// <summary>Our own small kernel on the service, from its start to its end.</summary>
public sealed class TinyTests
{
    /// <summary>Plain; suspending at every instruction; the service reborn after every message; memory that is suspended now and then.</summary>
    public static TheoryData<bool, bool, bool> Ways => new() { { false, false, false }, { true, false, false }, { false, true, false }, { false, true, true } };

    private static byte[] Tiny => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "images", "tiny", "tiny.elf"));

    [Theory]
    [MemberData(nameof(Ways))]
    public void Mark_ThenPowerOff(bool suspending, bool reborn, bool absentMinded)
    {
        using var host = new MachineHost(suspending, reborn, absentMinded);
        var end = host.Run(new MachineRequest { Memory = 16 << 20, Arguments = "markonly" }, "", 20_000, (MachineFile.Kernel, Tiny));
        end.Output.Should().Contain("TINY-UP");
        end.Reason.Should().Be(MachineEnd.PowerOff, end.Output);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void SelfTest_IsOk_AndTheSameTwice(int harts)
    {
        var request = new MachineRequest { Memory = 16 << 20, Harts = harts, Arguments = "selftest", ReportsState = true };
        GuestEnd[] ends = [Run(false), Run(true)];
        ends[0].Output.Should().Contain("TINY-SELFTEST-OK");
        ends[0].Reason.Should().Be(MachineEnd.PowerOff);
        (ends[1].Output, ends[1].Record.Program.Instructions, ends[1].Record.Program.StateHash).Should()
            .Be((ends[0].Output, ends[0].Record.Program.Instructions, ends[0].Record.Program.StateHash), "a service that is reborn is the same service");

        GuestEnd Run(bool isReborn)
        {
            using var host = new MachineHost(isReborn: isReborn);
            return host.Run(request, "", 20_000, (MachineFile.Image, Tiny));
        }
    }

    [Fact]
    public void Shell_ReadsItsConsole_AndIsIdleAtTheEndOfInput()
    {
        using var host = new MachineHost();
        var end = host.Run(new MachineRequest { Memory = 16 << 20 }, "help\n", 20_000, (MachineFile.Kernel, Tiny));
        end.Output.Should().Contain("tiny> ").And.Contain("help");
        end.Reason.Should().BeOneOf(MachineEnd.Idle, MachineEnd.PowerOff);
    }

    [Fact]
    public void Budget_Memory_AndStop_EndAMachine_AndGiveEverythingBack()
    {
        using var host = new MachineHost();
        host.RunSlices(2);
        var request = new MachineRequest { Memory = 16 << 20 };
        host.Run(request with { InstructionLimit = 100_000 }, "", 20_000, (MachineFile.Kernel, Tiny)).Reason.Should().Be(MachineEnd.BudgetExhausted);
        host.Service.Status(out var before);
        ulong frames = host.LiveFrames;
        host.Run(request with { MemoryLimit = 64 << 10 }, "", 20_000, (MachineFile.Kernel, Tiny)).Reason.Should().Be(MachineEnd.MemoryExhausted);
        byte[] loop = [0x6f, 0, 0, 0]; // j .
        host.Start(request with { Job = 2 }, "", (MachineFile.Kernel, loop));
        host.RunSlices(5);
        host.Stop(2);
        host.RunUntilEnd(2, 100).Reason.Should().Be(MachineEnd.Stopped);
        host.Service.Status(out var after);
        (after.Objects, after.ChargedBytes, host.LiveFrames).Should().Be((before.Objects, before.ChargedBytes, frames));
        host.Kernel.Statistics.Cells.Should().HaveCount(2, "the root and the service");
    }

    /// <summary>One hart of two spins with its interrupts off, the other waits; a machine beside it goes through its self-test all the same.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void EndlessLoop_WithInterruptsOff_DisturbsNobody(bool isReborn)
    {
        byte[] hang =
        [
            0x73, 0x70, 0x01, 0x10, // csrci sstatus, 2
            0x73, 0x10, 0x40, 0x10, // csrw sie, zero
            0x6f, 0, 0, 0, // j .
        ];
        var request = new MachineRequest { Memory = 16 << 20, Harts = 2 };
        using var alone = new MachineHost(isReborn: isReborn);
        var wanted = alone.Run(request with { Arguments = "selftest" }, "", 20_000, (MachineFile.Image, Tiny));
        using var host = new MachineHost(isReborn: isReborn);
        host.Start(request with { Job = 2 }, "", (MachineFile.Kernel, hang));
        host.Start(request with { Job = 3, InstructionLimit = 1_000_000 }, "", (MachineFile.Kernel, hang));
        host.RunSlices(3);
        var end = host.Run(request with { Arguments = "selftest" }, "", 20_000, (MachineFile.Image, Tiny));
        (end.Reason, end.Output).Should().Be((MachineEnd.PowerOff, wanted.Output));
        host.RunUntilEnd(3, 1000).Reason.Should().Be(MachineEnd.BudgetExhausted);
        host.Stop(2);
        host.RunUntilEnd(2, 1000).Reason.Should().Be(MachineEnd.Stopped);
    }
}
