using System.Globalization;

namespace ObjectOS;

/// <summary>A host directory that a program may see.</summary>
/// <param name="HostPath">The directory; it must exist.</param>
/// <param name="GuestPath">Where the program sees it: an absolute path.</param>
/// <param name="Writable">True: the program may change it.</param>
public sealed record DirectoryGrant(string HostPath, string GuestPath, bool Writable = false)
{
    /// <summary>Bytes that the program may add to the directory, by the lengths of its files; null: as many as its memory limit.</summary>
    public ulong? AddedBytes { get; init; }

    /// <summary>
    /// True: the directory looks the same in every run. Inodes count from 1 in the order in which the program asks for them, files that change after the
    /// start show the time at which the OS object's clock begins, directories have one link, and the free space is what <see cref="AddedBytes"/> leaves.
    /// </summary>
    public bool Reproducible { get; init; }

    /// <summary>Files, directories and links that the program may add to the directory.</summary>
    public int AddedFiles { get; init; } = 65_536;
}

/// <summary>What a program may use; what is not set is not limited beyond the OS object's own limits.</summary>
public sealed record ProgramLimits
{
    private const int LeastObjects = 256;
    private const ulong MostCaptured = 1UL << 30;

    // The host's timers reach no further.
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(49);

    /// <summary>What a program may hold whose <see cref="Memory"/> is not set, unless its OS object has less.</summary>
    internal const ulong UsualMemory = 256UL << 20;

    /// <summary>Most memory, in bytes; null: 256 MiB, or all of the OS object's if that is less.</summary>
    public ulong? Memory { get; init; }

    /// <summary>Most kernel objects (threads, mappings, capabilities).</summary>
    public int Objects { get; init; } = 16384;

    /// <summary>Virtual instructions that it and its children may use; exact, the same on every host.</summary>
    public ulong? Instructions { get; init; }

    /// <summary>Host time after which it is stopped; null or <see cref="Timeout.InfiniteTimeSpan"/>: no limit.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>
    /// Most bytes of files that it may write in memory, with what else the system holds for it; null: 64 MiB, or with a <see cref="ProgramSpec.Root"/> as many as
    /// its memory limit. Contents count against <see cref="Memory"/>, too.
    /// </summary>
    public ulong? TemporaryFiles { get; init; }

    /// <summary>The limit of temporary files without a root.</summary>
    internal const ulong UsualTemporaryFiles = 64UL << 20;

    /// <summary>Most bytes of standard output, and of standard error, that are kept for the result.</summary>
    public ulong CapturedOutput { get; init; } = 64UL << 20;

    /// <summary>The priority of its threads, 0 (lowest) to 31; threads of a lower one run only while none of a higher one can. Null: 16, as all.</summary>
    public int? Priority { get; init; }

    /// <summary>Most of the processor's guest time that it may use together with its children, above 0 and at most 1; null: no limit.</summary>
    public double? CpuShare { get; init; }

    /// <summary>The time-out, if there is one.</summary>
    internal TimeSpan? FiniteTimeout => Timeout == System.Threading.Timeout.InfiniteTimeSpan ? null : Timeout;

    /// <summary>Says what is wrong with them; null if nothing is.</summary>
    public string? Problem() =>
        Memory < 1UL << 16 ? $"Limits.Memory is {Memory} bytes; at least 64 KiB are wanted."
        : Objects < LeastObjects ? $"Limits.Objects is {Objects}; at least {LeastObjects} kernel objects are wanted."
        : Instructions == 0 ? "Limits.Instructions is 0; at least 1, or null for no limit, is wanted."
        : FiniteTimeout <= TimeSpan.Zero || FiniteTimeout > LongestTimeout ? $"Limits.Timeout is {Timeout}; more than 0 and at most {LongestTimeout.TotalDays:0} days, or Timeout.InfiniteTimeSpan, is wanted."
        : CapturedOutput > MostCaptured ? $"Limits.CapturedOutput is {CapturedOutput} bytes; at most {MostCaptured} are wanted."
        : Priority is < 0 or > 31 ? $"Limits.Priority is {Priority}; 0 to 31 are wanted."
        : CpuShare is not (null or (>= 0.001 and <= 1)) ? string.Create(CultureInfo.InvariantCulture, $"Limits.CpuShare is {CpuShare}; 0.001 to 1 are wanted.")
        : null;
}

/// <summary>A program to run.</summary>
public sealed record ProgramSpec
{
    /// <summary>
    /// A program file of the host: a riscv64 Linux program, or a native one (told by its contents). With <see cref="Root"/>, and without <see cref="Image"/>, the
    /// program is in the root: an absolute path, one relative to <see cref="WorkingDirectory"/>, or a name that is looked for in the directories of the
    /// environment's PATH.
    /// </summary>
    public string Path { get; init; } = "";

    /// <summary>The program file, loaded before; if set, <see cref="Path"/> is only a name, and may be empty.</summary>
    public ProgramImage? Image { get; init; }

    /// <summary>The arguments behind the program's name.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>What the program sees as its name; null: <see cref="Path"/>.</summary>
    public string? Name { get; init; }

    /// <summary>The environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>The working directory, an absolute path of the guest.</summary>
    public string WorkingDirectory { get; init; } = "/";

    /// <summary>Host directories that it may see; none by default.</summary>
    public IReadOnlyList<DirectoryGrant> Directories { get; init; } = [];

    /// <summary>The layers of its root, the uppermost first; none: it has a few usual directories and no files of a distribution.</summary>
    public IReadOnlyList<FileLayer> Root { get; init; } = [];

    /// <summary>The user that it runs as; null: 0 with a <see cref="Root"/>, else 1000. User 0 may do everything in its own files, and nothing more on the host.</summary>
    public uint? User { get; init; }

