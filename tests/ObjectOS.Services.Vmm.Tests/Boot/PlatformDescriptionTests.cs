namespace ObjectOS.Services.Vmm.Tests;

/// <summary>Platforms as texts.</summary>
public sealed class PlatformDescriptionTests
{
    [Fact]
    public void Virt_IsItsOwnText()
    {
        string text = PlatformDescription.Virt.ToString();
        text.Should().StartWith("ram@0x80000000 test@0x100000 rtc@0x101000:11 clint@0x2000000 plic@0xc000000 uart@0x10000000:10 virtio@0x10001000:1");
        PlatformDescription.TryParse(text, out var platform, out string problem).Should().BeTrue(problem);
        platform.Parts.Should().Equal(PlatformDescription.Virt.Parts);
        platform.MemoryBase.Should().Be(0x80000000);
    }

    [Theory]
    [InlineData("uart", "the platform's part \"uart\" is not written as kind@address or kind@address:interrupt")]
    [InlineData("toaster@0x1000", "the platform's part \"toaster@0x1000\" is of no known kind: ram, test, rtc, clint, plic, uart, virtio, devices, virtio-legacy are known")]
    [InlineData("uart@0x1000", "the part uart at 0x1000 has interrupt 0: 1 to 96 is wanted")]
    [InlineData("plic@0x1001", "the part plic is at 0x1001: a multiple of 4096 below 2^48 is wanted")]
    public void BadTexts_AreRefusedWithTheirPart(string text, string sentence)
    {
        PlatformDescription.TryParse(text, out _, out string problem).Should().BeFalse();
        problem.Should().Be(sentence);
    }

    [Fact]
    public void LegacySlots_AreOfVersion1()
    {
        var platform = PlatformDescription.Virt.WithLegacyVirtio();
        platform.ToString().Should().Contain(" virtio-legacy@0x10001000:1 ").And.Contain(" virtio-legacy@0x10008000:8 ");
        PlatformDescription.TryParse(platform.ToString().Replace("virtio-legacy@0x10002000", "virtio@0x10002000", StringComparison.Ordinal), out platform, out _).Should().BeTrue();
        var host = new VmmHost(true, 3).Start(new MachineRequest { Memory = 16 << 20, Platform = platform }, (MachineFile.Kernel, [0x13, 0, 0, 0]));
        (host.Load(0x10001004), host.Load(0x10001008)).Should().Be((1UL, 4UL), "the source of entropy");
        (host.Load(0x10002004), host.Load(0x10002008)).Should().Be((2UL, 0UL));
        (host.Load(0x10008004), host.Load(0x10008008)).Should().Be((1UL, 0UL));
    }

    [Fact]
    public void AnotherBoard_IsBuiltFromParts()
    {
        PlatformDescription.TryParse("ram@0x40000000 plic@0x20000000 uart@0x30000000:3 test@0x3000", out var platform, out _).Should().BeTrue();
        var host = new VmmHost().Start(new MachineRequest { Memory = 16 << 20, Platform = platform }, (MachineFile.Kernel, [0x13, 0, 0, 0]));
        host.Kernel.Harts[0].Pc.Should().Be(0x40200000);
        host.Load(0x10000000, 1).Should().BeNull();
        host.Store(0x30000000, 'x', 1).Should().BeTrue();
        host.Store(0x3000, 0x5555).Should().BeNull();
        (host.End?.Reason, host.Output).Should().Be((MachineEnd.PowerOff, "x"));
    }

    [Fact]
    public void OverlappingParts_AreNamed()
    {
        var platform = new PlatformDescription { Parts = [new(PartKind.Uart, 0x1000, 1), new(PartKind.Test, 0x1000)] };
        new VmmHost().Start(new MachineRequest { Platform = platform }, (MachineFile.Kernel, [0x13, 0, 0, 0])).End?.Record.Program.Text.Should()
            .Be("device test0 at 0x1000 overlaps device uart0 at 0x1000");
    }
}
