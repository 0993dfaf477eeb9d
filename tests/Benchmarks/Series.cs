using System.Globalization;

namespace ObjectOS.Benchmarks;

/// <summary>Measured values, with quartiles.</summary>
internal sealed class Series(IEnumerable<double> values)
{
    private readonly double[] _sorted = [.. values.Order()];

    public double Median => At(0.5);

    public double Lower => At(0.25);

    public double Upper => At(0.75);

    /// <summary>Runs two things in turn, so that a change of the machine's speed meets both.</summary>
    public static (Series A, Series B) Alternate(int runs, Func<double> a, Func<double> b)
    {
        var left = new List<double>();
        var right = new List<double>();
        for (int i = 0; i < runs; i++)
        {
            left.Add(a());
            right.Add(b());
        }

        return (new Series(left), new Series(right));
    }

    public string Format(string format = "0.000", string unit = "") =>
        string.Create(CultureInfo.InvariantCulture, $"{Median.ToString(format, CultureInfo.InvariantCulture)}{unit} ({Lower.ToString(format, CultureInfo.InvariantCulture)}–{Upper.ToString(format, CultureInfo.InvariantCulture)})");

    private double At(double quantile)
    {
        double place = quantile * (_sorted.Length - 1);
        int below = (int)place;
        int above = Math.Min(below + 1, _sorted.Length - 1);
        return _sorted[below] + ((_sorted[above] - _sorted[below]) * (place - below));
    }
}
