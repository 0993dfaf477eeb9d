using ObjectOS.Events;

namespace ObjectOS.Testing.Comparing;

/// <summary>
/// Puts two versions through the same scenarios and finds the first event in which they differ. The left version is run twice first: if those runs differ,
/// the comparison is invalid, because the scenario is not deterministic.
/// </summary>
public static class Comparison
{
    /// <summary>Events of all lanes that are kept before the divergence.</summary>
    private const int KeptBefore = 256;

    /// <summary>Events of the lane that are kept from the divergence on.</summary>
    private const int KeptAfter = 48;

    /// <summary>Lanes that are searched for the first difference.</summary>
    private const int MostLanes = 64;

    /// <summary>Events before the divergence that a report shows.</summary>
    private const int ShownBefore = 24;

    /// <summary>Compares.</summary>
    /// <param name="left">The version that is known.</param>
    /// <param name="right">The version that is tried.</param>
    /// <param name="scenarios">What both are put through; empty: <see cref="Scenario.OwnRun"/>.</param>
    /// <param name="seeds">The seeds with which each scenario is run; empty: the version's own once.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ScenarioException">A scenario cannot be run with a version.</exception>
    public static async Task<ComparisonReport> RunAsync(
        IComparedVersion left, IComparedVersion right, IReadOnlyList<Scenario>? scenarios = null, IReadOnlyList<ulong>? seeds = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        var outcomes = new List<ScenarioOutcome>();
        foreach (var scenario in scenarios is { Count: > 0 } ? scenarios : [Scenario.OwnRun])
        {
            foreach (ulong? seed in seeds is { Count: > 0 } ? seeds.Select(seed => (ulong?)seed) : [null])
            {
                outcomes.Add(await RunAsync(left, right, scenario, seed, cancellationToken).ConfigureAwait(false));
            }
        }

        return new ComparisonReport(left.Name, right.Name, outcomes);
    }

    private static async Task<ScenarioOutcome> RunAsync(IComparedVersion left, IComparedVersion right, Scenario scenario, ulong? seed, CancellationToken cancellationToken)
    {
        var request = new SideRequest(seed);
        var first = await left.RunAsync(scenario, request, cancellationToken).ConfigureAwait(false);
        if (first.End == nameof(RunEnd.NotRunnable))
        {
            throw new ScenarioException($"{left.Name}: {first.Message}");
        }

        if (first.End == nameof(RunEnd.TimedOut))
        {
            return new ScenarioOutcome { Scenario = scenario.Name, Seed = seed, Class = DifferenceClass.BothFail, ControlProblem = Unended("left", first), LeftRun = first };
        }

        var control = await left.RunAsync(scenario, request, cancellationToken).ConfigureAwait(false);
        if (ControlProblem(first, control) is { } problem)
        {
            return new ScenarioOutcome { Scenario = scenario.Name, Seed = seed, Class = DifferenceClass.BothFail, ControlProblem = problem, LeftRun = first };
        }

        var other = await right.RunAsync(scenario, request, cancellationToken).ConfigureAwait(false);
        if (other.End == nameof(RunEnd.TimedOut) && other.Charged <= first.Charged)
        {
            // The host was slow: nothing says that the guest would not have ended.
            return new ScenarioOutcome { Scenario = scenario.Name, Seed = seed, Class = DifferenceClass.BothFail, ControlProblem = Unended("right", other), LeftRun = first, RightRun = other };
        }

        var part = LaneComparison.FirstPart(first, other);
        var lanes = part is { } differing ? LaneComparison.Differing(first, other, differing).ToArray() : [];
        var divergence = part is { } known ? await LocateAsync(left, right, scenario, request, (first, other), lanes, known, cancellationToken).ConfigureAwait(false) : null;
        return new ScenarioOutcome
        {
            Scenario = scenario.Name,
            Seed = seed,
            Class = Classify(scenario, first, other, part, divergence),
            FaultProblem = FaultProblem(first, other),
            LeftRun = first,
            RightRun = other,
            Divergence = divergence,
            DifferingLanes = lanes,
        };
    }

    private static string Unended(string side, SideRun run) => $"the {side} version {run.Message}; a longer time-out or a budget is wanted";

    private static string? FaultProblem(SideRun left, SideRun right) =>
        left.UnreachedFaults is [var first, ..] ? $"left: {first.Text}"
        : right.UnreachedFaults.FirstOrDefault(fault => fault.IsOfVersion) is { } own ? $"right: {own.Text}"
        : null;

    private static string? ControlProblem(SideRun first, SideRun second)
    {
        if (second.End == nameof(RunEnd.TimedOut))
        {
            return Unended("left", second);
        }

        if (LaneComparison.FirstPart(first, second) is { } part)
        {
            return $"two runs of the left version differ in the lane {LaneComparison.Differing(first, second, part).First()}";
        }

        return (first.End, first.ExitCode, first.Instructions, first.Charged, first.StateHash, first.Output) == (second.End, second.ExitCode, second.Instructions, second.Charged, second.StateHash, second.Output)
            ? null : "two runs of the left version end differently";
    }

