namespace ObjectOS.Tests;

/// <summary>A fact that needs programs from outside; it is skipped where one of them is not on the PATH.</summary>
/// <remarks>With <c>OBJECTOS_REQUIRE_ALL=1</c> nothing is skipped, so that the test fails for lack of the program.</remarks>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NeedsFactAttribute : FactAttribute
{
    public NeedsFactAttribute(params string[] programs)
    {
        Programs = programs;
        Skip = NeededPrograms.WhyToSkip(programs);
    }

    public IReadOnlyList<string> Programs { get; }
}

/// <summary>A theory that needs programs from outside, as <see cref="NeedsFactAttribute"/> does.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NeedsTheoryAttribute : TheoryAttribute
{
    public NeedsTheoryAttribute(params string[] programs)
    {
        Programs = programs;
        Skip = NeededPrograms.WhyToSkip(programs);
    }

    public IReadOnlyList<string> Programs { get; }
}

/// <summary>Programs from outside that tests need.</summary>
internal static class NeededPrograms
{
    /// <summary>A sentence if one of them is not on the PATH and may be missing; else null.</summary>
    public static string? WhyToSkip(string[] programs)
    {
        string? missing = Environment.GetEnvironmentVariable("OBJECTOS_REQUIRE_ALL") == "1" ? null : Array.Find(programs, program => !IsOnPath(program));
        return missing is null ? null : $"needs {missing} on the PATH";
    }

    private static bool IsOnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Any(directory => File.Exists(Path.Combine(directory, program)));
}
