using System.Globalization;

namespace ObjectOS.Lockstep;

/// <summary>What the command line asks for.</summary>
/// <param name="Spike">The reference model's program.</param>
/// <param name="First">The first seed.</param>
/// <param name="Last">The last.</param>
/// <param name="Instructions">Steps of each program.</param>
/// <param name="Record">The file that digests of the reference's traces go to; null: none.</param>
internal sealed record Options(string Spike, int First, int Last, ulong Instructions, string? Record)
{
    public const string Usage = "usage: Lockstep --spike PATH --seeds FIRST-LAST [--instructions N] [--record FILE]";

    private const ulong Usual = 6000;

    /// <summary>Reads a command line; false: <paramref name="complaint"/> says in a sentence why not.</summary>
    public static bool TryParse(string[] arguments, out Options options, out string complaint)
    {
        (options, complaint) = (new Options("", 0, 0, Usual, null), "");
        for (int i = 0; i < arguments.Length && complaint.Length == 0; i += 2)
        {
            string name = arguments[i];
            string? value = i + 1 < arguments.Length ? arguments[i + 1] : null;
            complaint = value is null ? $"{name} wants a value." : Take(ref options, name, value);
        }

        if (complaint.Length == 0 && options.Spike.Length == 0)
            complaint = "--spike is missing: the path of the reference model's program.";
        else if (complaint.Length == 0 && options.Last == 0)
            complaint = "--seeds is missing: the seeds to run, as in 1-1000.";
        return complaint.Length == 0;
    }

    private static string Take(ref Options options, string name, string value)
    {
        switch (name)
        {
            case "--spike":
                options = options with { Spike = value };
                return File.Exists(value) ? "" : $"There is no file {value}, which --spike names.";
            case "--seeds":
                return TryParseSeeds(ref options, value) ? "" : $"--seeds is \"{value}\"; it wants a seed or a range from 1 up, as in 1-1000.";
            case "--instructions":
                bool isNumber = ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out ulong count) && count is > 0 and <= 10_000_000;
                options = options with { Instructions = count };
                return isNumber ? "" : $"--instructions is \"{value}\"; it wants a number from 1 to 10000000.";
            case "--record":
                options = options with { Record = value };
                return "";
            default:
                return $"{name} is not known; {Usage}";
        }
    }

    private static bool TryParseSeeds(ref Options options, string value)
    {
        string[] ends = value.Split('-');
        if (ends.Length > 2 || !int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out int first)
            || !int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out int last))
            return false;
        options = options with { First = first, Last = last };
        return first > 0 && last >= first;
    }
}
