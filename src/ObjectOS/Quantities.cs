using System.Globalization;

namespace ObjectOS;

/// <summary>Sizes (64M, 64MiB: powers of 1024), counts (1M, 1G: powers of 1000) and times (10, 10s, 500ms) as the command line has them.</summary>
internal static class Quantities
{
    private const ulong Thousand = 1000;

    public static bool TryParseSize(string text, out ulong bytes) => SizeExtensions.TryParse(text, out bytes);

    public static bool TryParseCount(string text, out ulong count)
    {
        int power = text.Length == 0 ? 0 : "KMGT".IndexOf(char.ToUpperInvariant(text[^1]), StringComparison.Ordinal) + 1;
        if (!ulong.TryParse(power > 0 ? text[..^1] : text, NumberStyles.None, CultureInfo.InvariantCulture, out count))
        {
            return false;
        }

        for (; power > 0; power--)
        {
            if (count > ulong.MaxValue / Thousand)
            {
                return false;
            }

            count *= Thousand;
        }

        return true;
    }

    /// <summary>A time in seconds; 0 is the shortest there is.</summary>
    public static bool TryParseTime(string text, out TimeSpan time)
    {
        bool isMilliseconds = text.EndsWith("ms", StringComparison.Ordinal);
        string digits = isMilliseconds ? text[..^2] : text.EndsWith('s') ? text[..^1] : text;
        time = default;
        if (!double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value) || value > TimeSpan.FromDays(49).TotalMilliseconds)
        {
            return false;
        }

        time = isMilliseconds ? TimeSpan.FromMilliseconds(value) : value > TimeSpan.FromDays(49).TotalSeconds ? TimeSpan.MaxValue : TimeSpan.FromSeconds(value);
        time = time == TimeSpan.Zero ? TimeSpan.FromTicks(1) : time;
        return time < TimeSpan.FromDays(49);
    }
}
