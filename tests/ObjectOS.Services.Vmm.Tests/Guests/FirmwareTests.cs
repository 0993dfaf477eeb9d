namespace ObjectOS.Services.Vmm.Tests;

/// <summary>Firmware and kernels that Debian's packages install.</summary>
public sealed class FirmwareTests
{
    private const string OpenSbi = "/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin";
    private const string OpenSbiElf = "/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.elf";
    private const string UBoot = "/usr/lib/u-boot/qemu-riscv64_smode/uboot.elf";

    [NeedsFileFact(OpenSbi, UBoot)]
    public void OpenSbi_PrintsItsBanner_AndUBootReachesItsPrompt()
    {
        using var host = new MachineHost();
        var end = host.Run(new MachineRequest(), "\n\nversion\npoweroff\n", 20_000, (MachineFile.Bios, File.ReadAllBytes(OpenSbi)), (MachineFile.Kernel, File.ReadAllBytes(UBoot)));
        end.Output.Should().Contain("OpenSBI v1.1").And.Contain("U-Boot 2023.01").And.Contain("=> ");
        end.Reason.Should().Be(MachineEnd.PowerOff, end.Output);
    }

    [NeedsFileFact(OpenSbiElf)]
    public void OpenSbi_AsElf_WithTwoHarts()
    {
        using var host = new MachineHost();
        byte[] off = [0xb7, 0x02, 0x10, 0x00, 0x37, 0x53, 0x00, 0x00, 0x1b, 0x03, 0x53, 0x55, 0x23, 0xa0, 0x62, 0x00]; // lui t0,0x100; lui t1,5; addiw t1,t1,0x555; sw t1,(t0)
        var end = host.Run(new MachineRequest { Harts = 2 }, "", 20_000, (MachineFile.Bios, File.ReadAllBytes(OpenSbiElf)), (MachineFile.Kernel, off));
        end.Reason.Should().Be(MachineEnd.PowerOff, end.Output);
        end.Output.Should().Contain("Platform HART Count       : 2");
    }
}
