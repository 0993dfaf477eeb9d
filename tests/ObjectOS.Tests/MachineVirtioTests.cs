using System.Text;
using ObjectOS.Services.Vmm;

namespace ObjectOS.Tests;

/// <summary>Disks, further consoles and sources of entropy of virtual machines, driven by a guest.</summary>
public sealed class MachineVirtioTests
{
    private static MachineSpec VirtioCheck => new()
    {
        Image = Path.Combine(Repository.Root, "images", "virtiocheck", "virtiocheck.elf"),
        Memory = 4.MiB(),
        Timeout = TimeSpan.FromMinutes(1),
    };

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Consoles_HaveStreamsOfTheirOwn_AtDepth(int depth)
    {
        await using var root = await ObjectOs.BootAsync(o => o.Inputs = Inputs.Deterministic);
        var os = root;
        for (int level = 0; level < depth; level++)
        {
            os = await os.CreateChildAsync();
        }

        using MemoryStream first = new(), second = new();
        var spec = VirtioCheck with
        {
            Consoles = [new ConsoleSpec(Input("one\n"), first, 80, 25), new ConsoleSpec(Input("two\n"), second)],
        };
        var result = await os.BootMachineAsync(spec);
        result.Output.Should().Be("""
            console of 80 by 25, version 2, emergency write
            console of 0 by 0, version 2, emergency write
            entropy: 64 bytes, version 2
            VIRTIO-OK

            """.ReplaceLineEndings("\n"), result.Message);
        Text(first).Should().Be("!who is there?\nhello, one\n");
        Text(second).Should().Be("!who is there?\nhello, two\n");
        (await os.CountTargetsAsync()).Should().Be(0);
    }

    /// <summary>The lines about the disk are those that the same program prints under QEMU 7.2 with <c>force-legacy</c> true and false.</summary>
    [Theory]
    [InlineData(false, 2)]
    [InlineData(true, 1)]
    public async Task Devices_OfBothVersions_WorkAlike(bool isLegacy, int version)
    {
        string path = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(path, new byte[10240]);
            await using var os = await ObjectOs.BootAsync(o => o.Inputs = Inputs.Deterministic);
            using var second = new MemoryStream();
            var result = await os.BootMachineAsync(VirtioCheck with
            {
                Platform = isLegacy ? PlatformDescription.Virt.WithLegacyVirtio() : PlatformDescription.Virt,
                Disks = [new DiskSpec(path), new DiskSpec(path, BlockPolicy.Snapshot), new DiskSpec(path, BlockPolicy.ReadOnly)],
                Consoles = [new ConsoleSpec(Input("one\n"), second)],
            });
            result.Output.Should().Be($"""
                disk "disk0" of 20 sectors, version {version}: written and read, sum 195840
                disk "disk1" of 20 sectors, version {version}: written and read, sum 195840
                disk "disk2" of 20 sectors, version {version}: read, sum 195840
                console of 0 by 0, version {version}, emergency write
                entropy: 64 bytes, version {version}
                VIRTIO-OK

                """.ReplaceLineEndings("\n"), result.Message);
            (await File.ReadAllBytesAsync(path))[^1536..].Sum(b => b).Should().Be(195840);
            Text(second).Should().Be("!who is there?\nhello, one\n");
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task Console_WithoutStreams_IsSilentAndSwallowsWhatIsPrinted()
    {
        await using var os = await ObjectOs.BootAsync(o => o.Inputs = Inputs.Deterministic);
        var result = await os.BootMachineAsync(VirtioCheck with { Consoles = [new ConsoleSpec()] });
        (result.ExitCode, result.Output).Should().Be((1, "console of 0 by 0, version 2, emergency write\nvirtiocheck: a device at 0x10001000 is silent for 60 seconds\n"));
    }

    [Fact]
    public async Task Console_BeyondTheSlots_IsToldInASentence()
    {
        await using var os = await ObjectOs.BootAsync(o => o.Inputs = Inputs.Deterministic);
        var result = await os.BootMachineAsync(VirtioCheck with { Consoles = [.. Enumerable.Range(0, 9).Select(_ => new ConsoleSpec())] });
        (result.End, result.Message).Should().Be((RunEnd.NotRunnable, "the machine has 9 virtio devices and its platform 8 slots for them"));
        (VirtioCheck with { Consoles = [new ConsoleSpec(Columns: 65536)] }).Problem().Should().Be("A console has 65536 columns and 0 rows; 0 to 65535 are wanted.");
    }

    private static MemoryStream Input(string text) => new(Encoding.ASCII.GetBytes(text));

    private static string Text(MemoryStream stream) => Encoding.ASCII.GetString(stream.ToArray());
}
