using System.Text.Json;
using System.Text.Json.Serialization;

namespace ObjectOS.Testing.Comparing;

/// <summary>Writes a comparison as JSON, schema 1; reads and writes requests and runs for other processes.</summary>
public static class JsonReport
{
    /// <summary>Returns the report without the marks of lanes.</summary>
    public static string Write(ComparisonReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return JsonSerializer.Serialize(
            new JsonComparison(1, "compare", report.Left, report.Right, report.ExitCode, TextReport.Verdict(report), [.. report.Scenarios.Select(WithoutMarks)]), ComparingJson.Default.JsonComparison);
    }

    /// <summary>Writes a request.</summary>
    public static string Write(SideRequest request) => JsonSerializer.Serialize(request, ComparingJson.Default.SideRequest);

    /// <summary>Reads a request.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static SideRequest ReadRequest(string text) => JsonSerializer.Deserialize(text, ComparingJson.Default.SideRequest) ?? throw new JsonException("The text is no request.");

    /// <summary>Writes a run.</summary>
    public static string Write(SideRun run) => JsonSerializer.Serialize(run, ComparingJson.Default.SideRun);

    /// <summary>Reads a run.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static SideRun ReadRun(string text) => JsonSerializer.Deserialize(text, ComparingJson.Default.SideRun) ?? throw new JsonException("The text is no run.");

    /// <summary>Writes a scenario.</summary>
    public static string Write(Scenario scenario) => JsonSerializer.Serialize(scenario, ComparingJson.Default.Scenario);

    /// <summary>Reads a scenario.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static Scenario ReadScenario(string text) => JsonSerializer.Deserialize(text, ComparingJson.Default.Scenario) ?? throw new JsonException("The text is no scenario.");

    private static ScenarioOutcome WithoutMarks(ScenarioOutcome outcome) => outcome with
    {
        LeftRun = WithoutMarks(outcome.LeftRun), RightRun = outcome.RightRun is { } right ? WithoutMarks(right) : null,
    };

    private static SideRun WithoutMarks(SideRun run) => run with { Lanes = [.. run.Lanes.Select(lane => lane with { Marks = [] })] };
}

/// <summary>The report as JSON has it.</summary>
internal sealed record JsonComparison(int Schema, string Command, string Left, string Right, int Exit, string Verdict, IReadOnlyList<ScenarioOutcome> Scenarios);

/// <summary>The types that are written as JSON; made by a generator, so that nothing needs reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(JsonComparison))]
[JsonSerializable(typeof(SideRequest))]
[JsonSerializable(typeof(SideRun))]
[JsonSerializable(typeof(Scenario))]
internal sealed partial class ComparingJson : JsonSerializerContext;
