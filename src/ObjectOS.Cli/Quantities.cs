using System.Globalization;

namespace ObjectOS.Cli;

/// <summary>Sizes (64M, 1G: powers of 1024) and counts (1M, 1G: powers of 1000) as the command line has them.</summary>
internal static class Quantities
{
    public static bool TryParseSize(string text, out ulong bytes) => TryParse(text, 1024, out bytes);

    public static bool TryParseCount(string text, out ulong count) => TryParse(text, 1000, out count);

    private static bool TryParse(string text, ulong unit, out ulong value)
    {
        int power = text.Length == 0 ? 0 : "KMGT".IndexOf(char.ToUpperInvariant(text[^1]), StringComparison.Ordinal) + 1;
        string digits = power > 0 ? text[..^1] : text;
        if (!ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value))
        {
            return false;
        }

        for (; power > 0; power--)
        {
            if (value > ulong.MaxValue / unit)
            {
                return false;
            }

            value *= unit;
        }

        return true;
    }
}