    private static DifferenceClass Classify(Scenario scenario, SideRun left, SideRun right, EventPart? part, Divergence? divergence)
    {
        bool leftPasses = left.Failures.Count == 0, rightPasses = right.Failures.Count == 0;
        bool isEnd = (left.End, left.ExitCode) != (right.End, right.ExitCode);
        if (part is null && !isEnd && leftPasses && rightPasses)
        {
            return (left.Instructions, left.Charged, left.PeakMemory, left.Time) == (right.Instructions, right.Charged, right.PeakMemory, right.Time) ? DifferenceClass.Same : DifferenceClass.Performance;
        }

        return divergence is not null && scenario.Accepted.Any(accepted => Accepts(accepted, divergence)) ? DifferenceClass.Expected
            : leftPasses && !rightPasses ? DifferenceClass.NewFailure
            : !leftPasses && rightPasses ? DifferenceClass.Fixed
            : !leftPasses ? DifferenceClass.BothFail
            : part switch { EventPart.Payload => DifferenceClass.Payload, EventPart.Timing => DifferenceClass.Timing, _ => DifferenceClass.ControlFlow };
    }

    private static bool Accepts(AcceptedDifference accepted, Divergence divergence) =>
        Wildcard.Matches(accepted.Lane, divergence.Lane)
        && (Wildcard.Matches(accepted.Event, divergence.Left?.Text ?? "") || Wildcard.Matches(accepted.Event, divergence.Right?.Text ?? ""));

    /// <summary>
    /// Runs both versions again: once for the events of the blocks that differ, once for those around the first of them. Of several lanes, the one whose
    /// event came first in the left run is it; the order of events in a run is the kernel's own and respects what caused what.
    /// </summary>
    private static async Task<Divergence?> LocateAsync(
        IComparedVersion left, IComparedVersion right, Scenario scenario, SideRequest request, (SideRun Left, SideRun Right) runs, string[] lanes, EventPart part, CancellationToken cancellationToken)
    {
        var windows = lanes.Take(MostLanes).Select(lane => LaneComparison.Window(runs.Left, runs.Right, lane, part)).ToArray();
        var (a, b) = await BothAsync(left, right, scenario, request with { Windows = windows }, request with { Windows = windows }, cancellationToken).ConfigureAwait(false);
        var differing = windows
            .Select(window => (window.Lane, Found: LaneComparison.First(a.Kept.Where(e => e.Lane == window.Lane), b.Kept.Where(e => e.Lane == window.Lane), part)))
            .Where(lane => lane.Found is not null)
            .OrderBy(lane => lane.Found!.Value.Left?.Sequence ?? lane.Found!.Value.Right!.Sequence)
            .ToArray();
        if (differing.Length == 0)
        {
            return null;
        }

        // A request of a call comes before the call's answer: the call is what its caller did.
        string? cause = differing[0].Found!.Value.Left?.Cause ?? differing[0].Found!.Value.Right?.Cause;
        var first = cause is not null && Array.Exists(differing, lane => lane.Lane == cause) ? Array.Find(differing, lane => lane.Lane == cause) : differing[0];
        var found = first.Found!.Value;

        (a, b) = await BothAsync(left, right, scenario, Watching(found.Left), Watching(found.Right), cancellationToken).ConfigureAwait(false);
        var memory = MemoryDifference.Between(a.Variables, b.Variables).ToArray();
        return new Divergence
        {
            Lane = first.Lane,
            Ordinal = found.Ordinal,
            Left = a.After.Count > 0 ? a.After[0] : null,
            Right = b.After.Count > 0 ? b.After[0] : null,
            LeftBefore = LedTo(first.Lane, a.Before),
            RightBefore = LedTo(first.Lane, b.Before),
            Memory = [.. memory.Take(MemoryDifference.MostShown)],
            MemoryCount = memory.Length,
            Aligned = Alignment.Of([.. a.After.Select(e => e.Text)], [.. b.After.Select(e => e.Text)]),
        };

        SideRequest Watching(SideEvent? e) => request with { Watch = new EventWatch(first.Lane, found.Ordinal, KeptBefore, KeptAfter, e?.Record ?? 0) };
    }

    private static async Task<(SideRun Left, SideRun Right)> BothAsync(IComparedVersion left, IComparedVersion right, Scenario scenario, SideRequest ofLeft, SideRequest ofRight, CancellationToken cancellationToken)
    {
        var both = await Task.WhenAll(left.RunAsync(scenario, ofLeft, cancellationToken), right.RunAsync(scenario, ofRight, cancellationToken)).ConfigureAwait(false);
        return (both[0], both[1]);
    }

    /// <summary>The last events of a lane, of the lanes that caused its events, of its parent and of its children.</summary>
    private static SideEvent[] LedTo(string lane, IReadOnlyList<SideEvent> before)
    {
        var causes = new HashSet<string> { lane };
        foreach (var e in before.Where(e => e.Lane == lane && e.Cause is not null))
        {
            causes.Add(e.Cause!);
        }

        foreach (var e in before.Where(e => e.Cause == lane || lane.StartsWith(e.Lane + ".", StringComparison.Ordinal) || e.Lane.StartsWith(lane + ".", StringComparison.Ordinal)))
        {
            causes.Add(e.Lane);
        }

        return [.. before.Where(e => causes.Contains(e.Lane)).TakeLast(ShownBefore)];
    }
}
