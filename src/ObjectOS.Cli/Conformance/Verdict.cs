namespace ObjectOS.Cli.Conformance;

/// <summary>What came of a test.</summary>
internal enum VerdictKind
{
    Passed,
    Failed,
    Skipped,
}

/// <summary>What came of a test, and why.</summary>
/// <param name="Kind">What.</param>
/// <param name="Reason">Why it failed or was skipped; else empty.</param>
/// <param name="Seconds">Host time that it took.</param>
internal sealed record Verdict(VerdictKind Kind, string Reason, double Seconds)
{
    /// <summary>The line that says it.</summary>
    public string Line(string name) => Kind switch
    {
        VerdictKind.Passed => $"PASS {name}",
        VerdictKind.Failed => $"FAIL {name}: {Reason}",
        _ => $"SKIP {name}: {Reason}",
    };
}
