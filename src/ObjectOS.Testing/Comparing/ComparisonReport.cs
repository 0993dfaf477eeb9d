namespace ObjectOS.Testing.Comparing;

/// <summary>What a difference between two versions is.</summary>
public enum DifferenceClass
{
    /// <summary>There is none.</summary>
    Same,

    /// <summary>The scenario lists it as reviewed.</summary>
    Expected,

    /// <summary>The left version passes the scenario's checks, the right one fails.</summary>
    NewFailure,

    /// <summary>The left version fails the checks, the right one passes.</summary>
    Fixed,

    /// <summary>Both fail, and they differ.</summary>
    BothFail,

    /// <summary>A guest made another call, took another way or got another result.</summary>
    ControlFlow,

    /// <summary>The same calls with other bytes.</summary>
    Payload,

    /// <summary>The same calls and bytes at other times, and a guest could see it.</summary>
    Timing,

    /// <summary>Guests saw the same; instructions, charges, memory or time differ.</summary>
    Performance,
}

/// <summary>The outcome of a comparison.</summary>
/// <param name="Left">The name of the left version.</param>
/// <param name="Right">The name of the right version.</param>
/// <param name="Scenarios">The outcome of each scenario with each seed.</param>
public sealed record ComparisonReport(string Left, string Right, IReadOnlyList<ScenarioOutcome> Scenarios)
{
    /// <summary>True if in every scenario two runs of the left version were equal and the faults happened.</summary>
    public bool IsValid => Scenarios.All(scenario => scenario.Problem is null);

    /// <summary>True if no scenario has a difference that guests or checks can see and that is not expected.</summary>
    public bool IsSame => Scenarios.All(scenario => scenario.Class is DifferenceClass.Same or DifferenceClass.Expected or DifferenceClass.Performance);

    /// <summary>The tool's exit code: 0 the same, 1 different, 2 the report is invalid.</summary>
    public int ExitCode => !IsValid ? 2 : IsSame ? 0 : 1;
}

/// <summary>The outcome of one scenario with one seed.</summary>
public sealed record ScenarioOutcome
{
    /// <summary>The name of the scenario.</summary>
    public required string Scenario { get; init; }

    /// <summary>The seed; null: that of the version.</summary>
    public ulong? Seed { get; init; }

    /// <summary>What the difference is.</summary>
    public required DifferenceClass Class { get; init; }

    /// <summary>
    /// Why the comparison is invalid: two runs of the left version differed, or the host's time ran out before anything was known, in one sentence. Null: neither.
    /// </summary>
    public string? ControlProblem { get; init; }

    /// <summary>
    /// Why the comparison does not answer what was asked: a fault was to happen and did not, in one sentence. Null: all happened. A fault of the scenario
    /// that happens on the left side and not on the right is a difference like others.
    /// </summary>
    public string? FaultProblem { get; init; }

    /// <summary>Why the comparison is invalid; null: it is valid.</summary>
    public string? Problem => ControlProblem ?? FaultProblem;

    /// <summary>The left version's run.</summary>
    public required SideRun LeftRun { get; init; }

    /// <summary>The right version's run; null if there is none, because the control differed or did not end.</summary>
    public SideRun? RightRun { get; init; }

    /// <summary>The first difference, if events differ.</summary>
    public Divergence? Divergence { get; init; }

    /// <summary>Lanes that differ.</summary>
    public IReadOnlyList<string> DifferingLanes { get; init; } = [];
}

/// <summary>The first event in which two runs differ, with what led to it.</summary>
public sealed record Divergence
{
    /// <summary>The lane.</summary>
    public required string Lane { get; init; }

    /// <summary>The number of the event on its lane, from 1.</summary>
    public required long Ordinal { get; init; }

    /// <summary>The event of the left run; null: the lane ends before it.</summary>
    public SideEvent? Left { get; init; }

    /// <summary>The event of the right run; null: the lane ends before it.</summary>
    public SideEvent? Right { get; init; }

    /// <summary>The events before it in the left run: those of its lane and of the lanes that caused them, oldest first.</summary>
    public IReadOnlyList<SideEvent> LeftBefore { get; init; } = [];

    /// <summary>The same of the right run.</summary>
    public IReadOnlyList<SideEvent> RightBefore { get; init; } = [];

    /// <summary>
    /// The guest's variables that differ when the event happens, at most <see cref="MemoryDifference.MostShown"/> words; empty if none does, or if a guest's file has no symbols.
    /// </summary>
    public IReadOnlyList<MemoryDifference> Memory { get; init; } = [];

    /// <summary>The number of words of variables that differ, those of <see cref="Memory"/> included.</summary>
    public int MemoryCount { get; init; }

    /// <summary>The events from it on, aligned: what was inserted or left out stands out from what is the same.</summary>
    public IReadOnlyList<AlignedLine> Aligned { get; init; } = [];
}

/// <summary>A line of two aligned texts.</summary>
/// <param name="Side">Where it is.</param>
/// <param name="Text">The line.</param>
public sealed record AlignedLine(AlignedSide Side, string Text);

/// <summary>Which of two aligned texts has a line.</summary>
public enum AlignedSide
{
    /// <summary>Both.</summary>
    Both,

    /// <summary>The left one alone.</summary>
    Left,

    /// <summary>The right one alone.</summary>
    Right,
}
