using System.IO.Compression;

namespace ObjectOS.Tests.Packages;

/// <summary>A package has the same contents wherever it is built.</summary>
public sealed class ClonesTests
{
    private static readonly string[] Projects =
    [
        "src/ObjectOS.Abi/ObjectOS.Abi.csproj",
        "src/ObjectOS.Cpu/ObjectOS.Cpu.csproj",
        "src/ObjectOS.Machine/ObjectOS.Machine.csproj",
        "kernel/ObjectOS.Kernel/ObjectOS.Kernel.csproj",
    ];

    [NeedsFact("git")]
    public async Task Packages_OfTwoClones_AreEqual()
    {
        using var first = new TemporaryFolder("clone");
        using var second = new TemporaryFolder("another-clone-whose-path-is-longer");
        var files = await Task.WhenAll(PackAsync(first), PackAsync(second));
        files[0].Should().HaveCount(2 * Projects.Length, "each project has a package and its symbols").And.Equal(files[1]);
        foreach (string file in files[0])
        {
            var (one, other) = (Entries(first.PathOf("feed", file)), Entries(second.PathOf("feed", file)));
            one.Keys.Should().BeEquivalentTo(other.Keys, file);
            var different = one.Keys.Where(key => !other[key].AsSpan().SequenceEqual(one[key]));
            different.Should().BeEmpty($"all in {file} is equal");
        }
    }

    /// <summary>Copies the working tree, builds and packs in the copy, and returns the names of the packages.</summary>
    private static async Task<string[]> PackAsync(TemporaryFolder folder)
    {
        string names = await GitAsync("-c", "core.quotePath=false", "ls-files", "-co", "--exclude-standard");
        foreach (string name in names.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(IsThere))
        {
            string to = folder.PathOf("clone", name);
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(Repository.PathOf(name), to);
        }

        // Both are at the commit of the repository, which packages name.
        string commits = (await GitAsync("rev-parse", "--absolute-git-dir")).Trim();
        folder.Write(Path.Combine("clone", ".git"), $"gitdir: {commits}\n");
        PackableProjects.WriteFilter(folder.PathOf("clone", "few.slnf"), "ObjectOS.sln", Projects);
        await HostCommand.DotnetAsync(
            folder.PathOf("clone"), TestTime.Seconds(300), "pack", "few.slnf", "-c", "Release", "-o", folder.PathOf("feed"),
            "-nodeReuse:false", "-v", "q", "-p:RunAnalyzers=false", "-p:NuGetAudit=false");
        return [.. Directory.EnumerateFiles(folder.PathOf("feed")).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

        // A file that was deleted without git's knowledge is listed, too.
        static bool IsThere(string name) => File.Exists(Repository.PathOf(name));
    }

    private static Task<string> GitAsync(params string[] arguments) =>
        HostCommand.RunAsync("git", Repository.Root, TestTime.Seconds(60), arguments);

    private static Dictionary<string, byte[]> Entries(string package)
    {
        using var archive = ZipFile.OpenRead(package);
        return archive.Entries.ToDictionary(entry => entry.FullName, entry =>
        {
            using var contents = entry.Open();
            var bytes = new MemoryStream();
            contents.CopyTo(bytes);
            return bytes.ToArray();
        });
    }
}
