using System.Globalization;
using System.Net;
using System.Text;

namespace ObjectOS.Testing.Comparing;

/// <summary>Writes a comparison as one self-contained page of HTML: verdict, figures, timeline of both sides, plots, and the first difference with what led to it.</summary>
public static class HtmlReport
{
    private const string Style = """
        :root { --left: #1d6fb8; --right: #c2571a; --line: #d5d9de; --dim: #5b6570; color-scheme: light; }
        body { font: 15px/1.5 system-ui, sans-serif; color: #1b1f24; background: #fff; max-width: 1080px; margin: 2rem auto; padding: 0 1rem; }
        h1 { font-size: 1.5rem; margin-bottom: .2rem; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .4rem; border-top: 1px solid var(--line); padding-top: 1.2rem; } h3 { font-size: 1rem; margin: 1.2rem 0 .3rem; }
        table { border-collapse: collapse; } td, th { text-align: left; padding: .2rem .9rem .2rem 0; vertical-align: top; } th { color: var(--dim); font-weight: 600; }
        td.n { text-align: right; font-variant-numeric: tabular-nums; }
        code, pre { font: 13px/1.5 ui-monospace, monospace; } pre { background: #f6f8fa; padding: .7rem .9rem; overflow-x: auto; border-radius: 6px; margin: .3rem 0; }
        .tag { display: inline-block; padding: 0 .55rem; border-radius: 999px; font-size: .85rem; background: #e7ebef; } .tag.bad { background: #fbe3dc; color: #8c2f0b; } .tag.good { background: #ddf3e4; color: #13602f; }
        .left { color: var(--left); } .right { color: var(--right); } .minus { color: var(--left); } .plus { color: var(--right); } .dim { color: var(--dim); }
        svg { display: block; max-width: 100%; height: auto; } svg text { font: 11px system-ui, sans-serif; fill: #5b6570; }
        """;

    /// <summary>Returns the page.</summary>
    public static string Write(ComparisonReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var page = new StringBuilder();
        page.Append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
        page.Append(CultureInfo.InvariantCulture, $"<title>{E(report.Left)} and {E(report.Right)}</title><style>{Style}</style></head><body>\n");
        page.Append(CultureInfo.InvariantCulture, $"<h1>Comparison: {E(TextReport.Verdict(report))}</h1>\n");
        page.Append(CultureInfo.InvariantCulture, $"<p><span class=\"left\">left</span> <code>{E(report.Left)}</code><br><span class=\"right\">right</span> <code>{E(report.Right)}</code></p>\n");
        page.Append("<table><tr><th>scenario</th><th>seed</th><th>result</th><th>first difference</th></tr>\n");
        for (int i = 0; i < report.Scenarios.Count; i++)
        {
            var outcome = report.Scenarios[i];
            string place = outcome.Divergence is { } divergence ? string.Create(CultureInfo.InvariantCulture, $"{divergence.Lane}, event {divergence.Ordinal}") : "";
            page.Append(CultureInfo.InvariantCulture, $"<tr><td><a href=\"#s{i}\">{E(outcome.Scenario)}</a></td><td>{outcome.Seed}</td><td>{Tag(outcome)}</td><td>{E(place)}</td></tr>\n");
        }

        page.Append("</table>\n");
        for (int i = 0; i < report.Scenarios.Count; i++)
        {
            Add(page, report.Scenarios[i], i);
        }

        return page.Append("</body></html>\n").ToString();
    }

    private static string E(string text) => WebUtility.HtmlEncode(text);

    private static string Tag(ScenarioOutcome outcome)
    {
        bool isGood = outcome.Problem is null && outcome.Class is DifferenceClass.Same or DifferenceClass.Expected or DifferenceClass.Performance;
        return $"<span class=\"tag {(isGood ? "good" : "bad")}\">{E(outcome.Problem is null ? TextReport.InWords(outcome.Class) : "invalid")}</span>";
    }

    private static void Add(StringBuilder page, ScenarioOutcome outcome, int number)
    {
        page.Append(CultureInfo.InvariantCulture, $"<h2 id=\"s{number}\">{E(outcome.Scenario)}{(outcome.Seed is { } seed ? string.Create(CultureInfo.InvariantCulture, $", seed {seed}") : "")} {Tag(outcome)}</h2>\n");
        if (outcome.Problem is { } problem)
        {
            page.Append(CultureInfo.InvariantCulture, $"<p>{E(problem)}</p>\n");
        }

        if (outcome.RightRun is null)
        {
            return;
        }

        var (left, right) = (outcome.LeftRun, outcome.RightRun!);
        AddFigures(page, left, right);
        page.Append("<h3>Timeline</h3>\n").Append(HtmlPlots.Timeline(left, right, outcome.Divergence));
        page.Append("<h3>Instructions retired over guest time</h3>\n").Append(HtmlPlots.Plot(left, right, mark => mark.Retired, "instructions"));
        page.Append("<h3>Memory over guest time</h3>\n").Append(HtmlPlots.Plot(left, right, mark => mark.Pages * 4, "KiB"));
        if (outcome.Divergence is { } divergence)
        {
            AddDivergence(page, divergence);
        }

        AddOutput(page, "left", left);
        AddOutput(page, "right", right);
    }

