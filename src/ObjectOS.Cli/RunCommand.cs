using System.CommandLine;
using System.Globalization;
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

    private readonly Option<string> _root = ValueOption.Of<string>("--root", "DIR|TAR", "Run PROGRAM, a path or a name of PATH, inside this root: a directory, or a tar archive, which gzip may have compressed. What is changed is kept in memory.", (string text, out string value) => (value = text).Length > 0, "a directory or an archive");
    private readonly Option<string> _user = ValueOption.Of<string>("--user", "UID[:GID]", "The user and group that the program runs as; 0 with --root, else 1000, unless given.", (string text, out string value) => TryParseUser(value = text, out _, out _), "one or two numbers from 0 to 4294967294");
    private readonly Option<string[]> _directories = ValueOption.Many("--dir", "HOST=GUEST[:rw]", "Grant a directory of the host, read-only unless :rw. May be given again.");
    private readonly Option<string> _directory = ValueOption.Of<string>("--cwd", "GUEST", "The program's working directory; / unless given.", TryParseGuestPath, "an absolute path of the guest");
    private readonly Option<string[]> _environment = ValueOption.Many("--env", "K=V", "Set a variable of the program's environment, which is empty otherwise. May be given again.");

    public RunCommand()
    {
        Command = new Command("run", "Runs a riscv64 Linux program in a cell of a fresh OS object. Options end at PROGRAM: all that follows is the program's. It sees no file of the host but those granted.");
        foreach (var option in (Option[])[.. _guest.OfTheGuest, _root, _directories, _directory, _user, _environment, .. _guest.OfTheReport])
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

        string? root = parsed.GetValue(_root);
        FileLayer? layer = null;
        try
        {
            layer = root is null ? null : FileLayer.Open(root);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            bool isMissing = e is FileNotFoundException or DirectoryNotFoundException;
            streams.Error.Say($"objectos: --root: {(isMissing ? $"{root}: not found" : e is InvalidDataException ? e.Message : $"{root}: not readable: {e.Message}").TrimEnd('.')}");
            return e is InvalidDataException ? ExitCodes.NotRunnable : ExitCodes.NotFound;
        }

        using var opened = layer;
        var (user, group) = (0u, 0u);
        bool hasUser = parsed.GetValue(_user) is { } text && TryParseUser(text, out user, out group);
        var spec = new ProgramSpec
        {
            Path = operands[0],
            Root = layer is null ? [] : [layer],
            User = hasUser ? user : null,
            Group = hasUser ? group : null,
            Arguments = operands[1..],
            Environment = layer is null ? environment : WithUsual(environment, streams.IsTerminal),
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

        session.Confine(GrantsOf(spec, root));
        return await session.RunAsync(new ProgramGuest(spec, streams, session.Settings)).ConfigureAwait(false);
    }

    /// <summary>What the program needs of the host.</summary>
    private static JailGrants GrantsOf(ProgramSpec spec, string? root)
    {
        var grants = new JailGrants();
        if (root is null)
        {
            grants.Read.Add(spec.Path);
        }
        else if (Directory.Exists(root))
        {
            grants.ReadFolders.Add(root);
        }

        foreach (var grant in spec.Directories)
        {
            (grant.Writable ? grants.WriteFolders : grants.ReadFolders).Add(grant.HostPath);
        }

        return grants;
    }

    /// <summary>The variables that programs of a distribution expect, as far as they are not given.</summary>
    private static Dictionary<string, string> WithUsual(Dictionary<string, string> environment, bool isTerminal)
    {
        var all = new Dictionary<string, string>
        {
            ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            ["HOME"] = "/root",
        };
        if (isTerminal)
        {
            all["TERM"] = Environment.GetEnvironmentVariable("TERM") ?? "xterm";
        }

        foreach (var (name, value) in environment)
        {
            all[name] = value;
        }

        return all;
    }

    private static bool TryParseUser(string text, out uint user, out uint group)
    {
        string[] parts = text.Split(':');
        group = 0;
        bool isRight = uint.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out user) && user != uint.MaxValue && parts.Length <= 2;
        return isRight && (parts.Length == 1 ? (group = user) == user : uint.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out group) && group != uint.MaxValue);
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
