using ObjectOS.Machine;

namespace ObjectOS.Debugging;

/// <summary>What a debugger controls: a run that goes on now, or a recording.</summary>
internal interface IDebugTarget
{
    /// <summary>The CPU; another one after a replay has begun anew.</summary>
    DebugCpu Cpu { get; }

    /// <summary>Breakpoints and watchpoints.</summary>
    DebugStops Stops { get; }

    /// <summary>True: time can run backwards, and nothing can be changed.</summary>
    bool IsReplay { get; }

    /// <summary>Waits for guests to stand still, at first before their first instruction.</summary>
    Task<DebugStop> WaitAsync(CancellationToken cancellationToken);

    /// <summary>Lets guests go on, and waits for them to stand still.</summary>
    /// <param name="resume">How.</param>
    /// <param name="interrupt">Stops them where they are.</param>
    Task<DebugStop> ResumeAsync(DebugResume resume, CancellationToken interrupt);

    /// <summary>The debugger has gone: guests go on without it.</summary>
    void Release();

    /// <summary>The debugger wants the guests killed.</summary>
    void Kill();
}
