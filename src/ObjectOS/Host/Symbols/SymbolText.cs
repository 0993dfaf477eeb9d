using System.Text;

namespace ObjectOS.Host.Symbols;

/// <summary>Turns names of a program's file into text that is safe to print: the file may be hostile, and a terminal obeys control characters.</summary>
internal static class SymbolText
{
    /// <summary>Most bytes of a name; mangled names of C++ are long.</summary>
    public const int Most = 1024;

    /// <summary>Decodes UTF-8; control characters become question marks.</summary>
    public static string Of(ReadOnlySpan<byte> name)
    {
        char[] text = Encoding.UTF8.GetString(name[..Math.Min(name.Length, Most)]).ToCharArray();
        for (int i = 0; i < text.Length; i++)
        {
            text[i] = char.IsControl(text[i]) || char.IsSurrogate(text[i]) || char.GetUnicodeCategory(text[i]) == System.Globalization.UnicodeCategory.Format ? '?' : text[i];
        }

        return new string(text);
    }
}
