namespace ObjectOS.Tests;

/// <summary>Where the sources are that a test reads.</summary>
internal static class Repository
{
    /// <summary>The folder that holds <c>ObjectOS.sln</c>.</summary>
    public static string Root { get; } = Find();

    /// <summary>A path below the root.</summary>
    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string Find()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "ObjectOS.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds ObjectOS.sln.");
    }
}
