using Nito.AsyncEx;
using ObjectOS.Machine;

namespace ObjectOS.Debugging;

/// <summary>A run that goes on now: while guests stand still for the debugger, the OS object is paused.</summary>
internal sealed class LiveTarget(ObjectOs os, DebugCpu cpu, DebugStops stops, Action kill) : IDebugTarget
{
    private readonly TaskCompletionSource<DebugStop> _exit = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly AsyncAutoResetEvent _stopped = new();

    public DebugCpu Cpu => cpu;

    public DebugStops Stops => stops;

    public bool IsReplay => false;

    /// <summary>Stops guests before their first instruction.</summary>
    public void Begin()
    {
        cpu.Stopping = () =>
        {
            os.Pause();
            _stopped.Set();
        };
        cpu.RequestStop();
    }

    /// <summary>The guest has ended; nothing stops for the debugger any more.</summary>
    public void Exit(int code)
    {
        cpu.Stopping = null;
        if (_exit.TrySetResult(new DebugStop(StopKind.Exit, null, null, code)) && cpu.Stopped is not null)
        {
            Release();
        }
    }

    public async Task<DebugStop> WaitAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await WaitForStopAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // An interrupt has met the guest's end, and the OS object has gone with it.
            Exit(0);
            return await _exit.Task.ConfigureAwait(false);
        }
    }

    private async Task<DebugStop> WaitForStopAsync(CancellationToken cancellationToken)
    {
        while (!_exit.Task.IsCompleted)
        {
            if (cpu.Stopped is { } stop)
            {
                // The slice has ended once the loop is paused.
                await os.InvokeAsync(_ => true).ConfigureAwait(false);
                return stop;
            }

            var stopped = _stopped.WaitAsync(cancellationToken);
            await Task.WhenAny(stopped, _exit.Task).ConfigureAwait(false);
            if (cancellationToken.IsCancellationRequested && cpu.Stopped is null)
            {
                await StopNowAsync().ConfigureAwait(false);
            }
        }

        return await _exit.Task.ConfigureAwait(false);
    }

    public async Task<DebugStop> ResumeAsync(DebugResume resume, CancellationToken interrupt)
    {
        cpu.Continue(cpu.Threads.FirstOrDefault(thread => thread.Number == resume.Stepping));
        os.Resume();
        return await WaitAsync(interrupt).ConfigureAwait(false);
    }

    public void Release()
    {
        stops.Clear();
        cpu.Continue(null);
        os.Resume();
    }

    public void Kill()
    {
        kill();
        Release();
    }

    /// <summary>Guests may run, or all be idle.</summary>
    private async Task StopNowAsync()
    {
        os.Pause();
        cpu.RequestStop();
        await os.InvokeAsync(_ =>
        {
            cpu.StopIdle();
            return true;
        }).ConfigureAwait(false);
    }
}
