using Microsoft.Extensions.Logging;
using ObjectOS.Abi;

namespace ObjectOS;

/// <content>What becomes of programs where the kernel or the virtual CPU under them does not go on.</content>
public sealed partial class ObjectOs
{
    private ObjectOs Outermost => _parent?.Outermost ?? this;

    /// <summary>
    /// A virtual CPU that waits for its holder: the embedding program's handler decides, else the programs on it and under it end with a report.
    /// </summary>
    private void LookAfterVirtualCpu()
    {
        if (VirtualCpu?.Exit is not { } exit)
        {
            return;
        }

        if (exit.Kind == ExitKind.Halted || _options.ExitHandler is not { } handler)
        {
            EndPrograms(exit.Kind is ExitKind.MemoryExhausted or ExitKind.ObjectsExhausted
                ? new RunResult { End = RunEnd.MemoryExhausted, ExitCode = 137, Message = $"the OS object at {Path} {WhatIsUsedUp()}" }
                : new RunResult { End = RunEnd.KernelHalted, ExitCode = 125, Message = $"the OS object at {Path} stopped: {exit.Kind}{(exit.Report is null ? "" : ": " + exit.Report)}" });
            return;
        }

        try
        {
            handler(VirtualCpu, exit);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _log.LogError(e, "The exit handler of the OS object at {Path} failed", Path);
            EndPrograms(new RunResult { End = RunEnd.KernelHalted, ExitCode = 125, Message = $"the exit handler of the OS object at {Path} failed: {e.GetType().Name}: {e.Message}" });
        }

        if (VirtualCpu.Exit is null)
        {
            // The slice has ended with nothing to do; the handler has let the virtual CPU go on since.
            _pump.RunAgain();
        }
    }

    /// <summary>What its holder grants may have changed since it was made, and may be more than there is.</summary>
    private string WhatIsUsedUp() => _cpu.Account.Parent is { } grant && grant.Used < grant.Limit
        ? "gets no more memory: one that it lies in has used up its own"
        : $"has used up its memory of {(_cpu.Account.Parent?.Limit << Pages.Shift) ?? _options.Memory} bytes";

    /// <summary>Something that is done between slices was suspended: who holds the virtual CPUs here and above is asked at once. True: it can be tried again.</summary>
    private bool AskHolders()
    {
        LookAfterVirtualCpu();
        return VirtualCpu?.Exit is null && (_parent?.AskHolders() ?? true);
    }

    /// <summary>Ends all programs here and below without the kernels' help.</summary>
    private void EndPrograms(RunResult result)
    {
        _jobs.EndAll(result);
        foreach (var child in _children)
        {
            child.EndPrograms(result);
        }
    }

    private async Task EndJobsWithKernelAsync()
    {
        await _pump.Completion.ConfigureAwait(false);
        if (_disposed == 0)
        {
            await EndJobsAsync().ConfigureAwait(false);
        }
    }

    /// <summary>The loop runs no more: nothing in the tree does.</summary>
    private async Task EndJobsAsync()
    {
        string report = Outermost.Kernel.HaltReport is { } halt ? $"the kernel halted: {halt}" : _pump.Failure?.Message ?? "the OS object was disposed of";
        _log.LogError(_pump.Failure, "The kernel does not run any more: {Report}", report);
        try
        {
            await _pump.InvokeAsync(() =>
            {
                EndPrograms(new RunResult { End = RunEnd.KernelHalted, ExitCode = 125, Message = report });
                return true;
            }).ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // Disposal has ended them.
        }
    }
}
