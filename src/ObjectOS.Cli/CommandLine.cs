using System.CommandLine;

namespace ObjectOS.Cli;

/// <summary>
/// A command's tokens, split into options and operands. If the command starts a guest, options end at the first operand: everything from it on belongs to
/// the guest, byte for byte. Other commands take options anywhere before <c>--</c>. An option's value follows it or is given with =; an optional value with = alone.
/// </summary>
internal sealed class CommandLine
{
    /// <summary>The tool's name, whatever its assembly is called.</summary>
    public const string Tool = "objectos";

    private CommandLine(string? problem, string[] options, string[] operands) => (Problem, Options, Operands) = (problem, options, operands);

    /// <summary>What is wrong, in a sentence; null where nothing is.</summary>
    public string? Problem { get; }

    /// <summary>The options, as the parser wants them.</summary>
    public string[] Options { get; }

    /// <summary>What is no option, untouched.</summary>
    public string[] Operands { get; }

    /// <summary>Splits the tokens behind a command's name.</summary>
    public static CommandLine Split(Command command, bool startsGuest, ReadOnlySpan<string> tokens)
    {
        var options = new List<string>();
        var operands = new List<string>();
        var given = new HashSet<Option>();
        int at = 0;
        while (at < tokens.Length)
        {
            bool isOption = tokens[at].Length > 1 && tokens[at][0] == '-';
            if (!isOption && startsGuest)
            {
                break;
            }

            string token = tokens[at++];
            if (!isOption)
            {
                operands.Add(token);
                continue;
            }

            if (token == "--")
            {
                break;
            }

            int equals = token.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? token : token[..equals];
            if (command.Options.FirstOrDefault(o => o.Name == name || o.Aliases.Contains(name)) is not { } option)
            {
                return Wrong($"there is no option {name}; see {Name(command)} --help");
            }

            if (!given.Add(option) && option.Arity.MaximumNumberOfValues <= 1)
            {
                return Wrong($"{name} is given twice; once is wanted");
            }

            string? value = equals < 0 ? null : token[(equals + 1)..];
            if (value is null && option.Arity.MinimumNumberOfValues > 0 && at < tokens.Length && !tokens[at].StartsWith("--", StringComparison.Ordinal))
            {
                value = tokens[at++];
            }

            if (value is not null && option.ValueType == typeof(bool))
            {
                return Wrong($"{name} takes no value");
            }

            if ((value is "" && !ValueOption.TakesEmpty(option)) || (value is null && option.Arity.MinimumNumberOfValues > 0))
            {
                return Wrong($"{name} is given without its value: {name} {option.HelpName}");
            }

            // The parser takes an empty value only where it is a token of its own.
            options.AddRange(value is null ? [name] : value.Length == 0 ? [name, value] : [$"{name}={value}"]);
        }

        return new CommandLine(null, [.. options], [.. operands, .. tokens[at..]]);
    }

    /// <summary>How a command is typed.</summary>
    public static string Name(Command command) => command is RootCommand ? Tool : $"{Tool} {command.Name}";

    private static CommandLine Wrong(string problem) => new(problem, [], []);
}
