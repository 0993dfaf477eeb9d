namespace ObjectOS.Tests;

/// <summary>The programs of the folder <c>images</c>.</summary>
internal static class Programs
{
    public static string LispPath => Repository.PathOf("images", "lisp", "lisp.elf");

    public static string MisbehavePath => Repository.PathOf("images", "misbehave", "misbehave.elf");

    public static string Scripts => Repository.PathOf("images", "lisp", "scripts");

    public static ProgramSpec Lisp(string script) => new()
    {
        Path = LispPath,
        Arguments = [$"scripts/{script}"],
        Directories = [new DirectoryGrant(Scripts, "/scripts")],
    };

    public static ProgramSpec Misbehave(string deed) => new()
    {
        Path = MisbehavePath,
        Arguments = [deed],
        Limits = new ProgramLimits { Memory = 8.MiB(), Instructions = 20_000_000 },
    };

    /// <summary>One that never ends by itself.</summary>
    public static ProgramSpec Endless => new() { Path = MisbehavePath, Arguments = ["endless-loop"] };

    /// <summary>One that is made by the test.</summary>
    public static ProgramSpec Tiny(byte[] image) => new() { Image = ProgramImage.FromBytes("tiny", image) };
}
