using System.Globalization;

namespace ObjectOS.Tests;

/// <summary>Time-outs of tests, multiplied by <c>OBJECTOS_TEST_TIMEOUT_SCALE</c> (default 1) for machines that are slow or busy.</summary>
internal static class TestTime
{
    /// <summary>What time-outs are multiplied by.</summary>
    public static double Scale { get; } =
        double.Parse(Environment.GetEnvironmentVariable("OBJECTOS_TEST_TIMEOUT_SCALE") ?? "1", CultureInfo.InvariantCulture);

    /// <summary>So many seconds, scaled.</summary>
    public static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds * Scale);
}