    /// <summary>The group that it runs as; null: the number of <see cref="User"/>.</summary>
    public uint? Group { get; init; }

    /// <summary>Standard input; null: at its end. Read by the OS object, not closed by it.</summary>
    public Stream? StandardInput { get; init; }

    /// <summary>True: what is written to <see cref="Cell.Input"/> is standard input, instead of <see cref="StandardInput"/>.</summary>
    public bool PipesInput { get; init; }

    /// <summary>Standard output; null: kept for <see cref="RunResult.Output"/>. Not closed.</summary>
    public Stream? StandardOutput { get; init; }

    /// <summary>Standard error; null: kept for <see cref="RunResult.Error"/>. Not closed.</summary>
    public Stream? StandardError { get; init; }

    /// <summary>
    /// True if standard output and error lead to the same file, pipe or terminal: what is written there keeps the program's order. One stream that is
    /// given as both keeps it in any case.
    /// </summary>
    public bool SharesOutput { get; init; }

    /// <summary>True where a person sits at the standard streams.</summary>
    public bool IsTerminal { get; init; }

    /// <summary>True: <see cref="RunResult.StateHash"/> is wanted, which takes a walk through the program's memory at its end.</summary>
    public bool ReportsState { get; init; }

    /// <summary>True: <see cref="RunResult.ProgramSha256"/> is wanted.</summary>
    internal bool ReportsHash { get; init; } = true;

    /// <summary>What it may use.</summary>
    public ProgramLimits Limits { get; init; } = new();

    /// <summary>Says what is wrong with it; null if nothing is. Files and directories are looked at when it is started.</summary>
    public string? Problem() => NullProblem() ?? TextProblem() ?? GrantProblem() ?? Limits.Problem();

    /// <summary>True if the program's file is in its root.</summary>
    internal bool StartsInside => Root.Count > 0 && Image is null;

    /// <summary>The user that it runs as.</summary>
    internal uint UserId => User ?? (Root.Count > 0 ? 0u : 1000);

    /// <summary>The name in messages.</summary>
    internal string Called => Path.Length > 0 ? Path : Image?.Name ?? "";

    private string? NullProblem() =>
        Member.Null(Path, nameof(Path)) ?? Member.NullIn(Arguments, nameof(Arguments)) ?? Member.Null(Environment, nameof(Environment))
        ?? (Environment.FirstOrDefault(v => v.Value is null) is { Key: { } name } ? $"Environment[\"{name}\"] is null." : null)
        ?? Member.Null(WorkingDirectory, nameof(WorkingDirectory)) ?? Member.NullIn(Directories, nameof(Directories)) ?? Member.Null(Limits, nameof(Limits)) ?? Member.NullIn(Root, nameof(Root))
        ?? Directories.Select((grant, i) => Member.Null(grant.HostPath, $"Directories[{i}].HostPath") ?? Member.Null(grant.GuestPath, $"Directories[{i}].GuestPath"))
            .FirstOrDefault(problem => problem is not null)
        ?? (Path.Length == 0 && Image is null ? "Path is empty and Image is null; a program is wanted." : null);

    private string? TextProblem() =>
        Arguments.Append(Name ?? Called).Concat(Environment.Keys).Concat(Environment.Values).Any(a => a.Contains('\0', StringComparison.Ordinal)) ? "An argument or a variable holds a NUL character, which ends strings for programs."
        : Environment.Keys.FirstOrDefault(k => k.Length == 0 || k.Contains('=', StringComparison.Ordinal)) is { } name ? $"Environment has a variable \"{name}\", which has no name, or an equals sign in it, which ends names for programs."
        : StandardInput is not null && PipesInput ? "StandardInput and PipesInput are both set; one of them is wanted."
        : null;

    private string? GrantProblem() =>
        !WorkingDirectory.StartsWith('/') ? $"WorkingDirectory is \"{WorkingDirectory}\"; an absolute path of the guest is wanted."
        : Directories.FirstOrDefault(d => !d.GuestPath.StartsWith('/')) is { } relative ? $"Directories has the guest path \"{relative.GuestPath}\"; an absolute path is wanted."
        : Directories.FirstOrDefault(d => Parts(d.GuestPath).Contains("..")) is { } up ? $"Directories has the guest path \"{up.GuestPath}\"; a path without \"..\" is wanted."
        : Directories.GroupBy(d => string.Join('/', Parts(d.GuestPath))).FirstOrDefault(g => g.Count() > 1) is { } twice ? $"Directories has two grants at the guest path \"/{twice.Key}\"; one is wanted."
        : WorkingDirectoryProblem();

    /// <summary>A working directory that the guest will not find: outside of what every program sees and of the grants, or not in its grant.</summary>
    private string? WorkingDirectoryProblem()
    {
        if (Root.Count > 0)
        {
            return null; // It is looked for, and made, in the root.
        }

        string[] wanted = [.. Parts(WorkingDirectory)];
        var grant = Directories.Where(d => wanted.Take(Parts(d.GuestPath).Count()).SequenceEqual(Parts(d.GuestPath))).MaxBy(d => Parts(d.GuestPath).Count());
        bool isThere = grant is not null
            ? !Directory.Exists(grant.HostPath) || Directory.Exists(System.IO.Path.Combine([grant.HostPath, .. wanted[Parts(grant.GuestPath).Count()..]]))
            : wanted.Length == 0 || wanted is ["tmp"] or ["dev"] or ["proc", ..] || Directories.Any(d => Parts(d.GuestPath).Take(wanted.Length).SequenceEqual(wanted));
        return isThere ? null : $"WorkingDirectory is \"{WorkingDirectory}\", which is not there: neither in the guest's own tree nor in a granted directory.";
    }

    private static IEnumerable<string> Parts(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != ".");
}
