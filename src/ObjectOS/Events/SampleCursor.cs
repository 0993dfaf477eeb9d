using System.Globalization;
using System.Text;

namespace ObjectOS.Events;

/// <summary>Shows bytes of a sample as quoted text.</summary>
internal struct SampleCursor(ReadOnlyMemory<byte> bytes)
{
    private const int MostShown = 64;

    private ReadOnlyMemory<byte> _bytes = bytes;

    /// <summary>Takes the text before the next zero byte.</summary>
    public string TakeText()
    {
        int end = _bytes.Span.IndexOf((byte)0);
        string text = Quote(end < 0 ? _bytes.Span : _bytes.Span[..end]);
        _bytes = end < 0 ? default : _bytes[(end + 1)..];
        return text;
    }

    /// <summary>Takes all that is left.</summary>
    public string TakeRest()
    {
        string text = Quote(_bytes.Span);
        _bytes = default;
        return text;
    }

    /// <summary>Returns bytes as a C string literal, cut after 64 bytes.</summary>
    public static string Quote(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder("\"");
        foreach (byte value in bytes[..Math.Min(bytes.Length, MostShown)])
        {
            _ = value switch
            {
                (byte)'\n' => text.Append("\\n"),
                (byte)'\r' => text.Append("\\r"),
                (byte)'\t' => text.Append("\\t"),
                (byte)'"' => text.Append("\\\""),
                (byte)'\\' => text.Append("\\\\"),
                >= 0x20 and < 0x7f => text.Append((char)value),
                _ => text.Append(CultureInfo.InvariantCulture, $"\\x{value:x2}"),
            };
        }

        return text.Append(bytes.Length > MostShown ? "\"…" : "\"").ToString();
    }
}
