using System.CommandLine;
using System.Text;
using ObjectOS.Cli.Jail;
using ObjectOS.Cli.Tour;

namespace ObjectOS.Cli;

/// <summary><c>objectos tour</c>: what an OS object is, shown on this machine in some seconds.</summary>
internal sealed class TourCommand
{
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object instead of the story." };

    public TourCommand() => Command = new Command("tour", "Boots an OS object and shows what it can do, in some seconds.") { _json };

    public Command Command { get; }

    public string Help => CommandHelp.Of(Command, "objectos tour [OPTION…]", "objectos tour", "objectos tour --json");

    public async Task<int> RunAsync(ParseResult parsed, string[] operands, ToolStreams streams)
    {
        if (operands.Length > 0)
        {
            return streams.Usage($"tour takes no argument; \"{operands[0]}\" was given");
        }

        var grants = new JailGrants();
        grants.ReadFolders.Add(TourPrograms.Place);
        grants.Read.Add(OwnKernel.Location);
        ToolJail.Enter(grants);
        using var interruption = new Interruption();
        await using var writer = new StreamWriter(streams.Output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true) { AutoFlush = true };
        bool json = parsed.GetValue(_json);
        var guide = new TourGuide(json ? null : writer);
        bool ok;
        try
        {
            ok = await guide.RunAsync(interruption.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return interruption.ExitCode;
        }

        if (interruption.ExitCode != 0)
        {
            return interruption.ExitCode;
        }

        if (json)
        {
            await writer.WriteLineAsync(guide.ToJson()).ConfigureAwait(false);
        }

        return ok ? 0 : 1;
    }
}
