namespace ObjectOS.Services.Vmm.Tests;

/// <summary>A device of the embedding program that throws, wherever it does: its machine ends with a report, the service goes on.</summary>
public sealed class FailingDeviceTests
{
    private const ulong Test = 0x100000, Device = 0x4000000;
    private const string Sentence = "device adder failed: InvalidOperationException: no";

    private static readonly MachineRequest Request = new() { Memory = 16 << 20, ReportsState = true };

    private static VmmHost Start(AdderFault fault, bool isReborn = false) =>
        new VmmHost(isReborn, null, () => [new Adder { Fault = fault }]).Start(Request, (MachineFile.Bios, [0x13, 0, 0, 0]));

    private static void EndIs(VmmHost host, MachineEnd reason, string text)
    {
        (host.End?.Reason, host.End?.Record.Program.Text).Should().Be((reason, text));
        host.Kernel.Objects.Should().Be(2, "only the service's own notification and timer are left");
    }

    [Theory]
    [InlineData(AdderFault.Name, "device Adder failed: InvalidOperationException: no")]
    [InlineData(AdderFault.Attach, Sentence)]
    internal void InItsPlace_ItIsNotRunnable(AdderFault fault, string sentence) => EndIs(Start(fault), MachineEnd.NotRunnable, sentence);

    [Fact]
    public void AtAReset()
    {
        var host = Start(AdderFault.Reset);
        host.Store(Test, 0x7777);
        EndIs(host, MachineEnd.DeviceFailed, Sentence);
    }

    [Fact]
    public void WhenTheServiceIsSaved_TheSaveFailsWithItsName_AndTheMachineGoesOn()
    {
        var host = Start(AdderFault.Save13);
        host.Store(Device, 12).Should().BeTrue();
        byte[] before = host.Save();
        host.Save().Should().Equal(before, "a save changes nothing");
        host.Store(Device, 13).Should().BeTrue();
        host.Invoking(h => h.Save()).Should().Throw<InvalidOperationException>().WithMessage($"The state cannot be saved: {Sentence}.");
        host.Kernel.Machine!.IsPaused.Should().BeFalse("its harts go on");
        host.Settle();
        host.End.Should().BeNull();
        host.Store(Device, 12).Should().BeTrue();
        host.Invoking(h => h.Save()).Should().NotThrow("a save that failed lost nothing");
    }

    [Fact]
    public void WhenTheServiceIsRestored()
    {
        var host = Start(AdderFault.Restore);
        host.Reload(host.Save());
        host.Kernel.Machine!.IsPaused.Should().BeTrue();
        host.Reload(host.Save());
        host.Settle();
        EndIs(host, MachineEnd.DeviceFailed, Sentence);
    }
}
