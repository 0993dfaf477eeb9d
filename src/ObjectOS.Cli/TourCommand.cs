using System.CommandLine;
using ObjectOS.Cli.Tour;

namespace ObjectOS.Cli;

/// <summary><c>objectos tour</c>: what an OS object is, shown on this machine in some seconds.</summary>
internal sealed class TourCommand
{
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object instead of the story." };

    public TourCommand()
    {
        Command = new Command("tour", "Boot an OS object and show what it can do, in some seconds.\n\nExample:\n  objectos tour") { _json };
        Command.SetAction(async (parsed, cancellationToken) =>
        {
            bool json = parsed.GetValue(_json);
            var guide = new TourGuide(json ? null : Console.Out);
            bool ok = await guide.RunAsync(cancellationToken).ConfigureAwait(false);
            if (json)
            {
                await Console.Out.WriteLineAsync(guide.ToJson()).ConfigureAwait(false);
            }

            return ok ? 0 : 1;
        });
    }

    public Command Command { get; }
}
