using System.Globalization;
using System.Text;

namespace ObjectOS.Testing.Comparing;

/// <summary>Writes a comparison for a terminal.</summary>
public static class TextReport
{
    /// <summary>Returns the report, lines ended by LF.</summary>
    public static string Write(ComparisonReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"left:  {report.Left}\nright: {report.Right}\n");
        foreach (var outcome in report.Scenarios)
        {
            text.Append('\n');
            Add(text, outcome);
        }

        text.Append('\n').Append(Verdict(report)).Append('\n');
        return text.ToString();
    }

    /// <summary>The class in words.</summary>
    public static string InWords(DifferenceClass kind) => kind switch
    {
        DifferenceClass.NewFailure => "new failure",
        DifferenceClass.BothFail => "both fail",
        DifferenceClass.ControlFlow => "control flow",
        _ => kind.ToString().ToLowerInvariant(),
    };

    /// <summary>One line about the whole comparison.</summary>
    public static string Verdict(ComparisonReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        int differing = report.Scenarios.Count(outcome => outcome.Class is not (DifferenceClass.Same or DifferenceClass.Expected or DifferenceClass.Performance));
        string counts = string.Create(CultureInfo.InvariantCulture, $"{report.Scenarios.Count} scenario{(report.Scenarios.Count == 1 ? "" : "s")}, {differing} different");
        return report.Scenarios.FirstOrDefault(outcome => outcome.Problem is not null) is { } invalid ? $"invalid: {invalid.Problem}" : report.IsSame ? $"same: {counts}" : $"different: {counts}";
    }

    private static void Add(StringBuilder text, ScenarioOutcome outcome)
    {
        string seed = outcome.Seed is { } value ? string.Create(CultureInfo.InvariantCulture, $", seed {value}") : "";
        text.Append(CultureInfo.InvariantCulture, $"{outcome.Scenario}{seed}: {(outcome.Problem is null ? InWords(outcome.Class) : "invalid")}\n");
        if (outcome.Problem is { } problem)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {problem}\n");
        }

        if (outcome.RightRun is null)
        {
            return;
        }

        AddFigures(text, outcome);
        if (outcome.Divergence is { } divergence)
        {
            AddDivergence(text, divergence, outcome.DifferingLanes.Count);
        }
    }

    private static void AddFigures(StringBuilder text, ScenarioOutcome outcome)
    {
        var (left, right) = (outcome.LeftRun, outcome.RightRun!);
        AddEnds(text, "left", left);
        AddEnds(text, "right", right);
        (string Name, ulong Left, ulong Right)[] figures =
        [
            ("instructions", left.Instructions, right.Instructions), ("charged", left.Charged, right.Charged), ("peak memory", left.PeakMemory, right.PeakMemory), ("guest time, ns", left.Time, right.Time),
        ];
        foreach (var (name, a, b) in figures.Where(figure => figure.Left != figure.Right))
        {
            text.Append(CultureInfo.InvariantCulture, $"  {name}: {a} to {b} ({Change(a, b)})\n");
        }
    }

    /// <summary>What went wrong in a run: checks that failed, and faults that did not happen.</summary>
    internal static IEnumerable<string> Remarks(SideRun run) => [.. run.Failures.Select(failure => $"fails: {failure}"), .. run.UnreachedFaults.Select(fault => $"lacks a fault: {fault.Text}")];

    /// <summary>What stands above the variables that differ; null: none does.</summary>
    internal static string? MemoryHeading(Divergence divergence) => divergence.MemoryCount switch
    {
        0 => null,
        1 => "variables that differ then, 1 word",
        var count when count > divergence.Memory.Count => string.Create(CultureInfo.InvariantCulture, $"variables that differ then, the first {divergence.Memory.Count} of {count} words"),
        var count => string.Create(CultureInfo.InvariantCulture, $"variables that differ then, {count} words"),
    };

    private static string Change(ulong left, ulong right) => left == 0 ? "new" : string.Create(CultureInfo.InvariantCulture, $"{(((double)right / left) - 1) * 100:+0.0;-0.0;0.0} %");

    private static void AddEnds(StringBuilder text, string side, SideRun run)
    {
        text.Append(CultureInfo.InvariantCulture, $"  {side}: {run.End}, code {run.ExitCode}{(run.Message is null ? "" : $": {run.Message}")}\n");
        foreach (string remark in Remarks(run))
        {
            text.Append(CultureInfo.InvariantCulture, $"  {side} {remark}\n");
        }
    }

    private static void AddDivergence(StringBuilder text, Divergence divergence, int lanes)
    {
        text.Append(CultureInfo.InvariantCulture, $"  first difference: lane {divergence.Lane}, event {divergence.Ordinal} ({lanes} lanes differ)\n");
        AddEvent(text, "left", divergence.Left);
        AddEvent(text, "right", divergence.Right);
        text.Append("  before it, on the left:\n");
        foreach (var e in divergence.LeftBefore)
        {
            text.Append(CultureInfo.InvariantCulture, $"    {e.Lane}#{e.Ordinal} {e.Text}\n");
        }

        if (MemoryHeading(divergence) is { } heading)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {heading}:\n");
            foreach (var word in divergence.Memory)
            {
                text.Append(CultureInfo.InvariantCulture, $"    {word}\n");
            }
        }

        text.Append("  from it on:\n");
        foreach (var line in divergence.Aligned)
        {
            text.Append(CultureInfo.InvariantCulture, $"    {(line.Side switch { AlignedSide.Left => '-', AlignedSide.Right => '+', _ => ' ' })} {line.Text}\n");
        }
    }

    private static void AddEvent(StringBuilder text, string side, SideEvent? e)
    {
        if (e is null)
        {
            text.Append(CultureInfo.InvariantCulture, $"    {side}: the lane ends before it\n");
            return;
        }

        text.Append(CultureInfo.InvariantCulture, $"    {side}: {e.Text}{(e.Pc == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" at pc 0x{e.Pc:x}"))}, {e.Time} ns\n");
        foreach (string frame in e.Stack)
        {
            text.Append(CultureInfo.InvariantCulture, $"      in {frame}\n");
        }
    }
}
