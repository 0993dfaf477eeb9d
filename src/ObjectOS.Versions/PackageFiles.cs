using System.Globalization;
using System.IO.Compression;

namespace ObjectOS.Versions;

/// <summary>
/// Assemblies in NuGet packages: one that was named, and those in its folder that have the same version; or all of a folder.
/// </summary>
/// <param name="folder">The folder.</param>
/// <param name="root">The package that was named; null: the folder was.</param>
internal sealed class PackageFiles(string folder, string? root) : BuildFiles
{
    private const string Extension = ".nupkg";

    public override string Path => root ?? folder;

    public override bool HasOthers => root is null;

    public override IEnumerable<BuildFile> Roots =>
        (root is not null ? (IEnumerable<string>)[root] : Packages().Order(StringComparer.Ordinal)).SelectMany(AssembliesOf);

    /// <summary>A package of ours has the name of its assembly: it is looked for in the root first, then by its name next to it.</summary>
    public override BuildFile? Find(string assembly)
    {
        var candidates = Packages()
            .Where(package => VersionOf(package, assembly) is { } version && (root is null || version == VersionOf(root, null)));
        return (root is null ? candidates : candidates.Prepend(root)).SelectMany(AssembliesOf)
            .FirstOrDefault(file => System.IO.Path.GetFileNameWithoutExtension(file.Name) == assembly);
    }

    private IEnumerable<string> Packages() =>
        Directory.EnumerateFiles(folder, "*" + Extension).Where(path => !path.EndsWith(".symbols" + Extension, StringComparison.Ordinal));

    /// <summary>The version in the file name of a package, of that identifier or of any; null if it has none.</summary>
    private static string? VersionOf(string package, string? id)
    {
        string name = System.IO.Path.GetFileNameWithoutExtension(package);
        if (id is not null)
        {
            return name.StartsWith(id + ".", StringComparison.OrdinalIgnoreCase) && char.IsAsciiDigit(name[id.Length + 1])
                ? name[(id.Length + 1)..] : null;
        }

        int dot = Enumerable.Range(0, name.Length - 1).FirstOrDefault(i => name[i] == '.' && char.IsAsciiDigit(name[i + 1]), -1);
        return dot < 0 ? null : name[(dot + 1)..];
    }

    /// <summary>The assemblies for the newest framework that this process is new enough for.</summary>
    private static List<BuildFile> AssembliesOf(string package)
    {
        try
        {
            using var archive = ZipFile.OpenRead(package);
            var entries = archive.Entries
                .Select(entry => (Entry: entry, Parts: entry.FullName.Split('/')))
                .Where(item => item.Parts.Length == 3 && item.Parts[0] == "lib" && item.Parts[2].EndsWith(".dll", StringComparison.Ordinal))
                .ToList();
            int? framework = entries.Select(item => FrameworkOf(item.Parts[1]))
                .Where(version => version <= Environment.Version.Major).Max();
            string frameworks = string.Join(", ", entries.Select(item => item.Parts[1]).Distinct());
            return entries.Count > 0 && framework is null
                ? throw new VersionException($"{package}: made for {frameworks}, here is net{Environment.Version.Major}.0")
                : [.. entries.Where(item => FrameworkOf(item.Parts[1]) == framework)
                    .Select(item => new BuildFile($"{package}/{item.Entry.FullName}", Read(package, item.Entry), null))];
        }
        catch (InvalidDataException e)
        {
            throw new VersionException($"{package}: a damaged package: {e.Message.TrimEnd('.')}", e);
        }
    }

    private static byte[] Read(string package, ZipArchiveEntry entry)
    {
        if (entry.Length > MostBytes)
        {
            throw new VersionException($"{package}/{entry.FullName}: {entry.Length} bytes; an assembly of at most {MostBytes} is wanted");
        }

        using var stream = entry.Open();
        try
        {
            return ReadAll(stream, entry.Length);
        }
        catch (EndOfStreamException e)
        {
            throw new VersionException($"{package}/{entry.FullName}: a damaged package: the file ends early", e);
        }
    }

    /// <summary>The major version of a framework <c>netN.0</c>; null for others.</summary>
    private static int? FrameworkOf(string moniker) =>
        moniker.StartsWith("net", StringComparison.Ordinal) && moniker.EndsWith(".0", StringComparison.Ordinal)
            && int.TryParse(moniker.AsSpan(3, moniker.Length - 5), NumberStyles.None, CultureInfo.InvariantCulture, out int version)
                && version >= 5 ? version : null;
}
