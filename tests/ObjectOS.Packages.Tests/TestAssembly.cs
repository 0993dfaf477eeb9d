using System.Reflection;

// The scenarios measure times: no build runs next to them.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace ObjectOS.Tests.Packages;

/// <summary>How this assembly was built.</summary>
internal static class TestAssembly
{
    /// <summary>Release or Debug; the packages are made from the same.</summary>
    public static string Configuration => Value("Configuration");

    /// <summary>Where the machine keeps the packages that the build has restored.</summary>
    public static string PackageFolder => Value("NuGetPackageRoot");

    private static string Value(string key) =>
        typeof(TestAssembly).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
}
