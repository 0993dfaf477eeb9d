using System.Xml.Linq;

namespace ObjectOS.Tests.Architecture;

/// <summary>The floors of the house: a project refers to lower floors only, and to just those that its row allows.</summary>
public sealed class FloorsTests
{
    /// <summary>What each project may refer to, directly. A project that is not here fails the test.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["ObjectOS.Abi"] = [],
        ["ObjectOS.Cpu"] = ["ObjectOS.Abi"],
        ["ObjectOS.Client"] = ["ObjectOS.Abi"],
        ["ObjectOS.Machine"] = ["ObjectOS.Cpu", "ObjectOS.Abi"],
        ["ObjectOS.Kernel"] = ["ObjectOS.Cpu", "ObjectOS.Abi"],
        ["ObjectOS.Services.Programs"] = ["ObjectOS.Abi", "ObjectOS.Client"],
        ["ObjectOS.Services.Console"] = ["ObjectOS.Abi", "ObjectOS.Client"],
        ["ObjectOS.Services.Files"] = ["ObjectOS.Abi", "ObjectOS.Client"],
        ["ObjectOS.Services.Linux"] = ["ObjectOS.Abi", "ObjectOS.Client", "ObjectOS.Services.Programs", "ObjectOS.Services.Console", "ObjectOS.Services.Files"],
        ["ObjectOS.Services.Native"] = ["ObjectOS.Abi", "ObjectOS.Client", "ObjectOS.Services.Programs", "ObjectOS.Services.Console"],
        ["ObjectOS.Services.Vmm"] = ["ObjectOS.Abi", "ObjectOS.Client", "ObjectOS.Cpu", "ObjectOS.Services.Programs", "ObjectOS.Services.Console"],
        ["ObjectOS"] = ["ObjectOS.Services.Vmm", "ObjectOS.Machine", "ObjectOS.Kernel", "ObjectOS.Services.Linux", "ObjectOS.Services.Native", "ObjectOS.Services.Console", "ObjectOS.Services.Files", "ObjectOS.Services.Programs"],
        ["ObjectOS.Versions"] = ["ObjectOS", "ObjectOS.Testing"],
        ["ObjectOS.Worker"] = ["ObjectOS.Versions"],
        ["ObjectOS.Cli"] = ["ObjectOS", "ObjectOS.Testing", "ObjectOS.Versions", "ObjectOS.Worker"],
        ["ObjectOS.Testing"] = ["ObjectOS"],
        ["ObjectOS.Testing.Xunit"] = ["ObjectOS.Testing", "ObjectOS.Versions", "ObjectOS"],
    };

    public static TheoryData<string> Projects
    {
        get
        {
            var data = new TheoryData<string>();
            foreach (string folder in (string[])["src", "kernel", "services"])
            {
                foreach (string file in Directory.EnumerateFiles(Repository.PathOf(folder), "*.csproj", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
                {
                    data.Add(Path.GetRelativePath(Repository.Root, file));
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_RefersTo_LowerFloorsOnly(string project)
    {
        string name = Path.GetFileNameWithoutExtension(project);
        Allowed.Should().ContainKey(name, "every project has its floor");
        var references = XDocument.Load(Repository.PathOf(project)).Descendants("ProjectReference")
            .Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/')));
        references.Should().BeSubsetOf(Allowed[name]);
    }

    [Fact]
    public void Projects_AreAllInTheSolution()
    {
        // Samples are built from packages, as projects outside of the repository are; tests of the packages build them.
        string solution = File.ReadAllText(Repository.PathOf("ObjectOS.sln")).Replace('\\', '/');
        var missing = Directory.EnumerateFiles(Repository.Root, "*.csproj", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(Repository.Root, f).Replace('\\', '/'))
            .Where(f => !f.StartsWith("samples/", StringComparison.Ordinal) && !solution.Contains(f, StringComparison.Ordinal));
        missing.Should().BeEmpty();
    }

    [Fact]
    public void TopLevel_HoldsTheRoomsOfTheHousePlan()
    {
        var folders = Directory.EnumerateDirectories(Repository.Root).Select(Path.GetFileName).Where(n => !n!.StartsWith('.') && n is not ("bin" or "obj" or "out" or "TestResults"));
        folders.Should().BeSubsetOf(["src", "kernel", "services", "tests", "images", "docs", "samples"]);
    }
}
