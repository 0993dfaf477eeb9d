using System.Text.Json;

namespace ObjectOS.Tests;

/// <summary>What <c>images/*/manifest.json</c> says about a prebuilt guest program.</summary>
public sealed record ImageManifest(string Name, string Binary, string Sha256, IReadOnlyList<string> Sources, string Build, string Compiler, string Abi)
{
    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNameCaseInsensitive = true,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>The repository's <c>images</c> folder, found from the test's own place upwards.</summary>
    public static string Root { get; } = FindRoot();

    public string Folder { get; private init; } = "";

    public string BinaryPath => Path.Combine(Folder, Binary);

    /// <summary>One for each folder of <see cref="Root"/> that has a manifest; what a build script left deeper down is not ours.</summary>
    public static IReadOnlyList<ImageManifest> All() =>
        [.. Directory.EnumerateDirectories(Root).Select(folder => Path.Combine(folder, "manifest.json")).Where(File.Exists)
            .Order(StringComparer.Ordinal).Select(Read)];

    private static ImageManifest Read(string path)
    {
        ImageManifest manifest = JsonSerializer.Deserialize<ImageManifest>(File.ReadAllText(path), Format)
            ?? throw new InvalidDataException($"{path} holds null");
        return manifest with { Folder = Path.GetDirectoryName(path)! };
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "ObjectOS.sln")))
            {
                return Path.Combine(at.FullName, "images");
            }
        }

        throw new DirectoryNotFoundException($"no ObjectOS.sln above {AppContext.BaseDirectory}");
    }
}
