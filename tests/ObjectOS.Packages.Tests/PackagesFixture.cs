namespace ObjectOS.Tests.Packages;

/// <summary>
/// The packages of the product in a feed of their own, and a program outside of the repository that is built from them. Nothing is
/// downloaded: the dependencies of the packages were restored for the build of the product.
/// </summary>
public sealed class PackagesFixture : IAsyncLifetime, IDisposable
{
    private static readonly string[] Outer = ["Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props"];

    private readonly TemporaryFolder _folder = new("objectos-embedder");

    /// <summary>Folder of the packages.</summary>
    public string Feed => _folder.PathOf("feed");

    /// <summary>A version that no other feed and no cache has.</summary>
    public string Version { get; } = $"1.0.0-test.g{Guid.NewGuid():N}";

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        string filter = _folder.PathOf("packages.slnf");
        PackableProjects.WriteFilter(filter, Path.GetRelativePath(_folder.Path, Repository.PathOf("ObjectOS.sln")), PackableProjects.Files);
        await HostCommand.DotnetAsync(
            Repository.Root, TestTime.Seconds(180), "pack", filter, "-c", TestAssembly.Configuration, "-o", Feed,
            "--no-build", "-nodeReuse:false", "-v", "q", $"-p:Version={Version}");
        WriteEmbedder();
        WriteGuests();
        await HostCommand.DotnetAsync(
            _folder.PathOf("embedder"), TestTime.Seconds(180), "build", "-c", "Release", "-o", _folder.PathOf("bin"),
            "-nodeReuse:false", "-v", "q", $"-p:ObjectOSVersion={Version}");
    }

    /// <summary>Runs a scenario and returns what it wrote.</summary>
    public Task<string> RunAsync(int scenario) => HostCommand.DotnetAsync(
        _folder.Path, TestTime.Seconds(100),
        _folder.PathOf("bin", "Embedder.dll"), $"{scenario}", Repository.PathOf("images"), _folder.PathOf("guests"));

    /// <inheritdoc/>
    public Task DisposeAsync() => Task.CompletedTask;

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    /// <summary>A copy of a sample in a folder of its own, with the files of images that it names, built from the packages and tested.</summary>
    /// <param name="name">The sample's name.</param>
    /// <param name="images">Files of images, relative to their folder.</param>
    /// <param name="variables">Variables of the environment of the tests.</param>
    /// <returns>The exit code of <c>dotnet test</c>, and what it wrote.</returns>
    public Task<(int ExitCode, string Text)> TestSampleAsync(string name, string[] images, params (string Name, string Value)[] variables)
    {
        string to = _folder.PathOf("samples", name);
        if (!Directory.Exists(to))
        {
            Directory.CreateDirectory(to);
            foreach (string file in Directory.EnumerateFiles(Repository.PathOf("samples", name)))
            {
                File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
            }

            foreach (string image in images)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(_folder.PathOf("images", image))!);
                File.Copy(Repository.PathOf("images", image), _folder.PathOf("images", image));
            }

            WriteOuter(to);
        }

        return HostCommand.TryRunAsync(
            "dotnet", to, TestTime.Seconds(240), variables, "test", "-nodeReuse:false", $"-p:ObjectOSVersion={Version}", "--logger", "console;verbosity=detailed");
    }

    private static void WriteOuter(string to)
    {
        foreach (string file in Outer)
        {
            File.WriteAllText(Path.Combine(to, file), "<Project />");
        }
    }

    private void WriteEmbedder()
    {
        string to = Directory.CreateDirectory(_folder.PathOf("embedder")).FullName;
        foreach (string file in Directory.EnumerateFiles(Repository.PathOf("tests", "Embedder")))
        {
            // The project has another name in the repository, whose own projects are all in the solution.
            File.Copy(file, Path.Combine(to, Path.GetFileName(file).Replace(".csproj.txt", ".csproj", StringComparison.Ordinal)));
        }

        WriteOuter(to);
        _folder.Write("nuget.config", $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="{_folder.PathOf("packages")}" /></config>
              <packageSources><clear /><add key="feed" value="{Feed}" /></packageSources>
              <packageSourceMapping><clear /></packageSourceMapping>
              <fallbackPackageFolders><clear /><add key="machine" value="{TestAssembly.PackageFolder}" /></fallbackPackageFolders>
            </configuration>
            """);
    }

    private void WriteGuests()
    {
        string to = Directory.CreateDirectory(_folder.PathOf("guests")).FullName;
        Write("cat", TinyPrograms.Cat());
        Write("count", TinyPrograms.Count(50_000_000));
        Write("spin", TinyPrograms.Count(0));
        Write("flood", TinyPrograms.Flood(10_240));
        Write("alternate", TinyPrograms.AlternateLines(5_000));

        void Write(string name, byte[] program) => File.WriteAllBytes(Path.Combine(to, $"{name}.elf"), program);
    }
}
