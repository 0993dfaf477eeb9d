namespace ObjectOS.Benchmarks.Peers;

/// <summary>A row of the table: two commands of the shell that do the same work.</summary>
/// <param name="Group">What it is one of: hello, short, program, machine, depth.</param>
/// <param name="Name">Its name.</param>
/// <param name="Ours">The tool's command.</param>
/// <param name="Peer">The peer's command.</param>
/// <param name="PeerName">The peer's name.</param>
internal sealed record Job(string Group, string Name, string Ours, string Peer, string PeerName)
{
    /// <summary>Processes in one run: more of those that take little time.</summary>
    public int Repeats { get; init; } = 1;

    /// <summary>True if both print the same.</summary>
    public bool PrintsTheSame { get; init; } = true;

    /// <summary>A text that both print if they work; null: none is looked for.</summary>
    public string? Expected { get; init; }

    /// <summary>A text at which both are ended; null: they end by themselves.</summary>
    public string? EndsAt { get; init; }

    /// <summary>The worse quartile of the ratio that is wanted of this row alone, and the one that is aimed at; null: the row counts in a goal of its group.</summary>
    public (double Must, double Aim)? Goal { get; init; }

    /// <summary>The files of figures that must show equal counts of instructions; null: there are none.</summary>
    public (string Ours, string Peer)? Figures { get; init; }
}

/// <summary>What one run took.</summary>
/// <param name="Seconds">CPU time of one process.</param>
/// <param name="Kibibytes">The largest resident set.</param>
internal readonly record struct Sample(double Seconds, double Kibibytes);

/// <summary>A measured row.</summary>
internal sealed record Result(Job Job, Series Ours, Series Peer, Series Ratio, Series OurMemory, Series PeerMemory)
{
    /// <summary>What is wrong with the row; null: it counts.</summary>
    public string? Problem { get; init; }

    public static Result Failed(Job job, string problem) => new(job, new([]), new([]), new([]), new([]), new([])) { Problem = problem };
}
