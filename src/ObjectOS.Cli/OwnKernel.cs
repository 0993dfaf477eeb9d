namespace ObjectOS.Cli;

/// <summary>The project's own small kernel, which travels with the tool and is booted where nothing else is named.</summary>
internal static class OwnKernel
{
    private const string Name = "tiny.elf";

    /// <summary>Where it lies.</summary>
    public static string Location => Path.Combine(AppContext.BaseDirectory, "boot", Name);

    /// <summary>It, under its short name.</summary>
    public static BootFile Open() => new(Name, File.ReadAllBytes(Location));
}
