namespace ObjectOS.Services.Vmm.Tests;

/// <summary>A hart that takes the same exception without end: the host is told once, and the hart takes its exception all the same.</summary>
public sealed class StuckHartTests
{
    [Theory]
    [InlineData(20ul, 0ul, 1ul, 0ul, "instruction access fault, pc 0x0, trap value 0x0")]
    [InlineData(21ul, 0x80000000ul, 5ul, 0x4000ul, "load access fault, pc 0x80000000, trap value 0x4000")]
    [InlineData(2ul, 0x80001000ul, 2ul, 0xffffffff, "illegal instruction, pc 0x80001000, trap value 0xffffffff")]
    [InlineData(12ul, 0x1000ul, 12ul, 0x1000ul, "instruction page fault, pc 0x1000, trap value 0x1000")]
    public void Hart_ThatIsStuck_IsNotedOnce(ulong label, ulong pc, ulong cause, ulong value, string text)
    {
        var host = new VmmHost(isReborn: true, suspendingSeed: 3).Start(new MachineRequest { Memory = 16 << 20 }, (MachineFile.Bios, [0x13, 0, 0, 0]));
        for (int i = 0; i < 2; i++)
        {
            host.Repeat(label, pc, label == 2 ? 0 : value, label == 2 ? (uint)value : 0).Should().Be((3UL, cause, value));
        }

        host.Notices.Should().ContainSingle().Which.Should().Be((MachineNotice.Machine,
            $"hart 0 takes one exception after the other without executing an instruction, 1000 by now: {text}; its trap vector leads there"));
        host.End.Should().BeNull();
    }
}
