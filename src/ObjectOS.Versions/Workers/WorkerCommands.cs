using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json.Nodes;
using ObjectOS.Testing.Comparing;

namespace ObjectOS.Versions;

/// <summary>The commands that every worker has: <c>describe</c>, <c>run</c> and <c>side</c>.</summary>
public static class WorkerCommands
{
    /// <summary>Returns the commands, to which a worker adds its own.</summary>
    [RequiresUnreferencedCode(VersionLoader.NeedsCompiler)]
    [RequiresDynamicCode(VersionLoader.NeedsCompiler)]
    public static Dictionary<string, WorkerCommand> Create() => new(StringComparer.Ordinal)
    {
        ["describe"] = static (arguments, _, _) =>
        {
            using var version = Load(arguments);
            return Task.FromResult(Describe(version));
        },
        ["run"] = RunAsync,
        [WorkerVersion.Command] = RunSideAsync,
    };

    /// <summary>Loads the version that the argument <c>spec</c> names.</summary>
    /// <exception cref="VersionException">It is none, or cannot be had.</exception>
    [RequiresUnreferencedCode(VersionLoader.NeedsCompiler)]
    [RequiresDynamicCode(VersionLoader.NeedsCompiler)]
    public static OsVersion Load(JsonObject arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        string text = Text(arguments, "spec") ?? "";
        return !VersionSpec.TryParse(text, out var spec, out string problem) ? throw new VersionException(problem)
            : spec!.Kind == VersionKind.Left
                ? throw new VersionException("\"left\" stands for the version of the left side; that one is wanted")
            : VersionLoader.Load(spec);
    }

    private static JsonObject Describe(OsVersion version) => new()
    {
        ["spec"] = version.Spec.ToString(),
        ["description"] = version.Description,
        ["kernel"] = version.Kernel?.Description.Version,
        ["linux"] = version.Linux?.Description.Version,
        ["vmm"] = version.Vmm?.Description.Version,
    };

    /// <summary>
    /// Runs one program, deterministically, to its end. Arguments: <c>spec</c>, <c>program</c> (unless the version has one),
    /// <c>arguments</c>, <c>budget</c>. Result: the end, the figures that depend on nothing but the version, and the output in base64.
    /// </summary>
    [RequiresUnreferencedCode(VersionLoader.NeedsCompiler)]
    [RequiresDynamicCode(VersionLoader.NeedsCompiler)]
    private static async Task<JsonObject> RunAsync(JsonObject arguments, IProgress<JsonObject> events, CancellationToken cancellationToken)
    {
        using var version = Load(arguments);
        var options = new ObjectOsOptions { Inputs = Inputs.Deterministic };
        version.Apply(options);
        string program = version.Program ?? Text(arguments, "program") ?? throw new VersionException("run: no program is named");
        using var input = version.Input is { } file ? OpenInput(file) : null;
        var spec = new ProgramSpec
        {
            Path = program,
            Arguments = [.. (arguments["arguments"] as JsonArray ?? []).Select(argument => argument!.GetValue<string>())],
            StandardInput = input,
            ReportsState = true,
            Limits = new ProgramLimits { Instructions = Budget(arguments) },
        };
        try
        {
            await using var os = ObjectOs.Boot(options);
            var result = await os.RunAsync(spec, cancellationToken).ConfigureAwait(false);
            return new JsonObject
            {
                ["end"] = result.End.ToString(),
                ["code"] = result.ExitCode,
                ["message"] = result.Message,
                ["instructions"] = result.Instructions,
                ["charged"] = result.Charged,
                ["stateHash"] = result.StateHash,
                ["output"] = Convert.ToBase64String(result.OutputBytes.Span),
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            string message = e is ArgumentException { ParamName: { } name } ? e.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal) : e.Message;
            throw new VersionException(message.TrimEnd('.'), e);
        }
    }

    /// <summary>Puts a version through a scenario. Arguments: <c>spec</c>, <c>scenario</c> and <c>request</c> as JSON. Result: <c>run</c>, as JSON.</summary>
    [RequiresUnreferencedCode(VersionLoader.NeedsCompiler)]
    [RequiresDynamicCode(VersionLoader.NeedsCompiler)]
    private static async Task<JsonObject> RunSideAsync(JsonObject arguments, IProgress<JsonObject> events, CancellationToken cancellationToken)
    {
        using var version = Load(arguments);
        try
        {
            var run = await version.AsCompared().RunAsync(
                JsonReport.ReadScenario(Text(arguments, "scenario") ?? ""), JsonReport.ReadRequest(Text(arguments, "request") ?? ""), cancellationToken).ConfigureAwait(false);
            return new JsonObject { ["run"] = JsonReport.Write(run) };
        }
        catch (ScenarioException e)
        {
            throw new VersionException(e.Message, e);
        }
    }

    private static FileStream OpenInput(string path)
    {
        try
        {
            return File.OpenRead(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VersionException($"{path}: {HostFileProblem.Of(e)}", e);
        }
    }

    private static ulong? Budget(JsonObject arguments) => Text(arguments, "budget") is not { } text ? null
        : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong budget) && budget > 0 ? budget
        : throw new VersionException($"run: the budget is \"{text}\"; a whole number, 1 or more, is wanted");

    private static string? Text(JsonObject arguments, string name) => arguments[name] is JsonValue value ? value.ToString() : null;
}
