using ObjectOS.Machine;

namespace ObjectOS.Tests;

/// <summary>What executes guests of tests that do not say it: <c>OBJECTOS_TEST_ENGINE</c>, auto unless set.</summary>
internal static class TestEngine
{
    public static Engine Default => Enum.Parse<Engine>(Environment.GetEnvironmentVariable("OBJECTOS_TEST_ENGINE") ?? "auto", ignoreCase: true);
}
