using ObjectOS.Machine;

namespace ObjectOS.Services.Vmm.Tests;

/// <summary>Whole guests are the same interpreted and translated, to the last bit of their state.</summary>
public sealed class EngineTests
{
    private const string OpenSbi = "/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin";
    private const string UBoot = "/usr/lib/u-boot/qemu-riscv64_smode/uboot.elf";

    [Theory]
    [InlineData(1), InlineData(3)]
    public void Tiny_WithEachEngine_IsTheSame(int harts)
    {
        byte[] tiny = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "images", "tiny", "tiny.elf"));
        ShouldBeAlike(new MachineRequest { Memory = 16 << 20, Harts = harts, Arguments = "selftest" }, "", "TINY-SELFTEST-OK", (MachineFile.Image, tiny));
    }

    [NeedsFileFact(OpenSbi, UBoot)]
    public void Firmware_WithEachEngine_IsTheSame() =>
        ShouldBeAlike(new MachineRequest(), "\n\nversion\npoweroff\n", "U-Boot 2023.01",
            (MachineFile.Bios, File.ReadAllBytes(OpenSbi)), (MachineFile.Kernel, File.ReadAllBytes(UBoot)));

    private static void ShouldBeAlike(MachineRequest request, string input, string output, params (MachineFile File, byte[] Bytes)[] files)
    {
        GuestEnd expected = Run(Engine.Interpreter);
        expected.Output.Should().Contain(output);
        foreach (Engine engine in (Engine[])[Engine.Translator, Engine.Auto])
        {
            GuestEnd end = Run(engine);
            (end.Output, end.Reason, end.Record.Program.Instructions, end.Record.Program.StateHash).Should()
                .Be((expected.Output, expected.Reason, expected.Record.Program.Instructions, expected.Record.Program.StateHash), "{0}", engine);
        }

        GuestEnd Run(Engine engine)
        {
            using var host = new MachineHost(engine: engine);
            return host.Run(request with { ReportsState = true }, input, 20_000, files);
        }
    }
}
