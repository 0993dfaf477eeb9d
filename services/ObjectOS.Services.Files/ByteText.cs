using System.Text;

namespace ObjectOS.Services.Files;

/// <summary>
/// Texts of the Linux interface are bytes without a meaning: names, link texts, paths. Services keep them as <em>byte texts</em>: strings whose chars are
/// the bytes, 0 to 255, so that they are compared and cut like any string and no byte is lost. Text that comes from .NET is encoded as UTF-8 first.
/// </summary>
public static class ByteText
{
    /// <summary>The byte text of some bytes.</summary>
    public static string Of(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    /// <summary>The byte text of a string of .NET: its UTF-8 encoding.</summary>
    public static string OfUnicode(string text) => System.Text.Ascii.IsValid(text) ? text : Of(Encoding.UTF8.GetBytes(text));

    /// <summary>The bytes of a byte text.</summary>
    public static byte[] ToBytes(string text) => Encoding.Latin1.GetBytes(text);

    /// <summary>A byte text as a string of .NET: its bytes decoded as UTF-8.</summary>
    public static string ToUnicode(string text) => System.Text.Ascii.IsValid(text) ? text : Encoding.UTF8.GetString(ToBytes(text));
}
