namespace ObjectOS.Tests.Packages;

/// <summary>A folder outside of the repository that goes with its owner.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    /// <summary>Makes it.</summary>
    /// <param name="name">The start of its name.</param>
    public TemporaryFolder(string name) => Path = Directory.CreateTempSubdirectory($"{name}-").FullName;

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>A path in it.</summary>
    public string PathOf(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    /// <summary>Writes a text file in it.</summary>
    public void Write(string name, string text) => File.WriteAllText(PathOf(name), text);

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Path, recursive: true);
}
