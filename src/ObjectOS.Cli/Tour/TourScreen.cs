using Spectre.Console;

namespace ObjectOS.Cli.Tour;

/// <summary>Where the tour is told: coloured on a terminal, plain text elsewhere, 80 columns, nothing ever erased.</summary>
internal sealed class TourScreen
{
    private const int Indent = 8;

    private readonly IAnsiConsole? _console;

    public TourScreen(TextWriter? writer)
    {
        if (writer is null)
        {
            return;
        }

        bool plain = Console.IsOutputRedirected || Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 };
        _console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = plain ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = plain ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Interactive = InteractionSupport.No,
        });
    }

    public void Title(string text) => Wrapped("", "[bold]", "[/]", text, text.Length > 2 && text[1] == '.' ? 3 : 0);

    /// <summary>A line as it stands.</summary>
    public void Say(string text) => Write(Markup.Escape(text));

    public void Good(string text) => Wrapped("  [green]ok[/]    ", "", "", text, Indent);

    public void Bad(string text) => Wrapped("  [red]failed[/] ", "", "", text, Indent + 1);

    /// <summary>The command or the code that does the same: never folded, so that it can be copied.</summary>
    public void Recipe(params string[] lines)
    {
        foreach (string line in lines)
        {
            Write($"  [grey]{Markup.Escape(line)}[/]");
        }
    }

    private void Wrapped(string head, string style, string end, string text, int indent)
    {
        bool isFirst = true;
        foreach (string line in CommandHelp.Wrap(text, head.Length > 0 ? indent : 0, indent))
        {
            Write($"{(isFirst ? head : "")}{style}{Markup.Escape(line)}{end}");
            isFirst = false;
        }
    }

    private void Write(string markup)
    {
        if (_console is { } console)
        {
            // Folding is done above, by words: the library's own would break commands.
            console.Profile.Width = 1000;
            console.MarkupLine(markup);
        }
    }
}
