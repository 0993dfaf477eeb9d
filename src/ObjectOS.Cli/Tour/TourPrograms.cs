namespace ObjectOS.Cli.Tour;

/// <summary>The programs of the tour, which travel with the tool.</summary>
internal sealed class TourPrograms
{
    private readonly string _folder = Place;

    /// <summary>Where they are.</summary>
    public static string Place => Path.Combine(AppContext.BaseDirectory, "tour");

    /// <summary>The first file that should be there and is not.</summary>
    public string? Missing => new[] { LispPath, MisbehavePath, Path.Combine(Scripts, "primes.scm") }.FirstOrDefault(f => !File.Exists(f));

    /// <summary>How the Lisp is named in commands that are shown.</summary>
    public string LispShown => Shown(Path.Combine("images", "lisp", "lisp.elf"), LispPath);

    /// <summary>How the scripts' folder is named.</summary>
    public string ScriptsShown => Shown(Path.Combine("images", "lisp", "scripts"), Scripts);

    /// <summary>How the misbehaving program is named.</summary>
    public string MisbehaveShown => Shown(Path.Combine("images", "misbehave", "misbehave.elf"), MisbehavePath);

    private string LispPath => Path.Combine(_folder, "lisp.elf");

    private string MisbehavePath => Path.Combine(_folder, "misbehave.elf");

    private string Scripts => Path.Combine(_folder, "scripts");

    public ProgramSpec Lisp(string script, ulong? memory = null) => new()
    {
        Path = LispPath,
        Name = "lisp",
        Arguments = [$"/s/{script}"],
        Directories = [new DirectoryGrant(Scripts, "/s")],
        Limits = new ProgramLimits { Memory = memory ?? 64.MiB() },
    };

    public ProgramSpec Misbehave(string deed, ProgramLimits limits) => new()
    {
        Path = MisbehavePath,
        Name = "misbehave",
        Arguments = [deed],
        Limits = limits,
    };

    /// <summary>In the project's own folder the short name, elsewhere the file that is really used.</summary>
    private static string Shown(string inProject, string used) => Path.Exists(inProject) ? inProject : used;
}
