using Spectre.Console;

namespace ObjectOS.Cli.Tour;

/// <summary>Where the tour is told: coloured on a terminal, plain text elsewhere, 80 columns, nothing ever erased.</summary>
internal sealed class TourScreen
{
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
        _console.Profile.Width = 80;
    }

    public void Title(string text) => Write($"[bold]{Markup.Escape(text)}[/]");

    public void Say(string text) => Write(Markup.Escape(text));

    public void Good(string text) => Write($"  [green]ok[/]    {Markup.Escape(text)}");

    public void Bad(string text) => Write($"  [red]failed[/] {Markup.Escape(text)}");

    /// <summary>The command or the code that does the same.</summary>
    public void Recipe(params string[] lines)
    {
        foreach (string line in lines)
        {
            Write($"  [grey]{Markup.Escape(line)}[/]");
        }
    }

    // Lines are written one by one and never folded by the library: a command must stay one that can be copied.
    private void Write(string markup)
    {
        if (_console is { } console)
        {
            console.Profile.Width = 1000;
            console.MarkupLine(markup);
        }
    }
}
