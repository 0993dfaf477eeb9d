using System.CommandLine;
using System.Reflection;
using System.Text;

namespace ObjectOS.Cli;

internal static class Program
{
    public static Task<int> Main(string[] args) => RunAsync(args, ToolStreams.OfProcess());

    /// <summary>The whole tool, on any streams.</summary>
    public static async Task<int> RunAsync(string[] args, ToolStreams streams)
    {
        try
        {
            return await DispatchAsync(args, streams).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // Nobody reads what the tool itself says any more.
            return ExitCodes.ToolFailed;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            streams.Error.Say($"objectos: a bug of the tool: {e}");
            return ExitCodes.ToolFailed;
        }
    }

    private static Task<int> DispatchAsync(string[] args, ToolStreams streams)
    {
        var run = new RunCommand();
        var boot = new BootCommand();
        var conformance = new ConformanceCommand();
        var replay = new ReplayCommand();
        var tour = new TourCommand();
        var compare = new CompareCommand();
        var help = new Option<bool>("--help", "-h") { Description = "Show this." };
        var version = new Option<bool>("--version") { Description = "Show the tool's version." };
        var root = new RootCommand("Operating systems as objects: runs unmodified static riscv64 Linux programs in sandboxed cells of a kernel that is an object.");
        root.Options.Clear();
        root.Options.Add(help);
        root.Options.Add(version);
        Command[] commands = [tour.Command, run.Command, boot.Command, replay.Command, conformance.Command, compare.Command];
        foreach (var each in commands)
        {
            each.Options.Add(help);
            root.Subcommands.Add(each);
        }

        const string Commands = "objectos tour, objectos run [OPTION…] PROGRAM [ARG…], objectos boot [OPTION…] [IMAGE], objectos replay FILE, objectos conformance --suite DIR, objectos compare --left SPEC --right SPEC, or objectos --help";
        if (args.Length == 0)
        {
            return Task.FromResult(streams.Usage($"a command is wanted: {Commands}"));
        }

        var command = Array.Find(commands, c => c.Name == args[0]) ?? root;
        var line = CommandLine.Split(command, command == root || command == run.Command || command == boot.Command, command == root ? args : args.AsSpan(1));
        if (line.Problem is { } problem)
        {
            return Task.FromResult(Wrong(problem));
        }

        var parsed = command.Parse(line.Options, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.GetValue(help))
        {
            return ShowAsync(streams, command == run.Command ? run.Help : command == boot.Command ? boot.Help : command == conformance.Command ? conformance.Help : command == replay.Command ? replay.Help : command == tour.Command ? tour.Help : command == compare.Command ? compare.Help
                : CommandHelp.Of(root, "objectos COMMAND [OPTION…]", "objectos tour", "objectos run images/misbehave/misbehave.elf exit-42", "objectos boot", "objectos run --help"));
        }

        if (command != root && parsed.Errors.Count > 0)
        {
            return Task.FromResult(Wrong(parsed.Errors[0].Message));
        }

        // What the options of an OS object take from the environment.
        if (command != root && new ObjectOsOptions().Problem() is { } ofTheEnvironment)
        {
            return Task.FromResult(Wrong(ofTheEnvironment.TrimEnd('.')));
        }

        return command == run.Command ? run.RunAsync(parsed, line.Operands, streams)
            : command == boot.Command ? boot.RunAsync(parsed, line.Operands, streams)
            : command == replay.Command ? replay.RunAsync(parsed, line.Operands, streams)
            : command == conformance.Command ? conformance.RunAsync(parsed, line.Operands, streams)
            : command == tour.Command ? tour.RunAsync(parsed, line.Operands, streams)
            : command == compare.Command ? compare.RunAsync(parsed, line.Operands, streams)
            : parsed.GetValue(version) ? ShowAsync(streams, $"objectos {typeof(Program).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion}\n")
            : Task.FromResult(streams.Usage(line.Operands.Length > 0 ? $"there is no command \"{line.Operands[0]}\": {Commands}" : $"a command is wanted: {Commands}"));

        int Wrong(string sentence)
        {
            int code = streams.Usage(sentence);
            return command == compare.Command ? ExitCodes.WrongComparison : code;
        }
    }

    private static async Task<int> ShowAsync(ToolStreams streams, string text)
    {
        await streams.Output.WriteAsync(Encoding.UTF8.GetBytes(text)).ConfigureAwait(false);
        await streams.Output.FlushAsync().ConfigureAwait(false);
        return 0;
    }
}
