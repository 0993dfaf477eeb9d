using ObjectOS.Host;

namespace ObjectOS;

/// <summary>A program that was started in a cell of an OS object. Thread-safe.</summary>
public sealed class Cell
{
    private readonly ObjectOs _os;
    private readonly Job _job;

    internal Cell(ObjectOs os, Job job)
    {
        _os = os;
        _job = job;
    }

    /// <summary>What was started.</summary>
    public ProgramSpec Spec => _job.Spec;

    /// <summary>Its end. Never faults: a guest that fails is a result.</summary>
    public Task<RunResult> Completion => _job.Completion;

    /// <summary>Stops it at a defined point of its run; <see cref="Completion"/> then ends with <see cref="RunEnd.Stopped"/>.</summary>
    /// <remarks>
    /// While the OS object is paused the end waits for <see cref="ObjectOs.Resume"/>, and while its virtual CPU, or one above, waits for its holder, for that one.
    /// </remarks>
    public async Task<RunResult> StopAsync()
    {
        await _os.StopAsync(_job, RunEnd.Stopped).ConfigureAwait(false);
        return await Completion.ConfigureAwait(false);
    }

    /// <summary>Waits for its end.</summary>
    /// <param name="cancellationToken">Stops the program; the result then says <see cref="RunEnd.Stopped"/>.</param>
    public async Task<RunResult> WaitAsync(CancellationToken cancellationToken = default)
    {
        using var registration = cancellationToken.Register(() => _ = _os.StopAsync(_job, RunEnd.Stopped));
        return await Completion.ConfigureAwait(false);
    }
}
