using System.Runtime.CompilerServices;
using ObjectOS.Versions;
using Xunit.Abstractions;

namespace ObjectOS.Testing.Xunit;

/// <summary>Runs tests so that a failure leaves console, trace and recording behind.</summary>
public static class RecordedTestExtensions
{
    /// <summary>Runs a test on an OS object that is recorded; a failure says in the test's output what it left behind and which command replays it.</summary>
    /// <param name="output">The test's output.</param>
    /// <param name="test">The test.</param>
    /// <param name="version">The version that the OS object runs; null: this build.</param>
    /// <param name="configure">Sets further options; null: none.</param>
    /// <param name="name">The test's name; the caller's unless given.</param>
    /// <remarks>Exceptions: those of the test, and those of <see cref="RecordedTest.RunAsync"/>.</remarks>
    /// <example>
    /// <code>
    /// [Theory]
    /// [Versions("current", "kernel:../../builds/next")]
    /// public Task Kernel_RunsTheProgram(OsVersion version) => output.RunRecordedAsync(async os => (await os.RunAsync("app.elf")).ShouldHaveExited(0), version);
    /// </code>
    /// </example>
    public static Task RunRecordedAsync(
        this ITestOutputHelper output, Func<ObjectOs, Task> test, OsVersion? version = null, Action<ObjectOsOptions>? configure = null, [CallerMemberName] string name = "")
    {
        ArgumentNullException.ThrowIfNull(output);
        return RecordedTest.RunAsync(
            version is null ? name : $"{name}-{version.Spec}",
            test,
            options =>
            {
                version?.Apply(options);
                configure?.Invoke(options);
            },
            output.WriteLine);
    }
}
