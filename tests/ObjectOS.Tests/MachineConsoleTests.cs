using System.Text;

namespace ObjectOS.Tests;

/// <summary>Further consoles of virtual machines, driven by a guest.</summary>
public sealed class MachineConsoleTests
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
        await using var root = await ObjectOs.BootAsync();
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

    [Fact]
    public async Task Console_WithoutStreams_IsSilentAndSwallowsWhatIsPrinted()
    {
        await using var os = await ObjectOs.BootAsync();
        var result = await os.BootMachineAsync(VirtioCheck with { Consoles = [new ConsoleSpec()] });
        (result.ExitCode, result.Output).Should().Be((1, "console of 0 by 0, version 2, emergency write\nvirtiocheck: a device at 0x10001000 is silent for 60 seconds\n"));
    }

    [Fact]
    public async Task Console_BeyondTheSlots_IsToldInASentence()
    {
        await using var os = await ObjectOs.BootAsync();
        var result = await os.BootMachineAsync(VirtioCheck with { Consoles = [.. Enumerable.Range(0, 9).Select(_ => new ConsoleSpec())] });
        (result.End, result.Message).Should().Be((RunEnd.NotRunnable, "the machine has 9 virtio devices and its platform 8 slots for them"));
        (VirtioCheck with { Consoles = [new ConsoleSpec(Columns: 65536)] }).Problem().Should().Be("A console has 65536 columns and 0 rows; 0 to 65535 are wanted.");
    }

    private static MemoryStream Input(string text) => new(Encoding.ASCII.GetBytes(text));

    private static string Text(MemoryStream stream) => Encoding.ASCII.GetString(stream.ToArray());
}
