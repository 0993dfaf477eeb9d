namespace ObjectOS.Tests;

/// <summary>A fact that needs programs from outside: skipped where one is not on PATH, unless <c>OBJECTOS_REQUIRE_ALL=1</c>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NeedsFactAttribute : FactAttribute
{
    public NeedsFactAttribute(params string[] programs)
    {
        Programs = programs;
        string[] missing = [.. programs.Where(program => !IsOnPath(program))];
        if (missing.Length > 0 && Environment.GetEnvironmentVariable("OBJECTOS_REQUIRE_ALL") != "1")
        {
            Skip = $"not on PATH: {string.Join(", ", missing)}";
        }
    }

    public IReadOnlyList<string> Programs { get; }

    private static bool IsOnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Any(directory => File.Exists(Path.Combine(directory, program)));
}