    private static void AddFigures(StringBuilder page, SideRun left, SideRun right)
    {
        page.Append("<table><tr><th></th><th class=\"left\">left</th><th class=\"right\">right</th></tr>\n");
        Row("end", $"{left.End}, code {left.ExitCode}", $"{right.End}, code {right.ExitCode}");
        Row("instructions", N(left.Instructions), N(right.Instructions));
        Row("charged", N(left.Charged), N(right.Charged));
        Row("peak memory, bytes", N(left.PeakMemory), N(right.PeakMemory));
        Row("guest time, ns", N(left.Time), N(right.Time));
        Row("events", N((ulong)left.Lanes.Sum(lane => lane.Count)), N((ulong)right.Lanes.Sum(lane => lane.Count)));
        page.Append("</table>\n");
        foreach (var (side, run) in ((string, SideRun)[])[("left", left), ("right", right)])
        {
            foreach (string remark in TextReport.Remarks(run))
            {
                page.Append(CultureInfo.InvariantCulture, $"<p><span class=\"{side}\">{side}</span> {E(remark)}</p>\n");
            }
        }

        void Row(string name, string a, string b) => page.Append(CultureInfo.InvariantCulture, $"<tr><td class=\"dim\">{name}</td><td class=\"n\">{E(a)}</td><td class=\"n\">{E(b)}</td></tr>\n");
    }

    private static string N(ulong value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static void AddDivergence(StringBuilder page, Divergence divergence)
    {
        page.Append(CultureInfo.InvariantCulture, $"<h3>First difference: {E(divergence.Lane)}, event {divergence.Ordinal}</h3>\n");
        AddEvent("left", divergence.Left);
        AddEvent("right", divergence.Right);
        page.Append("<h3>Before it, on the left</h3>\n<pre>");
        foreach (var e in divergence.LeftBefore)
        {
            page.Append(CultureInfo.InvariantCulture, $"<span class=\"dim\">{E(e.Lane)}#{e.Ordinal}</span> {E(e.Text)}\n");
        }

        page.Append("</pre>\n");
        AddMemory(page, divergence);
        page.Append("<h3>From it on</h3>\n<pre>");
        foreach (var line in divergence.Aligned)
        {
            string text = E(line.Text);
            page.Append(line.Side switch
            {
                AlignedSide.Left => $"<span class=\"minus\">- {text}</span>\n",
                AlignedSide.Right => $"<span class=\"plus\">+ {text}</span>\n",
                _ => $"  {text}\n",
            });
        }

        page.Append("</pre>\n");

        void AddEvent(string side, SideEvent? e)
        {
            string text = e is null ? "the lane ends before it" : E(e.Text) + (e.Pc == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"\n  pc 0x{e.Pc:x}, {e.Time} ns"))
                + string.Concat(e.Stack.Select(frame => $"\n  in {E(frame)}"));
            page.Append(CultureInfo.InvariantCulture, $"<pre><span class=\"{side}\">{side}</span>  {text}</pre>\n");
        }
    }

    private static void AddMemory(StringBuilder page, Divergence divergence)
    {
        if (TextReport.MemoryHeading(divergence) is not { } heading)
        {
            return;
        }

        page.Append(CultureInfo.InvariantCulture, $"<h3>V{E(heading[1..])}</h3>\n<table><tr><th>variable</th><th class=\"left\">left</th><th class=\"right\">right</th><th>address</th></tr>\n");
        foreach (var word in divergence.Memory)
        {
            string address = string.Create(CultureInfo.InvariantCulture, $"0x{word.LeftAddress ?? word.RightAddress:x}");
            page.Append(CultureInfo.InvariantCulture, $"<tr><td><code>{E(word.Place)}</code></td><td><code>{E(word.Left ?? "not there")}</code></td><td><code>{E(word.Right ?? "not there")}</code></td><td class=\"dim\"><code>{address}</code></td></tr>\n");
        }

        page.Append("</table>\n");
    }

    private static void AddOutput(StringBuilder page, string side, SideRun run)
    {
        const int MostShown = 20_000;
        string shown = run.Output.Length > MostShown ? string.Concat(run.Output.AsSpan(0, MostShown), "…") : run.Output;
        page.Append(CultureInfo.InvariantCulture, $"<details><summary>output, <span class=\"{side}\">{side}</span></summary><pre>{E(shown)}</pre></details>\n");
    }
}
