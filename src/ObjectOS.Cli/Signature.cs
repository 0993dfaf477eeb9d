using System.Globalization;
using System.Text;

namespace ObjectOS.Cli;

/// <summary>The text of a conformance test's signature: its words in order, one a line, in hexadecimal, as the reference simulator writes it.</summary>
internal static class Signature
{
    /// <summary>The lines; words are little-endian, and what the last one lacks is 0.</summary>
    /// <param name="bytes">What the test left in memory.</param>
    /// <param name="granularity">Bytes of a word.</param>
    public static IEnumerable<string> Lines(ReadOnlyMemory<byte> bytes, int granularity)
    {
        for (int at = 0; at < bytes.Length; at += granularity)
        {
            var line = new StringBuilder(2 * granularity);
            for (int i = at + granularity - 1; i >= at; i--)
            {
                line.Append((i < bytes.Length ? bytes.Span[i] : 0).ToString("x2", CultureInfo.InvariantCulture));
            }

            yield return line.ToString();
        }
    }
}
