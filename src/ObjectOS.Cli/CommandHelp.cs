using System.CommandLine;
using System.Text;

namespace ObjectOS.Cli;

/// <summary>What <c>--help</c> shows: 80 columns, an example at the end.</summary>
internal static class CommandHelp
{
    private const int Width = 80;
    private const int Column = 28;

    /// <summary>The help of a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="usage">How it is typed.</param>
    /// <param name="examples">Lines that can be typed as they stand.</param>
    public static string Of(Command command, string usage, params string[] examples)
    {
        var text = new StringBuilder();
        Wrapped(text, 0, command.Description!);
        text.Append("\nUsage:\n  ").Append(usage).Append('\n');
        List(text, "Commands", command.Subcommands.Select(c => (c.Name, c.Description!)));
        List(text, "Options", command.Options.Where(o => !o.Hidden).Select(o => (Term(o), o.Description!)));
        text.Append(examples.Length > 1 ? "\nExamples:\n" : "\nExample:\n");
        foreach (string example in examples)
        {
            text.Append("  ").Append(example).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>Words in lines of at most 80 columns, the later ones indented.</summary>
    public static IEnumerable<string> Wrap(string text, int first, int indent)
    {
        var line = new StringBuilder();
        int room = Width - first;
        foreach (string word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > room)
            {
                yield return line.ToString();
                line.Clear().Append(' ', indent);
                room = Width;
            }
            else if (line.Length > 0)
            {
                line.Append(' ');
            }

            line.Append(word);
        }

        yield return line.ToString();
    }

    private static string Term(Option option) =>
        option.HelpName is not { } value ? string.Join(", ", option.Aliases.Prepend(option.Name))
        : option.Arity.MinimumNumberOfValues == 0 ? $"{option.Name}[={value}]"
        : $"{option.Name} {value}";

    private static void List(StringBuilder text, string title, IEnumerable<(string Term, string Description)> items)
    {
        bool isFirst = true;
        foreach (var (term, description) in items)
        {
            text.Append(isFirst ? $"\n{title}:\n" : "");
            isFirst = false;
            string head = $"  {term}";
            text.Append(head.PadRight(Column));
            if (head.Length >= Column)
            {
                text.Append('\n').Append(' ', Column);
            }

            Wrapped(text, Column, description);
        }
    }

    private static void Wrapped(StringBuilder text, int indent, string description) =>
        text.AppendJoin('\n', Wrap(description, indent, indent)).Append('\n');
}
