using System.CommandLine;
using System.Globalization;

namespace ObjectOS.Cli;

/// <summary><c>objectos run</c>: one program in a cell of a fresh OS object.</summary>
internal sealed class RunCommand
{
    private const ulong DefaultMemory = 256UL << 20;

    /// <summary>Deeper ones would take longer to build than anybody waits for; the host's stack holds many more.</summary>
    private const ulong MostDepth = 256;

    private readonly Option<ulong> _depth = Number("--depth", "N", "Run under N further kernels, one under the other; 0 unless given.", TryParseWhole, 0, MostDepth, "a whole number from 0 to 256");
    private readonly Option<ulong> _memory = Number("--memory", "SIZE", "Most memory that the program may hold, for instance 64M; 256M unless given.", Quantities.TryParseSize, 1 << 16, 1UL << 45, "a size of at least 64K, perhaps with K, M, G or T,");
    private readonly Option<ulong> _budget = Number("--budget", "COUNT", "Stop after so many virtual instructions, for instance 100M.", Quantities.TryParseCount, 1, long.MaxValue, "a count of at least 1, perhaps with K, M, G or T,");
    private readonly Option<double> _timeout = Parsed<double>("--timeout", "SECONDS", "Stop after so much host time.", TryParseSeconds, "a number of seconds, 0 or more,");
    private readonly Option<ulong> _seed = Number("--seed", "N", "Seed of all that is random to the program; 0 unless given.", TryParseWhole, 0, ulong.MaxValue, "a whole number, 0 or more,");
    private readonly Option<string> _clock = Parsed<string>("--clock", "virtual|host", "Guest time counts instructions, or follows the host's clock; virtual unless given.", TryParseClock, "virtual or host");
    private readonly Option<string[]> _directories = new("--dir") { HelpName = "HOST=GUEST[:rw]", Description = "Grant a directory of the host, read-only unless :rw. May be given again.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string> _directory = Parsed<string>("--cwd", "GUEST", "The program's working directory; / unless given.", TryParseGuestPath, "an absolute path of the guest");
    private readonly Option<string[]> _environment = new("--env") { HelpName = "K=V", Description = "Set a variable of the program's environment, which is empty otherwise. May be given again.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string> _trace = new("--trace") { HelpName = "FILE", Description = "Write calls and traps to FILE, one JSON line each." };
    private readonly Option<string?> _statistics = new("--stats") { HelpName = "FILE", Description = "Show figures on standard error afterwards, or write them to FILE as JSON.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<bool> _json = new("--json") { Description = "Show the figures as one JSON line, the last of standard error." };

    public RunCommand() => Command = new Command("run", "Runs a static riscv64 Linux program in a cell of a fresh OS object. Options end at PROGRAM: all that follows is the program's. It sees no file of the host but those granted.")
    {
        _depth, _memory, _budget, _timeout, _seed, _clock, _directories, _directory, _environment, _trace, _statistics, _json,
    };

    private delegate bool TryParse<T>(string text, out T value);

    public Command Command { get; }

    public string Help => CommandHelp.Of(
        Command, "objectos run [OPTION…] PROGRAM [ARG…]", "objectos run --memory 64M --dir images/lisp/scripts=/s images/lisp/lisp.elf /s/fib.scm");

    public async Task<int> RunAsync(ParseResult parsed, string[] operands, ToolStreams streams)
    {
        if (operands.Length == 0)
        {
            return streams.Usage("run needs the file of a program: objectos run [OPTION…] PROGRAM [ARG…]");
        }

        string? wrongDirectory = TryGetDirectories(parsed.GetValue(_directories) ?? [], out var grants);
        string? wrongVariable = TryGetEnvironment(parsed.GetValue(_environment) ?? [], out var environment);
        if ((wrongDirectory ?? wrongVariable) is { } wrong)
        {
            return streams.Usage(wrong);
        }

        var spec = new ProgramSpec
        {
            Path = operands[0],
            Arguments = operands[1..],
            Environment = environment,
            WorkingDirectory = parsed.GetValue(_directory) ?? "/",
            Directories = grants,
            Limits = new ProgramLimits
            {
                Memory = parsed.GetResult(_memory) is null ? DefaultMemory : parsed.GetValue(_memory),
                Instructions = parsed.GetResult(_budget) is null ? null : parsed.GetValue(_budget),
                Timeout = parsed.GetResult(_timeout) is null ? null : TimeSpan.FromSeconds(parsed.GetValue(_timeout)),
            },
        };
        using var session = new RunSession(streams, new RunSettings(
            (int)parsed.GetValue(_depth),
            parsed.GetValue(_seed),
            parsed.GetValue(_clock) ?? "virtual",
            parsed.GetValue(_trace),
            parsed.GetResult(_statistics) is not null || parsed.GetValue(_json),
            parsed.GetValue(_statistics),
            parsed.GetValue(_json)));
        return session.TryOpenFiles(out string problem) ? await session.RunAsync(spec).ConfigureAwait(false) : streams.Usage(problem);
    }

    private static Option<ulong> Number(string name, string help, string description, TryParse<ulong> parse, ulong least, ulong most, string wanted) =>
        Parsed(name, help, description, (string text, out ulong value) => parse(text, out value) && value >= least && value <= most, wanted);

    private static Option<T> Parsed<T>(string name, string help, string description, TryParse<T> parse, string wanted) => new(name)
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

    private static bool TryParseWhole(string text, out ulong value) => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);

    private static bool TryParseSeconds(string text, out double value) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value) && value <= TimeSpan.FromDays(49).TotalSeconds;

    private static bool TryParseClock(string text, out string value) => (value = text) is "virtual" or "host";

    private static bool TryParseGuestPath(string text, out string value) => (value = text).StartsWith('/');

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
