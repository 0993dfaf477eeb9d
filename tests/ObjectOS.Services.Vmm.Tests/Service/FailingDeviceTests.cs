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

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void WhenTheServiceIsSaved(bool isReborn)
    {
        var host = Start(AdderFault.Save13, isReborn);
        host.Store(Device, 12).Should().BeTrue();
        host.Save();
        host.End.Should().BeNull();
        host.Store(Device, 13);
        byte[] state = host.Save();
        host.Kernel.Machine!.IsPaused.Should().BeTrue("its harts do not go on");
        host.Settle();
        EndIs(host, MachineEnd.DeviceFailed, Sentence);
        host.End!.Value.Record.Program.StateHash.Should().BeEmpty("the state of a device is not known");

        if (!isReborn)
        {
            // A machine that has ended already keeps its end.
            var ended = Start(AdderFault.Save13);
            ended.Store(Device, 13);
            ended.AnswersHost = false;
            ended.Store(Test, 0x5555);
            ended.Save();
            ended.AnswersHost = true;
            ended.Settle();
            EndIs(ended, MachineEnd.PowerOff, "");
        }
    }

    [Fact]
    public void WhenTheServiceIsSaved_TheStateHasTheMachineAsEnded()
    {
        var host = Start(AdderFault.Save13);
        host.Store(Device, 13);
        host.Reload(host.Save());
        host.Settle();
        EndIs(host, MachineEnd.DeviceFailed, Sentence);
        host.End!.Value.Record.Program.StateHash.Should().BeEmpty();
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

    /// <summary>On a kernel that saves the service after every message, where it is as if the service itself threw.</summary>
    [Fact]
    public void WhenTheServiceIsSaved_TheKernelAndOtherMachinesGoOn()
    {
        byte[] tiny = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "images", "tiny", "tiny.elf"));
        byte[] loop = [0x6f, 0, 0, 0]; // j .
        using var host = new MachineHost(isReborn: true, makeDevices: () => [new Adder { Fault = AdderFault.Save }]);
        host.Start(Request with { Job = 2, Arguments = "markonly" }, "", (MachineFile.Kernel, tiny));
        host.Start(Request with { Job = 1 }, "", (MachineFile.Kernel, loop));
        var failed = host.RunUntilEnd(1, 20_000);
        (failed.Reason, failed.Record.Program.Text).Should().Be((MachineEnd.DeviceFailed, Sentence));
        host.RunUntilEnd(2, 20_000).Reason.Should().Be(MachineEnd.PowerOff);
    }
}
