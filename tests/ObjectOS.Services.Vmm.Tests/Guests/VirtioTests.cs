using ObjectOS.Services.Programs;

namespace ObjectOS.Services.Vmm.Tests;

/// <summary>Guests that drive virtio devices, while the service is replaced, in the middle of requests, by another one with its saved state.</summary>
public sealed class VirtioTests
{
    /// <summary>Plain; suspending at every instruction; the service reborn after every message; the same with the legacy interface.</summary>
    public static TheoryData<bool, bool, bool> Ways => new() { { false, false, false }, { true, false, false }, { false, true, false }, { true, true, true } };

    private static byte[] Image(string name) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "images", name, $"{name}.elf"));

    [Theory]
    [MemberData(nameof(Ways))]
    public void Disk_Console_Entropy(bool suspending, bool reborn, bool isLegacy)
    {
        using var host = new MachineHost(suspending, reborn);
        host.Disks[5] = new byte[10_240];
        host.Disks[6] = new byte[10_240];
        host.AddInput(90, "somebody\n");
        var request = new MachineRequest
        {
            Memory = 4 << 20,
            Platform = isLegacy ? PlatformDescription.Virt.WithLegacyVirtio() : PlatformDescription.Virt,
            Disks = [new BlockBackend(5, 1, 10_240, BlockPolicy.ReadWrite), new BlockBackend(6, 1, 10_240, BlockPolicy.Snapshot)],
            Consoles = [new ConsoleRequest(new ProgramStream(90, false), new ProgramStream(91, false), 80, 25)],
        };
        var end = host.Run(request, "", 20_000, (MachineFile.Image, Image("virtiocheck")));
        int version = isLegacy ? 1 : 2;
        end.Reason.Should().Be(MachineEnd.PowerOff, "{0} {1}", end.Output, end.Record.Program.Text);
        end.Output.Should().Be($"""
            disk "disk0" of 20 sectors, version {version}: written and read, sum 195840
            disk "disk1" of 20 sectors, version {version}: written and read, sum 195840
            console of 80 by 25, version {version}, emergency write
            entropy: 64 bytes, version {version}
            VIRTIO-OK

            """.ReplaceLineEndings("\n"));
        host.Output(91).Should().Be("!who is there?\nhello, somebody\n");
        (host.Disks[5].Sum(b => b), host.Disks[6].Sum(b => b)).Should().Be((195_840, 0));
    }

    /// <summary>Between its request for an address and the gateway's answers switch and gateway are saved and restored many times.</summary>
    [Theory]
    [MemberData(nameof(Ways))]
    public void Network(bool suspending, bool reborn, bool isLegacy)
    {
        using var host = new MachineHost(suspending, reborn);
        var request = new MachineRequest
        {
            Memory = 4 << 20,
            HasNetwork = true,
            Arguments = "ping 10.0.2.2",
            Platform = isLegacy ? PlatformDescription.Virt.WithLegacyVirtio() : PlatformDescription.Virt,
        };
        var end = host.Run(request, "", 20_000, (MachineFile.Image, Image("netcheck")));
        end.Reason.Should().Be(MachineEnd.PowerOff, "{0} {1}", end.Output, end.Record.Program.Text);
        end.Output.Should().Be("address 10.0.2.15\nreply from 10.0.2.2\n");
    }
}
