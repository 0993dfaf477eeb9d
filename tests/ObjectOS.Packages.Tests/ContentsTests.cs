using System.IO.Compression;
using System.Text.Json;
using System.Xml.Linq;

namespace ObjectOS.Tests.Packages;

/// <summary>What packages say about themselves, and what is no package.</summary>
[Collection(PackagesCollection.Name)]
public sealed class ContentsTests(PackagesFixture packages)
{
    public static TheoryData<string> Packages => new(PackableProjects.Files.Select(file => Path.GetFileNameWithoutExtension(file)));

    [Theory]
    [MemberData(nameof(Packages))]
    public void Package_HasLicenceDescriptionReadmeTagsAndSymbols(string name)
    {
        using var package = ZipFile.OpenRead(Path.Combine(packages.Feed, $"{name}.{packages.Version}.nupkg"));
        var about = Metadata(package, name);
        about("license").Should().Be("MIT");
        about("description").Should().NotBeNullOrWhiteSpace().And.NotBe("Package Description");
        about("tags").Should().NotBeNullOrWhiteSpace();
        package.GetEntry(about("readme")!)!.Length.Should().BePositive();
        package.GetEntry($"lib/net10.0/{name}.dll").Should().NotBeNull();
        package.GetEntry($"lib/net10.0/{name}.xml").Should().NotBeNull("the documentation comes along");
        using var symbols = ZipFile.OpenRead(Path.Combine(packages.Feed, $"{name}.{packages.Version}.snupkg"));
        symbols.GetEntry($"lib/net10.0/{name}.pdb").Should().NotBeNull();
    }

    [Theory]
    [InlineData("src/ObjectOS.Cli", true)]
    [InlineData("tests/Benchmarks", false)]
    [InlineData("tests/Lockstep", false)]
    [InlineData("tests/ObjectOS.Packages.Tests", false)]
    public async Task Project_IsPackable_OnlyIfItIsOfTheProduct(string project, bool isPackable)
    {
        string text = await HostCommand.DotnetAsync(
            Repository.PathOf(project), TestTime.Seconds(60),
            "msbuild", "-getProperty:IsPackable,PackageLicenseExpression,Description,PackageReadmeFile,PackageTags");
        var properties = JsonDocument.Parse(text).RootElement.GetProperty("Properties");
        properties.GetProperty("IsPackable").GetString().Should().BeEquivalentTo($"{isPackable}");
        if (isPackable)
        {
            properties.GetProperty("PackageLicenseExpression").GetString().Should().Be("MIT");
            properties.EnumerateObject().Should().NotContain(property => string.IsNullOrWhiteSpace(property.Value.GetString()));
        }
    }

    [Fact]
    public void TestProjects_DoNotMakeThemselvesPackable() =>
        Directory.EnumerateFiles(Repository.PathOf("tests"), "*.csproj", SearchOption.AllDirectories)
            .Where(file => File.ReadAllText(file).Contains("IsPackable", StringComparison.Ordinal))
            .Should().BeEmpty("Directory.Build.props says it for all of them");

    private static Func<string, string?> Metadata(ZipArchive package, string name)
    {
        using var contents = package.GetEntry($"{name}.nuspec")!.Open();
        var metadata = XDocument.Load(contents).Root!.Elements().Single(e => e.Name.LocalName == "metadata");
        return key => metadata.Elements().SingleOrDefault(e => e.Name.LocalName == key)?.Value;
    }
}
