using ObjectOS.Machine;

namespace ObjectOS.Tests;

/// <summary>The engine of tests that do not choose one: <c>OBJECTOS_ENGINE</c>, which OS objects follow by themselves, for the CPUs that tests make.</summary>
internal static class TestEngine
{
    /// <summary>The engine that <c>OBJECTOS_ENGINE</c> names; <see cref="Engine.Auto"/> if it is not set.</summary>
    public static Engine Default { get; } = Enum.Parse<Engine>(Environment.GetEnvironmentVariable("OBJECTOS_ENGINE") is { Length: > 0 } name ? name : "auto", ignoreCase: true);
}
