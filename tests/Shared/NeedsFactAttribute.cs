namespace ObjectOS.Tests;

/// <summary>A fact that needs programs from outside; it is skipped where one of them is not on the PATH.</summary>
/// <remarks>With <c>OBJECTOS_REQUIRE_ALL=1</c> nothing is skipped, so that the test fails for lack of the program.</remarks>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NeedsFactAttribute : FactAttribute
{
    public NeedsFactAttribute(params string[] programs)
    {
        Programs = programs;
        if (Environment.GetEnvironmentVariable("OBJECTOS_REQUIRE_ALL") == "1")
            return;
        string? missing = Array.Find(programs, program => !IsOnPath(program));
        if (missing is not null)
            Skip = $"needs {missing} on the PATH";
    }

    public IReadOnlyList<string> Programs { get; }

    private static bool IsOnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Any(directory => File.Exists(Path.Combine(directory, program)));
}
