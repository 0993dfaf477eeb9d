using System.IO.Pipelines;
using ObjectOS.Host;

namespace ObjectOS;

/// <summary>A program or a virtual machine that was started in a cell of an OS object. Thread-safe.</summary>
public sealed class Cell
{
    private const int LargestSignal = 64;

    private readonly ObjectOs _os;
    private readonly Job _job;

    internal Cell(ObjectOs os, Job job)
    {
        _os = os;
        _job = job;
    }

    /// <summary>What was started.</summary>
    public ProgramSpec Spec => _job.Spec;

    /// <summary>The kernel's number of the cell; 0 until the cell exists.</summary>
    public uint Number => _job.Cell;

    /// <summary>The name of the program or machine: <see cref="ProgramSpec.Name"/>, else its path.</summary>
    public string Name => _job.Spec.Name ?? _job.Spec.Called;

    /// <summary>Its end. Never faults: a guest that fails is a result.</summary>
    public Task<RunResult> Completion => _job.Completion;

    /// <summary>Where standard input is written; complete it to end the input.</summary>
    /// <exception cref="InvalidOperationException"><see cref="ProgramSpec.PipesInput"/> was not set.</exception>
    public PipeWriter Input => _job.Input ?? throw new InvalidOperationException($"{Name} was started without PipesInput, so that nothing can be written to its input.");

    /// <summary>
    /// The lines of standard output from the first on, each as soon as it is whole, without its end. Ends with the program. May be called several times.
    /// </summary>
    /// <param name="cancellationToken">Ends the enumeration; the program runs on.</param>
    /// <exception cref="InvalidOperationException">Standard output goes to a stream of the embedding program.</exception>
    public IAsyncEnumerable<string> ReadLinesAsync(CancellationToken cancellationToken = default) =>
        (_job.Output ?? throw new InvalidOperationException($"The standard output of {Name} goes to StandardOutput, so that its lines are not kept.")).ReadLinesAsync(cancellationToken);

    /// <summary>What it has used so far; after its end, in all.</summary>
    /// <exception cref="ObjectDisposedException">The OS object has been disposed of, and the program with it.</exception>
    public async Task<ProgramStatistics> GetStatisticsAsync() => Completion.IsCompleted
        ? ProgramStatistics.Of(await Completion.ConfigureAwait(false))
        : await _os.GetStatisticsAsync(_job).ConfigureAwait(false);

    /// <summary>Stops it and its children at an instruction boundary until <see cref="ResumeAsync"/>. Pauses are not counted.</summary>
    /// <exception cref="ObjectDisposedException">The OS object has been disposed of.</exception>
    public Task PauseAsync() => _os.SetPausedAsync(_job, true);

    /// <summary>Ends a pause.</summary>
    /// <exception cref="ObjectDisposedException">The OS object has been disposed of.</exception>
    public Task ResumeAsync() => _os.SetPausedAsync(_job, false);

    /// <summary>Sends a signal to a Linux program: to its first process, as <c>kill</c> does.</summary>
    /// <param name="signal">The signal's number on Linux, 1 to 64.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such signal.</exception>
    /// <exception cref="InvalidOperationException">It is a virtual machine or a native program, which takes no signals.</exception>
    /// <exception cref="ObjectDisposedException">The OS object has been disposed of.</exception>
    public Task SendSignalAsync(int signal)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(signal, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(signal, LargestSignal);
        return _job.TakesSignals
            ? _os.SendSignalAsync(_job, signal)
            : throw new InvalidOperationException($"{Name} is not a Linux program, so that it takes no signals.");
    }

    /// <summary>Stops it at a defined point of its run; <see cref="Completion"/> then ends with <see cref="RunEnd.Stopped"/>.</summary>
    public async Task<RunResult> StopAsync()
    {
        await _os.StopAsync(_job, RunEnd.Stopped).ConfigureAwait(false);
        return await Completion.ConfigureAwait(false);
    }

    /// <summary>Waits for its end.</summary>
    /// <param name="cancellationToken">Stops the program.</param>
    /// <exception cref="ProgramCanceledException">
    /// The token was cancelled and has stopped the program; it has the result. A later wait without a token returns that result.
    /// </exception>
    /// <exception cref="InvalidOperationException">It is called from inside <see cref="ObjectOs.InvokeAsync"/>, which holds the loop.</exception>
    public async Task<RunResult> WaitAsync(CancellationToken cancellationToken = default)
    {
        _os.ThrowIfInCommand();
        using var registration = cancellationToken.Register(() => _ = _os.StopAsync(_job, RunEnd.Stopped));
        var result = await Completion.ConfigureAwait(false);
        return result.End == RunEnd.Stopped && cancellationToken.IsCancellationRequested ? throw new ProgramCanceledException(result, cancellationToken) : result;
    }
}

/// <summary>What a program and its children have used.</summary>
/// <param name="Instructions">Instructions retired.</param>
/// <param name="Charged">Virtual instructions: retired, and charged for the work of kernel and services.</param>
/// <param name="Traps">Traps taken, system calls included.</param>
/// <param name="Memory">Bytes of memory held now; after the end 0.</param>
/// <param name="PeakMemory">Most bytes of memory held.</param>
public sealed record ProgramStatistics(ulong Instructions, ulong Charged, ulong Traps, ulong Memory, ulong PeakMemory)
{
    /// <summary>Processor time in guest time: a virtual instruction takes a nanosecond.</summary>
    public TimeSpan CpuTime => TimeSpan.FromTicks((long)(Charged / 100));

    internal static ProgramStatistics Of(RunResult result) => new(result.Instructions, result.Charged, result.Traps, 0, result.PeakMemory);
}
