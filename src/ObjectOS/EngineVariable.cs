using ObjectOS.Machine;

namespace ObjectOS;

/// <summary>The engine that the environment of the process names, for OS objects whose options name none.</summary>
internal static class EngineVariable
{
    /// <summary>The variable: <c>auto</c>, <c>interpreter</c> or <c>translator</c>; not set or empty is <c>auto</c>.</summary>
    public const string Name = "OBJECTOS_ENGINE";

    /// <summary>The engine that it names; <see cref="Engine.Auto"/> if it names none.</summary>
    public static Engine Engine => TryParse(Environment.GetEnvironmentVariable(Name), out var engine) ? engine : Engine.Auto;

    /// <summary>Says what is wrong with the variable; null if nothing is.</summary>
    public static string? Problem => TryParse(Environment.GetEnvironmentVariable(Name), out _)
        ? null
        : $"{Name} is \"{Environment.GetEnvironmentVariable(Name)}\"; auto, interpreter or translator is wanted.";

    private static bool TryParse(string? text, out Engine engine)
    {
        (engine, bool isKnown) = text switch
        {
            null or "" or "auto" => (Engine.Auto, true),
            "interpreter" => (Engine.Interpreter, true),
            "translator" => (Engine.Translator, true),
            _ => (Engine.Auto, false),
        };
        return isKnown;
    }
}
