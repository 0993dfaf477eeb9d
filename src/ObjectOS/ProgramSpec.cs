namespace ObjectOS;

/// <summary>A host directory that a program may see.</summary>
/// <param name="HostPath">The directory; it must exist.</param>
/// <param name="GuestPath">Where the program sees it: an absolute path.</param>
/// <param name="Writable">True: the program may change it.</param>
public sealed record DirectoryGrant(string HostPath, string GuestPath, bool Writable = false);

/// <summary>What a program may use; what is not set is not limited beyond the OS object's own limits.</summary>
public sealed record ProgramLimits
{
    private const int LeastObjects = 256;

    // The host's timers reach no further.
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(49);

    /// <summary>Most memory, in bytes.</summary>
    public ulong Memory { get; init; } = 256UL << 20;

    /// <summary>Most kernel objects (threads, mappings, capabilities).</summary>
    public int Objects { get; init; } = 16384;

    /// <summary>Virtual instructions that it and its children may use; exact, the same on every host.</summary>
    public ulong? Instructions { get; init; }

    /// <summary>Host time after which it is stopped.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Most bytes in <c>/tmp</c>.</summary>
    public ulong TemporaryFiles { get; init; } = 64UL << 20;

    /// <summary>Says what is wrong with them; null where nothing is.</summary>
    public string? Problem() =>
        Memory < 1UL << 16 ? $"Memory is {Memory} bytes; at least 64 KiB are wanted."
        : Objects < LeastObjects ? $"Objects is {Objects}; at least {LeastObjects} kernel objects are wanted."
        : Instructions == 0 ? "Instructions is 0; at least 1, or null for no limit, is wanted."
        : Timeout < TimeSpan.Zero || Timeout > LongestTimeout ? $"Timeout is {Timeout}; a time from 0 to {LongestTimeout.TotalDays:0} days is wanted."
        : null;
}

/// <summary>A program to run.</summary>
public sealed record ProgramSpec
{
    /// <summary>A program file of the host: a static riscv64 Linux program, or a native one (told by its contents).</summary>
    public string Path { get; init; } = "";

    /// <summary>The program file's bytes; where set, <see cref="Path"/> is only a name.</summary>
    public ReadOnlyMemory<byte>? Image { get; init; }

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

    /// <summary>Standard input; null: at its end. Read by the OS object, not closed by it.</summary>
    public Stream? StandardInput { get; init; }

    /// <summary>Standard output; null: kept for <see cref="RunResult.Output"/>. Not closed.</summary>
    public Stream? StandardOutput { get; init; }

    /// <summary>Standard error; null: kept for <see cref="RunResult.Error"/>. Not closed.</summary>
    public Stream? StandardError { get; init; }

    /// <summary>True where a person sits at the standard streams.</summary>
    public bool IsTerminal { get; init; }

    /// <summary>True: <see cref="RunResult.StateHash"/> is wanted, which takes a walk through the program's memory at its end.</summary>
    public bool ReportsState { get; init; }

    /// <summary>What it may use.</summary>
    public ProgramLimits Limits { get; init; } = new();

    /// <summary>Says what is wrong with it; null where nothing is. Files and directories are looked at when it is started.</summary>
    public string? Problem()
    {
        string? relative = Directories.Select(d => d.GuestPath).Append(WorkingDirectory).FirstOrDefault(p => !p.StartsWith('/'));
        return relative is not null ? $"The guest path \"{relative}\" is not absolute."
            : Arguments.Append(Name ?? Path).Concat(Environment.Keys).Concat(Environment.Values).Any(a => a.Contains('\0', StringComparison.Ordinal)) ? "An argument or a variable holds a NUL character, which ends strings for programs."
            : Environment.Keys.FirstOrDefault(k => k.Length == 0 || k.Contains('=', StringComparison.Ordinal)) is { } name ? $"The variable \"{name}\" has no name, or an equals sign in it, which ends names for programs."
            : Limits.Problem();
    }
}
