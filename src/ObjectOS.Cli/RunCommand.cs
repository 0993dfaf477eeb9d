using System.CommandLine;
using ObjectOS.Cli.Jail;

namespace ObjectOS.Cli;

/// <summary><c>objectos run</c>: one program in a cell of a fresh OS object.</summary>
internal sealed class RunCommand
{
    private readonly GuestOptions _guest = new(
        "run",
        ValueOption.Number("--memory", "SIZE", "Most memory that the program may hold, for instance 64M; 256M unless given.", Quantities.TryParseSize, 1 << 16, 1UL << 45, "a size of at least 64K, perhaps with K, M, G or T,"),
        256UL << 20,
        "virtual unless given",
        "live if a terminal is standard input, else deterministic, unless given");

    private readonly Option<string[]> _directories = ValueOption.Many("--dir", "HOST=GUEST[:rw]", "Grant a directory of the host, read-only unless :rw. May be given again.");
    private readonly Option<string> _directory = ValueOption.Of<string>("--cwd", "GUEST", "The program's working directory; / unless given.", TryParseGuestPath, "an absolute path of the guest");
    private readonly Option<string[]> _environment = ValueOption.Many("--env", "K=V", "Set a variable of the program's environment, which is empty otherwise. May be given again.");

    public RunCommand()
    {
        Command = new Command("run", "Runs a static riscv64 Linux program in a cell of a fresh OS object. Options end at PROGRAM: all that follows is the program's. It sees no file of the host but those granted.");
        foreach (var option in (Option[])[.. _guest.OfTheGuest, _directories, _directory, _environment, .. _guest.OfTheReport])
        {
            Command.Options.Add(option);
        }
    }

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
                Memory = _guest.MemoryOf(parsed),
                Instructions = _guest.BudgetOf(parsed),
                Timeout = _guest.TimeoutOf(parsed),
            },
        };
        if (spec.Problem() is { } problemOfSpec)
        {
            return streams.Usage(problemOfSpec.Replace(nameof(spec.WorkingDirectory), "--cwd", StringComparison.Ordinal).Replace(nameof(spec.Directories), "--dir", StringComparison.Ordinal).TrimEnd('.'));
        }

        using var session = new RunSession(streams, _guest.SettingsOf(parsed, "virtual", streams.InputIsTerminal ? Inputs.Live : Inputs.Deterministic));
        if (!session.TryOpenFiles(out string problem))
        {
            return streams.Usage(problem);
        }

        session.Confine(GrantsOf(spec));
        return await session.RunAsync(new ProgramGuest(spec, streams, session.Settings)).ConfigureAwait(false);
    }

    /// <summary>What the program needs of the host.</summary>
    private static JailGrants GrantsOf(ProgramSpec spec)
    {
        var grants = new JailGrants();
        grants.Read.Add(spec.Path);
        foreach (var grant in spec.Directories)
        {
            (grant.Writable ? grants.WriteFolders : grants.ReadFolders).Add(grant.HostPath);
        }

        return grants;
    }

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
