using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using ObjectOS.Versions;
using Xunit.Sdk;

namespace ObjectOS.Testing.Xunit;

/// <summary>
/// Runs a theory once for each version, as an <see cref="OsVersion"/>: <c>current</c>, <c>kernel:PATH</c>, <c>services:PATH</c>, <c>boot:FILE</c> or <c>program:FILE</c>. The
/// builds stay loaded until the end of the test run.
/// </summary>
/// <param name="specs">The names of the versions; paths are relative to the current folder.</param>
/// <example>
/// <code>
/// [Theory]
/// [Versions("current", "kernel:../../builds/next")]
/// public async Task Kernel_RunsTheProgram(OsVersion version) { await using var os = ObjectOs.Boot(Options(version)); … }
/// </code>
/// </example>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
[RequiresUnreferencedCode("Versions load assemblies.")]
[RequiresDynamicCode("Versions load assemblies.")]
public sealed class VersionsAttribute(params string[] specs) : DataAttribute
{
    /// <summary>The names of the versions.</summary>
    public IReadOnlyList<string> Specs => specs;

    /// <inheritdoc/>
    /// <exception cref="VersionException">A version cannot be had; the message is one sentence.</exception>
    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => specs.Select(text =>
        VersionSpec.TryParse(text, out var spec, out string problem) ? new object[] { VersionLoader.Load(spec!) } : throw new VersionException(problem));
}
