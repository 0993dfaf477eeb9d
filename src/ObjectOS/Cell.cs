namespace ObjectOS;

/// <summary>A program that was started in a cell of an OS object.</summary>
public sealed class Cell
{
    private readonly ObjectOs _os;

    internal Cell(ObjectOs os, ulong job, ProgramSpec spec, Task<RunResult> completion)
    {
        _os = os;
        Job = job;
        Spec = spec;
        Completion = completion;
    }

    /// <summary>What was started.</summary>
    public ProgramSpec Spec { get; }

    /// <summary>Its end. Never faults: a guest that fails is a result.</summary>
    public Task<RunResult> Completion { get; }

    internal ulong Job { get; }

    /// <summary>Stops it at a defined point of its run; <see cref="Completion"/> then ends with <see cref="RunEnd.Stopped"/>.</summary>
    public Task<RunResult> StopAsync() => _os.StopAsync(this, RunEnd.Stopped);

    /// <summary>Waits for its end.</summary>
    /// <param name="cancellationToken">Stops the program; the result then says <see cref="RunEnd.Stopped"/>.</param>
    public async Task<RunResult> WaitAsync(CancellationToken cancellationToken = default)
    {
        using var registration = cancellationToken.Register(() => _ = StopAsync());
        return await Completion.ConfigureAwait(false);
    }
}
