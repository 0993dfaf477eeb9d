using System.CommandLine;
using System.Globalization;

namespace ObjectOS.Cli;

/// <summary>Reads the value of an option; false where it is none.</summary>
internal delegate bool TryParseValue<T>(string text, out T value);

/// <summary>Makes options that say in a sentence which value was given and which is wanted.</summary>
internal static class ValueOption
{
    /// <summary>An option whose value is a number within bounds, both included.</summary>
    public static Option<ulong> Number(string name, string help, string description, TryParseValue<ulong> parse, ulong least, ulong most, string wanted) =>
        Of(name, help, description, (string text, out ulong value) => parse(text, out value) && value >= least && value <= most, wanted);

    /// <summary>An option whose value is one of some words.</summary>
    public static Option<string> Word(string name, string help, string description, string wanted, params string[] words) =>
        Of(name, help, description, (string text, out string value) => words.Contains(value = text), wanted);

    /// <summary>An option whose value is whatever <paramref name="parse"/> takes.</summary>
    public static Option<T> Of<T>(string name, string help, string description, TryParseValue<T> parse, string wanted) => new(name)
    {
        HelpName = help,
        Description = description,
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (!parse(text, out var value))
            {
                result.AddError($"{name} is \"{text}\"; {wanted} is wanted");
            }

            return value;
        },
    };

    /// <summary>An option whose value is a text, not an empty one.</summary>
    public static Option<string> Text(string name, string help, string description) => new(name) { HelpName = help, Description = description };

    /// <summary>An option whose value is any text, an empty one included.</summary>
    public static Option<string> AnyText(string name, string help, string description) => new AnyTextOption(name) { HelpName = help, Description = description };

    /// <summary>True where an empty value is a value of the option.</summary>
    public static bool TakesEmpty(Option option) => option is AnyTextOption;

    /// <summary>An option that may be given again and again.</summary>
    public static Option<string[]> Many(string name, string help, string description) => new(name) { HelpName = help, Description = description, Arity = ArgumentArity.OneOrMore };

    /// <summary>Reads a whole number without sign or unit.</summary>
    public static bool TryParseWhole(string text, out ulong value) => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);

    private sealed class AnyTextOption(string name) : Option<string>(name);
}
