using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace ObjectOS.Cli;

/// <summary><c>objectos run</c>: one program in a cell of a fresh OS object.</summary>
internal sealed class RunCommand
{
    private readonly Option<ulong> _memory = Quantity("--memory", "SIZE", "Most memory the program may hold, for instance 64M (default 256M).", 256UL << 20, Quantities.TryParseSize, 1 << 16);
    private readonly Option<ulong> _budget = Quantity("--budget", "COUNT", "Stop after so many virtual instructions, for instance 100M.", 0, Quantities.TryParseCount, 1);
    private readonly Option<double> _timeout = new("--timeout") { HelpName = "SECONDS", Description = "Stop after so much host time." };
    private readonly Option<ulong> _seed = new("--seed") { HelpName = "N", Description = "Seed of all that is random to the program (default 0)." };
    private readonly Option<string> _clock = new("--clock") { HelpName = "virtual|host", Description = "Time counts instructions (virtual, the default) or comes from the host.", DefaultValueFactory = _ => "virtual" };
    private readonly Option<string[]> _directories = new("--dir") { HelpName = "HOST=GUEST[:rw]", Description = "Grant a host directory, read-only unless :rw; may be given again.", Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = false };
    private readonly Option<string> _directory = new("--cwd") { HelpName = "GUEST", Description = "The program's working directory (default /).", DefaultValueFactory = _ => "/" };
    private readonly Option<string[]> _environment = new("--env") { HelpName = "K=V", Description = "Set a variable of the program's environment; may be given again.", Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = false };
    private readonly Option<string?> _trace = new("--trace") { HelpName = "FILE", Description = "Write a trace of calls and traps, one JSON line each." };
    private readonly Option<string?> _statistics = new("--stats") { HelpName = "=FILE", Description = "Show figures on standard error afterwards, or write them to FILE as JSON.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<bool> _json = new("--json") { Description = "Show the figures as one JSON line." };

    public RunCommand()
    {
        Command = new Command(
            "run",
            "Run a static riscv64 Linux program in a cell. Options end at PROGRAM; what follows is the program's.\n\nExample:\n  objectos run --memory 64M --dir .=/work --cwd /work lua script.lua")
        {
            _memory, _budget, _timeout, _seed, _clock, _directories, _directory, _environment, _trace, _statistics, _json,
            new Argument<string[]>("PROGRAM [ARG…]") { Description = "The program's file and its arguments.", Arity = ArgumentArity.ZeroOrMore },
        };
        _clock.Validators.Add(r => Check(r, r.GetValueOrDefault<string>() is "virtual" or "host", "--clock is virtual or host"));
        _directory.Validators.Add(r => Check(r, r.GetValueOrDefault<string>().StartsWith('/'), "--cwd is an absolute path of the guest"));
        Command.SetAction(RunAsync);
    }

    public Command Command { get; }

    /// <summary>The program and its arguments, untouched.</summary>
    public string[] Operands { get; set; } = [];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        if (Operands.Length == 0)
        {
            return Program.Usage("run needs the file of a program");
        }

        if (TryGetDirectories(parsed.GetValue(_directories) ?? [], out var grants) is { } wrongGrant)
        {
            return Program.Usage(wrongGrant);
        }

        if (TryGetEnvironment(parsed.GetValue(_environment) ?? [], out var environment) is { } wrongVariable)
        {
            return Program.Usage(wrongVariable);
        }

        var read = ProgramFile.Read(Operands[0], out byte[] image, out string problem);
        if (read != 0)
        {
            await Console.Error.WriteLineAsync($"objectos: {problem}").ConfigureAwait(false);
            return read;
        }

        ulong budget = parsed.GetValue(_budget);
        double timeout = parsed.GetValue(_timeout);
        if (timeout < 0 || timeout > TimeSpan.MaxValue.TotalSeconds / 1000 || double.IsNaN(timeout))
        {
            return Program.Usage($"--timeout is {timeout.ToString(CultureInfo.InvariantCulture)}; seconds, 0 or more, are wanted");
        }

        var figures = new RunFigures(Operands[0], image, parsed.GetValue(_seed), parsed.GetValue(_clock)!);
        var session = new RunSession(figures, parsed.GetValue(_trace), WantsStatistics(parsed), parsed.GetValue(_statistics), parsed.GetValue(_json));
        return await session.RunAsync(
            new ProgramSpec
            {
                Path = Operands[0],
                Name = Operands[0],
                Image = image,
                Arguments = Operands[1..],
                Environment = environment,
                WorkingDirectory = parsed.GetValue(_directory)!,
                Directories = grants,
                Limits = new ProgramLimits
                {
                    Memory = parsed.GetValue(_memory),
                    Instructions = budget == 0 ? null : budget,
                    Timeout = parsed.GetResult(_timeout) is null ? null : TimeSpan.FromSeconds(timeout),
                },
            }).ConfigureAwait(false);
    }

    private bool WantsStatistics(ParseResult parsed) => parsed.GetResult(_statistics) is not null || parsed.GetValue(_json);

    private static void Check(OptionResult result, bool right, string sentence)
    {
        if (!right)
        {
            result.AddError(sentence);
        }
    }

    private static Option<ulong> Quantity(string name, string help, string description, ulong otherwise, TryParse parse, ulong least) => new(name)
    {
        HelpName = help,
        Description = description,
        DefaultValueFactory = _ => otherwise,
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (!parse(text, out ulong value) || value < least)
            {
                result.AddError($"{name} is \"{text}\"; a number of at least {least}, perhaps with K, M, G or T, is wanted");
            }

            return value;
        },
    };

    private delegate bool TryParse(string text, out ulong value);

    private static string? TryGetDirectories(string[] texts, out List<DirectoryGrant> grants)
    {
        grants = [];
        foreach (string text in texts)
        {
            bool writable = text.EndsWith(":rw", StringComparison.Ordinal);
            string pair = writable ? text[..^3] : text;
            int equals = pair.LastIndexOf('=');
            if (equals <= 0 || equals + 1 >= pair.Length || pair[equals + 1] != '/')
            {
                return $"--dir is \"{text}\"; HOST=GUEST or HOST=GUEST:rw with an absolute GUEST is wanted";
            }

            string host = pair[..equals];
            if (!Directory.Exists(host))
            {
                return $"--dir names the host directory \"{host}\", which is not there";
            }

            grants.Add(new DirectoryGrant(host, pair[(equals + 1)..], writable));
        }

        return null;
    }

    private static string? TryGetEnvironment(string[] texts, out Dictionary<string, string> environment)
    {
        environment = [];
        foreach (string text in texts)
        {
            int equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                return $"--env is \"{text}\"; NAME=VALUE is wanted";
            }

            environment[text[..equals]] = text[(equals + 1)..];
        }

        return null;
    }
}
