using System.Diagnostics;
using System.Globalization;
using ObjectOS.Machine;
using ObjectOS.Services.Vmm;

namespace ObjectOS.Cli.Conformance;

/// <summary>How the tests of a suite are run.</summary>
/// <param name="Depth">How many kernels lie between a test's own and the machine.</param>
/// <param name="Engine">How their code is executed; null: as the environment says.</param>
/// <param name="Budget">Virtual instructions of each.</param>
/// <param name="Isa">The ISA that is claimed; null: what the CPU is.</param>
/// <param name="References">Signatures to compare with; null: the tests judge themselves.</param>
internal sealed record SuiteSettings(int Depth, Engine? Engine, ulong Budget, string? Isa, ReferenceSignatures? References);

/// <summary>Runs tests, each on a fresh machine with one hart in a fresh OS object, so that no test sees what another has left, in whatever order they run.</summary>
internal sealed class ConformanceSuite(SuiteSettings settings)
{
    private const ulong MachineMemory = 128UL << 20;
    private const ulong SystemMemory = 1UL << 30;

    /// <summary>The ISA of a machine: what the CPU is for user code, and what harts with a supervisor mode have beside it.</summary>
    public static async Task<string> IsaOfMachinesAsync()
    {
        await using var os = await ObjectOs.BootAsync().ConfigureAwait(false);
        return await os.InvokeAsync(kernel => kernel.Cpu.Description.Isa).ConfigureAwait(false) + MachineRequest.SupervisorExtensions;
    }

    /// <summary>Runs a test, or says why it is skipped.</summary>
    /// <param name="test">It.</param>
    /// <param name="claimed">The extensions that there are.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public async Task<Verdict> RunAsync(ConformanceTest test, IsaString claimed, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        if (Missing(test, claimed) is { } missing)
        {
            return new Verdict(VerdictKind.Skipped, missing, 0);
        }

        string? failure;
        try
        {
            failure = await FailureAsync(test, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            failure = $"not readable: {e.Message.TrimEnd('.')}";
        }

        return new Verdict(failure is null ? VerdictKind.Passed : VerdictKind.Failed, failure ?? "", Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    private static string? Missing(ConformanceTest test, IsaString claimed)
    {
        if (test.Architecture is null)
        {
            return null;
        }

        if (IsaString.TryParse(test.Architecture) is not { } wanted)
        {
            return $"made for {test.Architecture}";
        }

        string[] missing = [.. wanted.Named.Where(extension => !claimed.Has(extension))];
        return missing.Length == 0 ? null : $"made for {string.Join(", ", missing)}, which {(missing.Length == 1 ? "is" : "are")} not claimed";
    }

    private async Task<string?> FailureAsync(ConformanceTest test, CancellationToken cancellationToken)
    {
        var os = await ObjectOs.BootAsync(o => (o.Memory, o.Inputs, o.Engine) = (SystemMemory, Inputs.Deterministic, settings.Engine ?? o.Engine), cancellationToken).ConfigureAwait(false);
        await using (os.ConfigureAwait(false))
        {
            var innermost = await os.DescendAsync(settings.Depth, cancellationToken).ConfigureAwait(false);
            var result = await innermost.BootMachineAsync(
                new MachineSpec
                {
                    Image = new BootFile(test.Path),
                    Memory = MachineMemory,
                    Instructions = settings.Budget,
                    Isa = settings.Isa,
                    Paging = PagingMode.Sv57,
                    ReportsSignature = settings.References is not null,
                },
                cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            return Failure(result) ?? settings.References?.Difference(test, result.Signature);
        }
    }

    private string? Failure(RunResult result) => result.End switch
    {
        RunEnd.Htif when result.ReportedCode == 0 => null,
        RunEnd.Htif => string.Create(CultureInfo.InvariantCulture, $"tohost {(result.ReportedCode << 1) | 1} (test {result.ReportedCode})"),
        RunEnd.BudgetExhausted => string.Create(CultureInfo.InvariantCulture, $"budget after {settings.Budget} instructions"),
        RunEnd.Idle => string.Create(CultureInfo.InvariantCulture, $"idle after {result.Instructions} instructions: its hart waits for an interrupt that nothing can cause"),
        RunEnd.PoweredOff or RunEnd.Reset => "ended without a verdict in tohost",
        RunEnd.NotRunnable => $"not runnable: {WithoutName(result.Message ?? "")}",
        RunEnd.MemoryExhausted => "memory quota exhausted",
        _ => $"fault {WithoutName(result.Message ?? $"{result.End}")}",
    };

    /// <summary>The sentence without who it is about: cells have numbers, files have paths, and the line has its name already.</summary>
    private static string WithoutName(string message) => message[(message.IndexOf(": ", StringComparison.Ordinal) is var colon and >= 0 ? colon + 2 : 0)..];
}
