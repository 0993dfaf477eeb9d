using System.Diagnostics;
using ObjectOS.Tests;

namespace ObjectOS.Services.Vmm.Tests;

/// <summary>Device trees, read back by the device tree compiler.</summary>
public sealed class DeviceTreeTests
{
    private static readonly byte[] Code = [0x13, 0, 0, 0];

    [NeedsFact("dtc")]
    public void Tree_OfASupervisorMachine_IsAcceptedByDtc_AndSaysWhatIsThere()
    {
        string source = Source(new MachineRequest { Harts = 2, Memory = 64 << 20, Arguments = "console=ttyS0 quiet", Isa = "rv64imafdc_zicbom_zicboz" }, MachineFile.Kernel, out string errors);
        errors.Should().BeEmpty();
        source.Should().Contain("bootargs = \"console=ttyS0 quiet\";").And.Contain("stdout-path = \"/soc/serial@10000000\";")
            .And.Contain("memory@80000000").And.Contain("reg = <0x00 0x80000000 0x00 0x4000000>;")
            .And.Contain("timebase-frequency = <0x989680>;").And.Contain("mmu-type = \"riscv,sv48\";").And.Contain("riscv,isa = \"rv64imafdc_zicbom_zicboz\";")
            .And.Contain("riscv,cbom-block-size = <0x40>;").And.Contain("riscv,cboz-block-size = <0x40>;")
            .And.Contain("interrupts-extended = <0x02 0xffffffff 0x02 0x09 0x04 0xffffffff 0x04 0x09>;")
            .And.Contain("syscon-poweroff").And.Contain("virtio_mmio@10008000").And.Contain("core1").And.NotContain("clint@");
    }

    [NeedsFact("dtc")]
    public void Tree_OfAMachineWithFirmware_HasBothContextsAndTheClint()
    {
        string source = Source(new MachineRequest { Paging = PagingMode.Sv39 }, MachineFile.Bios, out string errors);
        errors.Should().BeEmpty();
        source.Should().Contain("interrupts-extended = <0x02 0x0b 0x02 0x09>;").And.Contain("clint@2000000").And.Contain("interrupts-extended = <0x02 0x03 0x02 0x07>;")
            .And.Contain("mmu-type = \"riscv,sv39\";");
    }

    private static string Source(MachineRequest request, MachineFile file, out string errors)
    {
        var host = new VmmHost().Start(request, (file, Code));
        byte[] blob = host.Memory(host.Kernel.Harts[0].A1, VirtualMachine.TreeRoom);
        string path = Path.Combine(Path.GetTempPath(), $"objectos-{Guid.NewGuid():N}.dtb");
        File.WriteAllBytes(path, blob[..System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(blob.AsSpan(4))]);
        try
        {
            using var dtc = Process.Start(new ProcessStartInfo("dtc", ["-I", "dtb", "-O", "dts", path]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var error = dtc.StandardError.ReadToEndAsync();
            string source = dtc.StandardOutput.ReadToEnd();
            dtc.WaitForExit();
            errors = error.GetAwaiter().GetResult();
            dtc.ExitCode.Should().Be(0, errors);
            return source;
        }
        finally
        {
            File.Delete(path);
        }
    }
}
