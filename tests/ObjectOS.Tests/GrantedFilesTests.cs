namespace ObjectOS.Tests;

/// <summary>What Linux calls answer on a granted directory, against what Linux 6 answers on its own (images/linuxcheck).</summary>
public sealed class GrantedFilesTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("granted").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("names")]
    [InlineData("times")]
    [InlineData("transfers")]
    public async Task LinuxCheck_Group_PrintsWhatLinuxPrints(string group)
    {
        await using var os = await ObjectOs.BootAsync();
        var result = await os.RunAsync(Check(group));
        result.Output.Should().Be(await File.ReadAllTextAsync(Repository.PathOf("images", "linuxcheck", $"{group}.expected")));
        result.ExitCode.Should().Be(0);
    }

    [Fact]
    public async Task Executable_OfAGrantedProgram_IsItsPathInTheGuest()
    {
        // It starts itself by /proc/self/exe.
        await using var os = await ObjectOs.BootAsync();
        string image = Path.Combine(_directory, "linuxcheck.elf");
        File.Copy(Repository.PathOf("images", "linuxcheck", "linuxcheck.elf"), image);
        var result = await os.RunAsync(Check("processes") with { Path = image });
        result.Output.Should().Be(await File.ReadAllTextAsync(Repository.PathOf("images", "linuxcheck", "processes.expected")));
    }

    private ProgramSpec Check(string group) => new()
    {
        Path = Repository.PathOf("images", "linuxcheck", "linuxcheck.elf"),
        Arguments = [group],
        WorkingDirectory = "/w",
        Directories = [new DirectoryGrant(_directory, "/w", Writable: true)],
    };
}
