using System.Globalization;

namespace ObjectOS.Versions;

/// <summary>What one change of a version is about.</summary>
public enum ChangeKind
{
    /// <summary>Another seed (<c>+seed:N</c>).</summary>
    Seed,

    /// <summary>A fault at a position (<c>+fault:call:120</c>).</summary>
    Fault,

    /// <summary>A device that behaves otherwise (<c>+device:NAME:HOW</c>).</summary>
    Device,

    /// <summary>Another standard input (<c>+input:FILE</c>).</summary>
    Input,
}

/// <summary>One change of a version, as <c>+KIND:VALUE</c> says it.</summary>
/// <param name="Kind">What it is about.</param>
/// <param name="Value">
/// The seed in decimal digits; the position of the fault, <c>call:N</c>, <c>event:LANE/N</c>, <c>instruction:N</c>, <c>time:NS</c> or
/// <c>output:TEXT</c>; the
/// device and how it behaves, <c>NAME:HOW</c>; or the input's file, as a full path.
/// </param>
public sealed record VersionChange(ChangeKind Kind, string Value)
{
    private static readonly string[] Counted = ["call", "instruction", "time"];

    /// <summary>The seed, for a change of that kind.</summary>
    /// <exception cref="InvalidOperationException">The change is of another kind.</exception>
    public ulong Seed => Kind == ChangeKind.Seed
        ? ulong.Parse(Value, CultureInfo.InvariantCulture)
        : throw new InvalidOperationException($"The change is of the kind {Kind}; it has no seed.");

    /// <summary>Writes it as <c>KIND:VALUE</c>.</summary>
    public override string ToString() => $"{Kind.ToString().ToLowerInvariant()}:{Value}";

    /// <summary>Reads <c>KIND:VALUE</c>; null: <paramref name="problem"/> is one sentence about it.</summary>
    internal static VersionChange? Read(string kind, string value, string folder, out string problem)
    {
        problem = "";
        switch (kind)
        {
            case "seed" when ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out ulong seed):
                return new VersionChange(ChangeKind.Seed, seed.ToString(CultureInfo.InvariantCulture));
            case "seed":
                problem = $"\"+seed:{value}\" names no seed: a whole number, 0 or more, is wanted";
                return null;
            case "fault" when IsPosition(value):
                return new VersionChange(ChangeKind.Fault, value);
            case "fault":
                problem = $"\"+fault:{value}\" names no position: call:N, event:LANE/N, instruction:N, time:NS or output:TEXT is wanted";
                return null;
            case "device" when value.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon && colon < value.Length - 1:
                return new VersionChange(ChangeKind.Device, value);
            case "device":
                problem = $"\"+device:{value}\" is not written as device:NAME:HOW";
                return null;
            case "input" when value.Length > 0:
                return new VersionChange(ChangeKind.Input, Path.GetFullPath(value, folder));
            case "input":
                problem = "\"+input:\" names no file";
                return null;
            default:
                problem = $"\"+{kind}:{value}\" is a change of no known kind: seed, fault, device and input are known";
                return null;
        }
    }

    private static bool IsPosition(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0 || colon == text.Length - 1)
        {
            return false;
        }

        string value = text[(colon + 1)..];
        return text[..colon] switch
        {
            "output" => true,
            "event" => value.LastIndexOf('/') is > 0 and var slash && IsCount(value[(slash + 1)..]),
            var kind => Array.IndexOf(Counted, kind) >= 0 && IsCount(value),
        };
    }

    private static bool IsCount(string text) => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _);
}
