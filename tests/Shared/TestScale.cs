using System.Globalization;

namespace ObjectOS.Tests;

/// <summary>How much random testing is done: counts are multiplied by <c>OBJECTOS_TEST_SCALE</c>, 1 unless set.</summary>
internal static class TestScale
{
    public static int Of(int count) =>
        (int)(count * double.Parse(Environment.GetEnvironmentVariable("OBJECTOS_TEST_SCALE") ?? "1", CultureInfo.InvariantCulture));
}
