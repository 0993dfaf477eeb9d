using Microsoft.Extensions.Logging;

namespace ObjectOS;

/// <content>Stalls: kernels that do not return from a slice, and input that all cells wait for.</content>
public sealed partial class ObjectOs
{
    private int _isWaitReported;

    /// <summary>Reports what stalls, if anything does. On a host thread of its own.</summary>
    internal void LookForStall()
    {
        if (_pump.InSlice is { } slice && slice >= _options.StallTime)
        {
            ReportStall($"the kernel at {InSlice().Path} has neither run nor returned from its slice for {slice.TotalSeconds:0.0} s");
        }
        else if (_options.IsDeterministic && _pump.AwaitsHostFor is { } wait && wait >= _options.StallTime)
        {
            if (Interlocked.Exchange(ref _isWaitReported, 1) == 0)
            {
                _ = ReportWaitAsync(wait);
            }
        }
        else
        {
            Volatile.Write(ref _isWaitReported, 0);
        }
    }

    /// <summary>The innermost kernel that is in a slice.</summary>
    private ObjectOs InSlice()
    {
        var os = this;
        while (os._childrenSeen.FirstOrDefault(child => child.VirtualCpu!.IsInSlice) is { } child)
        {
            os = child;
        }

        return os;
    }

    private async Task ReportWaitAsync(TimeSpan wait)
    {
        try
        {
            string awaited = await _pump.InvokeAsync(() => AwaitedInput() ?? "an answer of the host").ConfigureAwait(false);
            ReportStall($"all programs have waited {wait.TotalSeconds:0} s for {awaited}: with deterministic inputs none runs until it comes");
        }
        catch (ObjectDisposedException)
        {
            // It waits no longer.
        }
    }

    private string? AwaitedInput() => _jobs.AwaitedInput ?? _children.Select(child => child.AwaitedInput()).FirstOrDefault(awaited => awaited is not null);

    private void ReportStall(string sentence)
    {
        _log.LogError("{Sentence}", sentence);
        _options.StallHandler?.Invoke(sentence);
    }
}
