namespace ObjectOS.Cli;

/// <summary>The project's own small kernel, which travels with the tool and is booted where nothing else is named.</summary>
internal static class OwnKernel
{
    private const string Name = "tiny.elf";

    /// <summary>It, under its short name.</summary>
    public static BootFile Open() => new(Name, File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "boot", Name)));
}
