using System.Globalization;

namespace ObjectOS;

/// <summary>Sizes as people write them: <c>64.MiB()</c> in code, "64M", "64MB" or "64MiB" in text.</summary>
public static class SizeExtensions
{
    /// <summary>Kibibytes in bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public static ulong KiB(this int count) => Scale(count, 10);

    /// <summary>Mebibytes in bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public static ulong MiB(this int count) => Scale(count, 20);

    /// <summary>Gibibytes in bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public static ulong GiB(this int count) => Scale(count, 30);

    /// <summary>Reads a size: bytes, or with a unit of K, M, G or T, a power of 1024, perhaps with B or iB after it.</summary>
    internal static bool TryParse(string text, out ulong bytes)
    {
        string digits = text.EndsWith("iB", StringComparison.OrdinalIgnoreCase) ? text[..^2] : text.EndsWith('B') || text.EndsWith('b') ? text[..^1] : text;
        int power = digits.Length == 0 ? 0 : "KMGT".IndexOf(char.ToUpperInvariant(digits[^1]), StringComparison.Ordinal) + 1;
        bool hasUnit = power > 0 || digits.Length == text.Length;
        bytes = 0;
        if (!hasUnit || !ulong.TryParse(power > 0 ? digits[..^1] : digits, NumberStyles.None, CultureInfo.InvariantCulture, out ulong count) || count > ulong.MaxValue >> (10 * power))
        {
            return false;
        }

        bytes = count << (10 * power);
        return true;
    }

    private static ulong Scale(int count, int shift)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return (ulong)count << shift;
    }
}
