using System.Diagnostics;
using ObjectOS.Client;
using ObjectOS.Services.Files.Host;

namespace ObjectOS.Host;

/// <summary>A program under way, as its OS object keeps it.</summary>
internal sealed class Job(ulong number, ProgramSpec spec) : IDisposable
{
    private const long CaptureLimit = 64 << 20;

    private readonly TaskCompletionSource<RunResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ulong Number => number;

    public ProgramSpec Spec => spec;

    public Task<RunResult> Completion => _completion.Task;

    /// <summary>Why it was stopped, where the host did.</summary>
    public RunEnd? StopReason { get; set; }

    /// <summary>The memory object that its file was handed over in.</summary>
    public MemoryCapability? Image { get; set; }

    public BoundedCapture? Output { get; } = spec.StandardOutput is null ? new BoundedCapture(CaptureLimit) : null;

    public BoundedCapture? Error { get; } = spec.StandardError is null ? new BoundedCapture(CaptureLimit) : null;

    public List<HostDirectory> Directories { get; } = [];

    public Timer? Deadline { get; set; }

    public long Started { get; } = Stopwatch.GetTimestamp();

    public void End(RunResult result)
    {
        Dispose();
        _completion.TrySetResult(result with
        {
            OutputBytes = Output?.ToArray() ?? default,
            ErrorBytes = Error?.ToArray() ?? default,
        });
    }

    public void Dispose()
    {
        Deadline?.Dispose();
        foreach (var directory in Directories)
        {
            directory.Dispose();
        }
    }
}
