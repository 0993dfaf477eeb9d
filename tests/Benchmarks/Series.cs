using System.Globalization;

namespace ObjectOS.Benchmarks;

/// <summary>Measured values, with quartiles.</summary>
internal sealed class Series(IEnumerable<double> values)
{
    private readonly double[] _values = [.. values];

    public double Median => At(0.5);

    public double Lower => At(0.25);

    public double Upper => At(0.75);

    /// <summary>Runs two things in turn, each first in every other turn: neither a machine that changes its speed nor what one run leaves to the next favours one of them.</summary>
    public static (Series A, Series B) Alternate(int runs, Func<double> a, Func<double> b)
    {
        var left = new List<double>();
        var right = new List<double>();
        for (int i = 0; i < runs; i++)
        {
            if (i % 2 == 0)
            {
                left.Add(a());
                right.Add(b());
            }
            else
            {
                right.Add(b());
                left.Add(a());
            }
        }

        return (new Series(left), new Series(right));
    }

    /// <summary>Each value over its partner of the same turn: what slows the machine down for a while meets both, and goes out of the ratio.</summary>
    public Series Over(Series other) => new(_values.Zip(other._values, (a, b) => a / b));

    public string Format(string format = "0.000", string unit = "") =>
        string.Create(CultureInfo.InvariantCulture, $"{Median.ToString(format, CultureInfo.InvariantCulture)}{unit} ({Lower.ToString(format, CultureInfo.InvariantCulture)}–{Upper.ToString(format, CultureInfo.InvariantCulture)})");

    private double At(double quantile)
    {
        double[] sorted = [.. _values.Order()];
        double place = quantile * (sorted.Length - 1);
        int below = (int)place;
        int above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((sorted[above] - sorted[below]) * (place - below));
    }
}
