using ObjectOS.Machine;
using ObjectOS.Recording;

namespace ObjectOS.Debugging;

/// <summary>A recording: back in time is running again from its start.</summary>
internal sealed class ReplayTarget(Replay replay, DebugStops stops) : IDebugTarget
{
    public DebugCpu Cpu => replay.DebugCpu!;

    public DebugStops Stops => stops;

    public bool IsReplay => true;

    public Task<DebugStop> WaitAsync(CancellationToken cancellationToken) => Task.Run(
        () => Cpu.Stopped ?? RunToClock(0, cancellationToken), CancellationToken.None);

    public Task<DebugStop> ResumeAsync(DebugResume resume, CancellationToken interrupt) => Task.Run(
        () => !resume.IsBackwards ? Forward(resume.Stepping, interrupt)
            : resume.Stepping is { } thread ? StepBack(thread, interrupt)
            : ContinueBack(interrupt),
        CancellationToken.None);

    public void Release()
    {
        stops.Clear();
        Cpu.Continue(null);
    }

    public void Kill() => Release();

    private DebugStop Forward(int? stepping, CancellationToken interrupt)
    {
        Cpu.Until = null;
        Cpu.Continue(Cpu.Threads.FirstOrDefault(thread => thread.Number == stepping));
        return Run(interrupt);
    }

    /// <summary>Back to where the thread's last instruction was about to be executed.</summary>
    private DebugStop StepBack(int number, CancellationToken interrupt)
    {
        ulong now = Cpu.Clock;
        ulong target = Cpu.Threads.FirstOrDefault(thread => thread.Number == number)?.LastBegin ?? 0;
        var stop = target < now ? RunToClock(target, interrupt) : RunToClock(0, interrupt);
        return now == 0 ? stop with { Kind = StopKind.HistoryBegin } : stop with { Kind = StopKind.Step };
    }

    /// <summary>Back to the last breakpoint or watched access before now.</summary>
    private DebugStop ContinueBack(CancellationToken interrupt)
    {
        ulong now = Cpu.Clock;
        replay.RestartDebugging();
        Cpu.Collects = true;
        Cpu.Until = now;
        Cpu.Continue(null);
        Run(interrupt);
        var last = Cpu.LastHit;
        var stop = RunToClock(last?.Clock ?? 0, interrupt);
        return last is { } hit ? stop with { Kind = hit.Stop.Kind, Access = hit.Stop.Access } : stop with { Kind = StopKind.HistoryBegin };
    }

    /// <summary>Runs again to a place, whatever is on the way.</summary>
    private DebugStop RunToClock(ulong clock, CancellationToken interrupt)
    {
        replay.RestartDebugging();
        Cpu.Collects = true;
        Cpu.Until = clock;
        Cpu.Continue(null);
        var stop = Run(interrupt);
        Cpu.Collects = false;
        Cpu.Until = null;
        return stop;
    }

    private DebugStop Run(CancellationToken interrupt)
    {
        replay.RunDebugged(interrupt);
        if (Cpu.Stopped is null)
        {
            Cpu.StopIdle();
            return new DebugStop(replay.IsAtEnd ? StopKind.HistoryEnd : StopKind.Interrupt, Cpu.Current);
        }

        return Cpu.Stopped;
    }
}
