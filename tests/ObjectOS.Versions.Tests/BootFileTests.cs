namespace ObjectOS.Tests.Versions;

/// <summary>Files of boot options.</summary>
public sealed class BootFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("objectos-boot-").FullName;

    private string FilePath => Path.Combine(_folder, "boot.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task File_OfASmallKernel_Boots()
    {
        File.Copy(Builds.Image("tiny"), Path.Combine(_folder, "tiny.elf"));
        File.WriteAllText(FilePath,
            """{ "image": "tiny.elf", "harts": 2, "memory": "64M", "append": "selftest", "seed": 7, "inputs": "deterministic", "depth": 1 }""");
        using var version = Builds.Load("boot:" + FilePath);
        (version.Seed, version.Boot!.Depth, version.Boot.Machine.Harts, version.Boot.Machine.Memory).Should().Be((7UL, 1, 2, 64UL << 20));
        await using var os = await ObjectOs.BootAsync(version.Apply);
        var result = await os.BootMachineAsync(version.Boot.Machine with { Timeout = TestTime.Seconds(60) });
        (result.End, result.Output.TrimEnd().Split('\n')[^1]).Should().Be((RunEnd.PoweredOff, "TINY-SELFTEST-OK"));
    }

    [Fact]
    public void File_WithAllKeys_SetsThem()
    {
        foreach (string name in (string[])["b", "k", "i", "d1", "d2"])
        {
            File.WriteAllText(Path.Combine(_folder, name), "x");
        }

        File.WriteAllText(FilePath, """
            { // Comments are allowed.
              "bios": "b", "kernel": "k", "initrd": "i", "append": "a=b", "disk": ["d1:ro", "d2:snapshot"], "net": "user",
                  "publish": "8080:80", "paging": "sv39",
              "no-reboot": true, "budget": "2M", "timeout": 5, "clock": "virtual", "inputs": "live" }
            """);
        using var version = Builds.Load("boot:" + FilePath + "+seed:9");
        var machine = version.Boot!.Machine;
        (machine.Bios!.Path, machine.Kernel!.Path, machine.Initrd!.Path).Should().Be(
            (Path.Combine(_folder, "b"), Path.Combine(_folder, "k"), Path.Combine(_folder, "i")));
        machine.Disks.Should().Equal(new DiskSpec(Path.Combine(_folder, "d1"), Services.Vmm.BlockPolicy.ReadOnly),
            new DiskSpec(Path.Combine(_folder, "d2"), Services.Vmm.BlockPolicy.Snapshot));
        (machine.Arguments, machine.Network, machine.Reboots, machine.Instructions, machine.Timeout).Should().Be(
            ("a=b", NetworkMode.User, false, 2_000_000UL, TimeSpan.FromSeconds(5)));
        machine.Publish.Should().Equal(new PublishSpec(8080, 80));
        (version.Seed, version.Boot.HostClock, version.Boot.Inputs).Should().Be((9UL, false, Inputs.Live));
    }

    [Theory]
    [InlineData("{", "not JSON: line 1, byte 2")]
    [InlineData("[]", "holds a list; one object with boot's options is wanted")]
    [InlineData("{}", "There is nothing to boot: Image, Bios or Kernel is wanted")]
    [InlineData("""{"speed":1}""",
        "there is no key \"speed\": image, bios, kernel, initrd, append, dtb, disk, net, publish, paging, no-reboot, harts, memory, depth, budget, timeout, seed, clock, inputs are known")]
    [InlineData("""{"harts":1,"harts":2}""", "the key \"harts\" is there twice")]
    [InlineData("""{"harts":9}""", "\"harts\" is \"9\"; a whole number from 1 to 8 is wanted")]
    [InlineData("""{"memory":"12"}""", "\"memory\" is \"12\"; a size from 1M to 1T in whole pages of 4K is wanted")]
    [InlineData("""{"append":true}""", "\"append\" is true or false; a string or a number is wanted")]
    [InlineData("""{"no-reboot":"yes"}""", "\"no-reboot\" is \"yes\"; true or false is wanted")]
    [InlineData("""{"net":"tap"}""", "\"net\" is \"tap\"; none or user is wanted")]
    [InlineData("""{"kernel":""}""", "\"kernel\" is \"\"; a file is wanted")]
    public void File_ThatIsWrong_GetsASentence(string text, string sentence)
    {
        File.WriteAllText(FilePath, text);
        FluentActions.Invoking(() => Builds.Load("boot:" + FilePath)).Should().Throw<VersionException>().Which
            .Message.Should().Be($"{FilePath}: {sentence}");
    }

    [Fact]
    public void File_ThatNamesAMissingOne_NamesBoth()
    {
        File.WriteAllText(FilePath, """{"image":"absent.elf"}""");
        FluentActions.Invoking(() => Builds.Load("boot:" + FilePath)).Should().Throw<VersionException>()
            .Which.Message.Should().Be($"{FilePath}: \"image\" names {Path.Combine(_folder, "absent.elf")}: No such file or directory");
    }
}
