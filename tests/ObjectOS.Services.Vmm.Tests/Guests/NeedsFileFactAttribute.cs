namespace ObjectOS.Services.Vmm.Tests;

/// <summary>A fact that needs files of the host that a package installs; it is skipped where one of them is not there.</summary>
/// <remarks>With <c>OBJECTOS_REQUIRE_ALL=1</c> nothing is skipped, so that the test fails for lack of the file.</remarks>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NeedsFileFactAttribute : FactAttribute
{
    public NeedsFileFactAttribute(params string[] paths)
    {
        Paths = paths;
        if (Environment.GetEnvironmentVariable("OBJECTOS_REQUIRE_ALL") != "1" && Array.Find(paths, path => !File.Exists(path)) is { } missing)
        {
            Skip = $"needs {missing}";
        }
    }

    public IReadOnlyList<string> Paths { get; }
}
