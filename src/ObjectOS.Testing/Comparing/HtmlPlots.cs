using System.Globalization;
using System.Net;
using System.Text;
using ObjectOS.Events;

namespace ObjectOS.Testing.Comparing;

/// <summary>Draws the plots of <see cref="HtmlReport"/> as SVG.</summary>
internal static class HtmlPlots
{
    private const int Width = 1000, PlotHeight = 180, Margin = 90, RowHeight = 18, MostLanes = 24, MostPoints = 600;

    /// <summary>Draws each lane of both sides from its first to its last event, with a line where they differ first.</summary>
    public static string Timeline(SideRun left, SideRun right, Divergence? divergence)
    {
        string[] names = [.. left.Lanes.Concat(right.Lanes).GroupBy(lane => lane.Name).OrderByDescending(group => group.Sum(lane => lane.Count)).Take(MostLanes).Select(group => group.Key).Order(StringComparer.Ordinal)];
        double end = Math.Max(1, Math.Max(left.Time, right.Time));
        int height = (names.Length * RowHeight * 2) + 24;
        var svg = Begin(height);
        for (int i = 0; i < names.Length; i++)
        {
            int y = 4 + (i * RowHeight * 2);
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"0\" y=\"{y + RowHeight}\">{WebUtility.HtmlEncode(names[i])}</text>");
            Bar(svg, left, names[i], y, "var(--left)", end);
            Bar(svg, right, names[i], y + RowHeight - 3, "var(--right)", end);
        }

        if ((divergence?.Left ?? divergence?.Right) is { } first)
        {
            double x = X(first.Time, end);
            svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{x:0.0}\" x2=\"{x:0.0}\" y1=\"0\" y2=\"{height - 18}\" stroke=\"#b00020\" stroke-dasharray=\"3 3\"/><text x=\"{Math.Min(x, Width - 100):0.0}\" y=\"{height - 6}\">first difference</text>");
        }

        return svg.Append("</svg>\n").ToString();
    }

    /// <summary>Draws the sum of a figure over all threads.</summary>
    public static string Plot(SideRun left, SideRun right, Func<LaneMark, ulong> figure, string unit)
    {
        var lines = new[] { Sums(left, figure), Sums(right, figure) };
        double end = Math.Max(1, Math.Max(left.Time, right.Time));
        double most = Math.Max(1, lines.SelectMany(line => line).Select(point => (double)point.Value).DefaultIfEmpty().Max());
        var svg = Begin(PlotHeight + 24);
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"0\" y=\"12\">{most.ToString("N0", CultureInfo.InvariantCulture)}</text><text x=\"0\" y=\"26\">{unit}</text><text x=\"{Width - 130}\" y=\"{PlotHeight + 20}\">{(end / 1e6).ToString("N3", CultureInfo.InvariantCulture)} ms</text>");
        svg.Append(CultureInfo.InvariantCulture, $"<polyline fill=\"none\" stroke=\"var(--line)\" points=\"{Margin},0 {Margin},{PlotHeight} {Width},{PlotHeight}\"/>");
        for (int i = 0; i < lines.Length; i++)
        {
            string points = string.Join(' ', Thin(lines[i]).Select(point => string.Create(CultureInfo.InvariantCulture, $"{X(point.Time, end):0.0},{PlotHeight - (point.Value / most * (PlotHeight - 4)):0.0}")));
            svg.Append(CultureInfo.InvariantCulture, $"<polyline fill=\"none\" stroke-width=\"{(i == 0 ? 3 : 1.5)}\" stroke=\"var(--{(i == 0 ? "left" : "right")})\" points=\"{points}\"/>");
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static StringBuilder Begin(int height) =>
        new(string.Create(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {Width} {height}\" width=\"{Width}\" height=\"{height}\" role=\"img\" xmlns=\"http://www.w3.org/2000/svg\">"));

    private static double X(ulong time, double end) => Margin + (time / end * (Width - Margin));

    private static void Bar(StringBuilder svg, SideRun run, string name, int y, string colour, double end)
    {
        if (run.Lanes.FirstOrDefault(lane => lane.Name == name) is not { } lane)
        {
            return;
        }

        double from = X(lane.FirstTime, end), to = X(lane.LastTime, end);
        svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{from:0.0}\" y=\"{y}\" width=\"{Math.Max(2, to - from):0.0}\" height=\"10\" rx=\"2\" fill=\"{colour}\"><title>{lane.Count} events</title></rect>");
    }

    /// <summary>The sum over lanes at each mark: a lane keeps its last value between its marks.</summary>
    private static List<(ulong Time, ulong Value)> Sums(SideRun run, Func<LaneMark, ulong> figure)
    {
        var last = new Dictionary<string, ulong>();
        ulong sum = 0;
        var points = new List<(ulong, ulong)>();
        foreach (var (lane, mark) in run.Lanes.Where(lane => lane.Retired > 0).SelectMany(lane => lane.Marks.Append(Last(lane)).Select(mark => (lane.Name, mark))).OrderBy(entry => entry.mark.Time))
        {
            ulong value = figure(mark);
            sum += value - last.GetValueOrDefault(lane);
            last[lane] = value;
            points.Add((mark.Time, sum));
        }

        return points;
    }

    /// <summary>How a lane ends; its pages are those of its last mark.</summary>
    private static LaneMark Last(SideLane lane) => new(lane.Digest, lane.LastTime, lane.Retired, lane.Marks.Count > 0 ? lane.Marks[^1].Pages : 0);

    private static IEnumerable<(ulong Time, ulong Value)> Thin(List<(ulong Time, ulong Value)> points)
    {
        int step = Math.Max(1, points.Count / MostPoints);
        return points.Where((_, i) => i % step == 0 || i == points.Count - 1);
    }
}
