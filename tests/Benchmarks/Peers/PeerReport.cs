using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace ObjectOS.Benchmarks.Peers;

/// <summary>Writes the measured rows as a table, as JSON and as a chart.</summary>
internal sealed partial class PeerReport(PeerOptions options, IReadOnlyList<Result> results)
{
    private readonly List<Goal> _goals = Goal.Of(results);

    /// <summary>The heading of the table of rows.</summary>
    public const string Heading = "| row | ours, CPU s | peer | peer, CPU s | ours ÷ peer | peak MiB |\n|---|---|---|---|---|---|";

    /// <summary>A row of the table.</summary>
    public static string Row(Result result) => result.Problem is { } problem
        ? $"| {result.Job.Name} | not measured: {problem} | | | | |"
        : string.Create(CultureInfo.InvariantCulture, $"| {result.Job.Name} | {result.Ours.Format("0.0000")} | {result.Job.PeerName} | {result.Peer.Format("0.0000")} | **{result.Ratio.Median:0.00}** ({result.Ratio.Lower:0.00}–{result.Ratio.Upper:0.00}) | {result.OurMemory.Median / 1024:0}/{result.PeerMemory.Median / 1024:0} |");

    /// <summary>The table of goals.</summary>
    public string Goals()
    {
        var text = new StringBuilder("| goal, worse quartile | reached | must | aim | |\n|---|---|---|---|---|\n");
        foreach (var goal in _goals)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {goal.Name} | {goal.Reached:0.00} | {goal.Must:0.00} | {goal.Aim:0.00} | {(goal.IsReached ? "reached" : "missed")} |\n");
        }

        return text.ToString();
    }

    public void Write()
    {
        Directory.CreateDirectory(options.Out);
        using (var file = File.Create(Path.Combine(options.Out, "engine.json")))
        using (var json = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true }))
        {
            WriteJson(json);
        }

        File.WriteAllText(Path.Combine(options.Out, "engine.svg"), PeerChart.Draw(results));
    }

    private void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("schema", 1);
        json.WriteString("benchmark", "engine");
        json.WriteNumber("pairs", options.Pairs);
        json.WriteString("processor", ProcessorName());
        json.WriteStartArray("rows");
        foreach (var result in results)
        {
            json.WriteStartObject();
            json.WriteString("group", result.Job.Group);
            json.WriteString("name", result.Job.Name);
            json.WriteString("peer", result.Job.PeerName);
            json.WriteString("problem", result.Problem);
            if (result.Problem is null)
            {
                WriteSeries(json, "ourSeconds", result.Ours);
                WriteSeries(json, "peerSeconds", result.Peer);
                WriteSeries(json, "ratio", result.Ratio);
                WriteSeries(json, "ourKibibytes", result.OurMemory);
                WriteSeries(json, "peerKibibytes", result.PeerMemory);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("goals");
        foreach (var goal in _goals)
        {
            json.WriteStartObject();
            json.WriteString("name", goal.Name);
            json.WriteNumber("reached", Math.Round(goal.Reached, 4));
            json.WriteNumber("must", goal.Must);
            json.WriteNumber("aim", goal.Aim);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteSeries(Utf8JsonWriter json, string name, Series series)
    {
        json.WriteStartObject(name);
        json.WriteNumber("median", Math.Round(series.Median, 5));
        json.WriteNumber("lower", Math.Round(series.Lower, 5));
        json.WriteNumber("upper", Math.Round(series.Upper, 5));
        json.WriteEndObject();
    }

    private static string ProcessorName() =>
        File.Exists("/proc/cpuinfo") && ModelName().Match(File.ReadAllText("/proc/cpuinfo")) is { Success: true } match ? match.Groups[1].Value : "unknown";

    [GeneratedRegex(@"model name\s*: (.*)")]
    private static partial Regex ModelName();
}
