namespace ObjectOS.Services.Vmm.Tests;

/// <summary>A Linux kernel that lies where <c>OBJECTOS_LINUX</c> says (Image, initramfs.cpio.gz), booted over the service's SBI and under OpenSBI.</summary>
public sealed class LocalLinuxTests
{
    private static string Folder => Environment.GetEnvironmentVariable("OBJECTOS_LINUX") ?? "";

    public static bool IsThere => File.Exists(Path.Combine(Folder, "Image"));

    [NeedsLinuxFact]
    public void Linux_OverOurSbi_BootsToItsMarker()
    {
        using var host = new MachineHost();
        var end = host.Run(
            new MachineRequest { Memory = 64 << 20, Arguments = "earlycon=sbi console=ttyS0 markonly" }, "", 40_000,
            (MachineFile.Kernel, File.ReadAllBytes(Path.Combine(Folder, "Image"))), (MachineFile.Initrd, File.ReadAllBytes(Path.Combine(Folder, "initramfs.cpio.gz"))));
        end.Output.Should().Contain("OBJECTOS-LINUX-UP");
        end.Reason.Should().Be(MachineEnd.PowerOff, end.Output);
    }

    [AttributeUsage(AttributeTargets.Method)]
    private sealed class NeedsLinuxFactAttribute : FactAttribute
    {
        public NeedsLinuxFactAttribute() => Skip = IsThere ? null : "needs a kernel where OBJECTOS_LINUX says";
    }
}
