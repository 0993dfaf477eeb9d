namespace ObjectOS.Versions;

/// <summary>Assemblies in a folder.</summary>
/// <param name="folder">The folder.</param>
/// <param name="root">The assembly that was named; null: the folder was.</param>
internal sealed class FolderFiles(string folder, string? root) : BuildFiles
{
    public override string Path => root ?? folder;

    public override bool HasOthers => root is null;

    public override IEnumerable<BuildFile> Roots =>
        root is not null ? [OpenFile(root)] : Directory.EnumerateFiles(folder, "*.dll").Order(StringComparer.Ordinal).Select(OpenFile);

    public override BuildFile? Find(string assembly)
    {
        string path = System.IO.Path.Combine(folder, assembly + ".dll");
        return File.Exists(path) ? OpenFile(path) : null;
    }

    private static BuildFile OpenFile(string path)
    {
        string symbols = System.IO.Path.ChangeExtension(path, ".pdb");
        return new BuildFile(path, Read(path), File.Exists(symbols) ? Read(symbols) : null);
    }
}
