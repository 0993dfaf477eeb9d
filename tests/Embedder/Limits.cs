using System.Globalization;

namespace Embedder;

/// <summary>Time-outs, multiplied by <c>OBJECTOS_TEST_TIMEOUT_SCALE</c>.</summary>
internal static class Limits
{
    private static readonly double Scale =
        double.Parse(Environment.GetEnvironmentVariable("OBJECTOS_TEST_TIMEOUT_SCALE") ?? "1", CultureInfo.InvariantCulture);

    /// <summary>How long anything that must end may take.</summary>
    public static TimeSpan Soon => Seconds(30);

    /// <summary>So many seconds, scaled.</summary>
    public static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds * Scale);
}
