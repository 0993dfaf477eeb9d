using System.CommandLine;
using System.Globalization;
using ObjectOS.Cli.Jail;
using ObjectOS.Debugging;
using ObjectOS.Recording;

namespace ObjectOS.Cli;

/// <summary><c>objectos replay</c>: runs a recording again.</summary>
internal sealed class ReplayCommand
{
    private readonly Option<ReplayPosition> _until = ValueOption.Of<ReplayPosition>(
        "--until", "POSITION", "Stop at instruction:N (virtual instructions charged), time:NS (guest time), call:N (before the N-th system, kernel or SBI call), event:LANE/N (after the N-th event of a lane of compare's reports) or output:TEXT (once a guest has written TEXT).",
        ReplayPosition.TryParse, "instruction:N, time:NS, call:N, event:LANE/N or output:TEXT");

    private readonly Option<ulong> _back = ValueOption.Number("--back", "N", "Then go back by N virtual instructions, by running again.", Quantities.TryParseCount, 0, long.MaxValue, "a count, perhaps with K, M, G or T,");

    private readonly Option<ulong> _gdb = GuestOptions.Gdb();

    public ReplayCommand() =>
        Command = new Command("replay", "Runs a recording of run or boot (--record FILE) again, exactly, and prints what the guest printed. Nothing of the host is touched but FILE. A run that differs from the recording ends with what was expected, what came instead, and where (125).")
        {
            _until, _back, _gdb,
        };

    public Command Command { get; }

    public string Help => CommandHelp.Of(Command, "objectos replay FILE [OPTION…]", "objectos run --record fib.rec images/lisp/lisp.elf --version", "objectos replay fib.rec", "objectos replay fib.rec --until call:20 --back 1000");

    public async Task<int> RunAsync(ParseResult parsed, string[] operands, ToolStreams streams)
    {
        if (parsed.GetResult(_gdb) is not null && (parsed.GetResult(_until) ?? parsed.GetResult(_back)) is not null)
        {
            return streams.Usage("--gdb is given with --until or --back; gdb itself goes to places, forward and back");
        }

        if (operands.Length != 1)
        {
            return streams.Usage(operands.Length == 0 ? "replay needs a recording: objectos replay FILE [OPTION…]" : $"replay takes one FILE; \"{operands[1]}\" was given beside \"{operands[0]}\"");
        }

        string file = operands[0];
        ToolJail.Enter(GrantsOf(parsed, file));
        using var interruption = new Interruption();
        try
        {
            using var replay = Replay.Open(file, new ReplayOptions { Output = streams.Output, Error = streams.Error });
            return await RunAsync(replay, parsed, streams, interruption.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is DamagedRecordingException or UnfitRecordingException)
        {
            return Say(streams, ExitCodes.NotRunnable, $"{file}: {e.Message}");
        }
        catch (DesyncException e)
        {
            return Say(streams, ExitCodes.ToolFailed, $"{file}: {e.Message}");
        }
        catch (OperationCanceledException)
        {
            return interruption.ExitCode;
        }
        catch (Exception e) when (OutputFile.IsOfTheFile(e))
        {
            var (code, sentence) = HostFile.Refusal(file, "a recording", e);
            return Say(streams, code, sentence);
        }
    }

    /// <summary>What a replay needs of the host.</summary>
    private JailGrants GrantsOf(ParseResult parsed, string file)
    {
        var grants = new JailGrants { MakesSockets = parsed.GetResult(_gdb) is not null, UsesSockets = parsed.GetResult(_gdb) is not null };
        grants.Read.Add(file);
        if (grants.MakesSockets)
        {
            grants.Ports.Add((ushort)parsed.GetValue(_gdb));
        }

        return grants;
    }

    private async Task<int> RunAsync(Replay replay, ParseResult parsed, ToolStreams streams, CancellationToken cancellationToken)
    {
        if (replay.OtherBuilds is [var other, ..])
        {
            streams.Error.Say($"objectos: made with another build of {other.Name} ({other.Version}); the replay may differ from the recording");
        }

        if (parsed.GetResult(_gdb) is not null)
        {
            return await DebugAsync(replay, (int)parsed.GetValue(_gdb), streams, cancellationToken).ConfigureAwait(false);
        }

        var until = parsed.GetResult(_until) is null ? ReplayPosition.End : parsed.GetValue(_until);
        bool isThere = await replay.RunAsync(until, cancellationToken).ConfigureAwait(false);
        if (!isThere)
        {
            streams.Error.Say($"objectos: the recording ends before {until}");
        }
        else if (replay is { IsAtEnd: true, IsComplete: false })
        {
            streams.Error.Say("objectos: the recording has no end: what recorded it was ended before it could write one");
        }

        if (parsed.GetResult(_back) is not null)
        {
            await replay.BackAsync(parsed.GetValue(_back), cancellationToken).ConfigureAwait(false);
        }

        streams.Error.Say(string.Create(
            CultureInfo.InvariantCulture, $"objectos: at instruction:{replay.Position}, time:{replay.Time}, after {replay.Calls} calls{(replay is { IsAtEnd: true, IsComplete: true } ? $", state {replay.Digest}" : "")}"));
        return isThere ? 0 : ExitCodes.Exhausted;
    }

    private static async Task<int> DebugAsync(Replay replay, int port, ToolStreams streams, CancellationToken cancellationToken)
    {
        GdbServer gdb;
        try
        {
            gdb = GdbServer.Listen(port);
        }
        catch (IOException e)
        {
            return Say(streams, ExitCodes.ToolFailed, e.Message.TrimEnd('.'));
        }

        await using (gdb.ConfigureAwait(false))
        {
            streams.Error.Say($"objectos: waiting for gdb: target remote :{gdb.Port}");
            await gdb.ServeAsync(replay, cancellationToken).ConfigureAwait(false);
        }

        return 0;
    }

    private static int Say(ToolStreams streams, int code, string sentence)
    {
        streams.Error.Say($"objectos: {sentence}");
        return code;
    }
}
