using System.Globalization;

namespace ObjectOS.Testing.Comparing;

/// <summary>
/// What both versions are put through: a program or machine, what is typed and waited for, what must come of it, and which faults happen. A scenario is
/// a small text (<see cref="ScenarioText"/>) or is made in code. All of it happens at fixed guest times, so that runs are equal.
/// </summary>
public sealed record Scenario
{
    /// <summary>Most kernels under the first one, those of the scenario and of the version together.</summary>
    public const int MostDepth = 256;

    private const ulong LeastMemory = 64UL << 10, MostMemory = 1UL << 40;

    /// <summary>The host's timers reach no further.</summary>
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(49);

    /// <summary>The scenario without steps and checks: the version's own program or machine runs to its end.</summary>
    public static Scenario OwnRun { get; } = new() { Name = "run" };

    /// <summary>The name in reports.</summary>
    public string Name { get; init; } = "scenario";

    /// <summary>The program's file; null: that of the version.</summary>
    public string? Program { get; init; }

    /// <summary>The program's arguments.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Variables of the program's environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Directories that the program may see.</summary>
    public IReadOnlyList<DirectoryGrant> Directories { get; init; } = [];

    /// <summary>The program's working directory.</summary>
    public string WorkingDirectory { get; init; } = "/";

    /// <summary>Most bytes of memory of the program; null: as usual.</summary>
    public ulong? Memory { get; init; }

    /// <summary>Virtual instructions after which the guest ends; null: no limit.</summary>
    public ulong? Budget { get; init; }

    /// <summary>Kernels under the first one; the guest runs in the innermost.</summary>
    public int Depth { get; init; }

    /// <summary>
    /// Host time after which a run is stopped. A left version that has not ended makes the comparison invalid; a right one that has not, though it came
    /// further than the left one, fails.
    /// </summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>What is typed and waited for, in order.</summary>
    public IReadOnlyList<ScenarioStep> Steps { get; init; } = [];

    /// <summary>What must come of it.</summary>
    public IReadOnlyList<ScenarioCheck> Checks { get; init; } = [];

    /// <summary>Faults that happen.</summary>
    public IReadOnlyList<InjectedFault> Faults { get; init; } = [];

    /// <summary>Differences that were reviewed and are expected.</summary>
    public IReadOnlyList<AcceptedDifference> Accepted { get; init; } = [];

    /// <summary>Says what is wrong with it; null if nothing is. Files are looked at when it is run.</summary>
    public string? Problem() => LimitProblem() ?? StepProblem() ?? ProgramProblem();

    private string? LimitProblem() =>
        Memory is < LeastMemory or > MostMemory ? string.Create(CultureInfo.InvariantCulture, $"memory is {Memory} bytes; 64 KiB to 1 TiB are wanted")
        : Budget == 0 ? "budget is 0; at least 1 virtual instruction is wanted"
        : Depth is < 0 or > MostDepth ? string.Create(CultureInfo.InvariantCulture, $"depth is {Depth}; 0 to {MostDepth} is wanted")
        : Timeout <= TimeSpan.Zero || Timeout > LongestTimeout
            ? string.Create(CultureInfo.InvariantCulture, $"timeout is {Timeout.TotalSeconds} seconds; more than 0 and at most {LongestTimeout.TotalDays} days are wanted")
        : null;

    private string? StepProblem() =>
        Steps.FirstOrDefault(step => step.Kind == StepKind.Wait && (step.Within <= TimeSpan.Zero || step.Within > LongestTimeout)) is { } wait
            ? string.Create(CultureInfo.InvariantCulture, $"wait takes {wait.Within.TotalSeconds} seconds; more than 0 and at most {LongestTimeout.TotalDays} days are wanted")
        : Faults.Select(fault => fault.Problem()).FirstOrDefault(problem => problem is not null) is { } faulty ? faulty.TrimEnd('.')
        : Faults.Count(fault => fault.Call != 0) > 1 ? "two system calls are to fail; one is wanted"
        : null;

    /// <summary>What the library refuses of the program, in the words of scenarios.</summary>
    private string? ProgramProblem() =>
        new ProgramSpec { Path = "program", Arguments = Arguments, Environment = Environment, Directories = Directories, WorkingDirectory = WorkingDirectory }.Problem() is { } problem
            ? problem.Replace("WorkingDirectory is", "cwd is", StringComparison.Ordinal).Replace("Directories has", "dir has", StringComparison.Ordinal)
                .Replace("Environment has", "env has", StringComparison.Ordinal).TrimEnd('.')
            : null;
}

/// <summary>A step of a scenario.</summary>
/// <param name="Kind">What is done.</param>
/// <param name="Text">What is typed or waited for; empty for the end of the input.</param>
/// <param name="Within">Guest time to wait at most.</param>
public sealed record ScenarioStep(StepKind Kind, string Text, TimeSpan Within)
{
    /// <summary>Guest time that a wait takes at most if nothing is said.</summary>
    public static TimeSpan UsualWait { get; } = TimeSpan.FromSeconds(60);
}

/// <summary>What a step does.</summary>
public enum StepKind
{
    /// <summary>The text is typed.</summary>
    Type,

    /// <summary>The next step waits until the guest has written the text.</summary>
    Wait,

    /// <summary>The input ends.</summary>
    End,
}

/// <summary>A check of a scenario.</summary>
/// <param name="Kind">What is checked.</param>
/// <param name="Subject">The file for <see cref="CheckKind.File"/>, the property for <see cref="CheckKind.Property"/>; else empty.</param>
/// <param name="Wanted">The exit code, the text, or the most that the property may be.</param>
public sealed record ScenarioCheck(CheckKind Kind, string Subject, string Wanted);

/// <summary>What a check looks at.</summary>
public enum CheckKind
{
    /// <summary>The exit code is that number.</summary>
    ExitCode,

    /// <summary>The output holds the text.</summary>
    Output,

    /// <summary>A file of the host, in a granted directory, holds the text.</summary>
    File,

    /// <summary>A figure is at most that number: instructions, charged, memory or time (guest nanoseconds).</summary>
    Property,
}

/// <summary>A first difference that is expected. Both parts may hold <c>*</c> for any text.</summary>
/// <param name="Lane">The lane.</param>
/// <param name="Event">The event of the left or the right side.</param>
public sealed record AcceptedDifference(string Lane, string Event);
