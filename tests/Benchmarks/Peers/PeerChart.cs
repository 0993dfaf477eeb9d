using System.Globalization;
using System.Security;
using System.Text;

namespace ObjectOS.Benchmarks.Peers;

/// <summary>Draws the ratios as an SVG: a bar to the median and a line between the quartiles, on a scale of logarithms.</summary>
internal static class PeerChart
{
    private const int Left = 190, Width = 560, RowHeight = 20, Top = 46;

    /// <summary>The ends of the scale.</summary>
    private const double Least = 0.1, Most = 32;

    public static string Draw(IReadOnlyList<Result> results)
    {
        Result[] rows = [.. results.Where(result => result.Problem is null)];
        int height = Top + (rows.Length * RowHeight) + 24, total = Left + Width + 70;
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"""
            <svg xmlns="http://www.w3.org/2000/svg" width="{total}" height="{height}" viewBox="0 0 {total} {height}" font-family="sans-serif" font-size="12">
            <rect width="100%" height="100%" fill="white"/>
            <text x="{Left}" y="18" font-size="14">CPU time divided by the peer's; less is better</text>

            """);
        foreach (double mark in (double[])[0.1, 0.2, 0.5, 1, 2, 5, 10, 20])
        {
            double x = X(mark);
            svg.Append(CultureInfo.InvariantCulture, $"""
                <line x1="{x:0.0}" y1="{Top - 6}" x2="{x:0.0}" y2="{height - 20}" stroke="{(mark == 1 ? "#222" : "#ddd")}"/><text x="{x:0.0}" y="{Top - 10}" text-anchor="middle">{mark}</text>

                """);
        }

        for (int i = 0; i < rows.Length; i++)
        {
            AppendRow(svg, rows[i], Top + (i * RowHeight));
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static void AppendRow(StringBuilder svg, Result result, int top)
    {
        var ratio = result.Ratio;
        double one = X(1), median = X(ratio.Median);
        svg.Append(CultureInfo.InvariantCulture, $"""
            <text x="{Left - 8}" y="{top + 14}" text-anchor="end">{SecurityElement.Escape(result.Job.Name)}</text><rect x="{Math.Min(one, median):0.0}" y="{top + 4}" width="{Math.Abs(median - one):0.0}" height="12" fill="{(ratio.Upper <= 1 ? "#3a7d44" : "#b5543c")}"/><line x1="{X(ratio.Lower):0.0}" y1="{top + 10}" x2="{X(ratio.Upper):0.0}" y2="{top + 10}" stroke="black" stroke-width="2"/><text x="{Math.Max(Math.Max(one, median), X(ratio.Upper)) + 6:0.0}" y="{top + 14}">{ratio.Median:0.00}</text>

            """);
    }

    private static double X(double ratio) => Left + (Width * Math.Log(Math.Clamp(ratio, Least, Most) / Least) / Math.Log(Most / Least));
}
