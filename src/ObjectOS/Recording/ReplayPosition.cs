using System.Globalization;

namespace ObjectOS.Recording;

/// <summary>What a position counts.</summary>
public enum PositionKind
{
    /// <summary>The end of the recording.</summary>
    End,

    /// <summary>Virtual instructions that the root kernel has charged.</summary>
    Instruction,

    /// <summary>Guest time of the root kernel, in nanoseconds.</summary>
    Time,

    /// <summary>Calls of guests: system calls and invocations of programs, SBI calls of machines, at all depths together.</summary>
    Call,

    /// <summary>Text that a guest has written to its standard output or error.</summary>
    Output,

    /// <summary>An event of a lane, as comparisons name lanes and count events.</summary>
    Event,
}

/// <summary>A place in a run, as <c>--until</c> has it: <c>instruction:N</c>, <c>time:NS</c>, <c>call:N</c>, <c>event:LANE/N</c> or <c>output:TEXT</c>.</summary>
/// <param name="Kind">What is counted.</param>
/// <param name="Number">How many; 0 for <see cref="PositionKind.Output"/>.</param>
/// <param name="Text">The text for <see cref="PositionKind.Output"/>, the lane for <see cref="PositionKind.Event"/>; else empty.</param>
public readonly record struct ReplayPosition(PositionKind Kind, ulong Number = 0, string Text = "")
{
    /// <summary>The end of the recording.</summary>
    public static ReplayPosition End => new(PositionKind.End);

    /// <summary>Reads one; false: it is none.</summary>
    public static bool TryParse(string text, out ReplayPosition position)
    {
        position = End;
        int colon = text?.IndexOf(':', StringComparison.Ordinal) ?? -1;
        if (colon < 0)
        {
            return false;
        }

        string kind = text![..colon], value = text[(colon + 1)..];
        if (kind == "output")
        {
            position = new ReplayPosition(PositionKind.Output, 0, value);
            return value.Length > 0;
        }

        string lane = "";
        if (kind == "event" && value.LastIndexOf('/') is > 0 and var slash)
        {
            (lane, value) = (value[..slash], value[(slash + 1)..]);
        }

        PositionKind? counted = kind switch { "instruction" => PositionKind.Instruction, "time" => PositionKind.Time, "call" => PositionKind.Call, "event" when lane.Length > 0 => PositionKind.Event, _ => null };
        if (counted is null || !ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) || (number == 0 && counted is PositionKind.Call or PositionKind.Event))
        {
            return false;
        }

        position = new ReplayPosition(counted.Value, number, lane);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => Kind switch
    {
        PositionKind.End => "end",
        PositionKind.Output => $"output:{Text}",
        PositionKind.Event => string.Create(CultureInfo.InvariantCulture, $"event:{Text}/{Number}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Kind.ToString().ToLowerInvariant()}:{Number}"),
    };
}
