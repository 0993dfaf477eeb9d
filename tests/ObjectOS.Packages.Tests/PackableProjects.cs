using System.Text.Json;

namespace ObjectOS.Tests.Packages;

/// <summary>The projects that become packages: all of the product but the tool, which has its own tests, and its worker, which travels in it.</summary>
internal static class PackableProjects
{
    /// <summary>Their files, relative to the root of the repository.</summary>
    public static IReadOnlyList<string> Files { get; } =
    [
        .. ((string[])["src", "kernel", "services"])
            .SelectMany(folder => Directory.EnumerateFiles(Repository.PathOf(folder), "*.csproj", SearchOption.AllDirectories))
            .Select(file => Path.GetRelativePath(Repository.Root, file))
            .Where(file => Path.GetFileNameWithoutExtension(file) is not ("ObjectOS.Cli" or "ObjectOS.Worker"))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Writes a filter of the solution with some of its projects, so that one command packs them all.</summary>
    public static void WriteFilter(string path, string solution, IEnumerable<string> projects) => File.WriteAllText(
        path, JsonSerializer.Serialize(new { solution = new { path = solution, projects = projects.Select(p => p.Replace('/', '\\')) } }));
}
