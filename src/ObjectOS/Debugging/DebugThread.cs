using ObjectOS.Cpu;
using ObjectOS.Machine;

namespace ObjectOS.Debugging;

/// <summary>A hart or thread of a guest, at any depth, as a debugger sees it.</summary>
/// <param name="number">From 1, by the order in which they first ran.</param>
/// <param name="context">Its registers.</param>
internal sealed class DebugThread(int number, HartContext context)
{
    public int Number => number;

    public HartContext Context => context;

    /// <summary>The space that it ran in last, of the machine's CPU.</summary>
    public required IAddressSpace Space { get; set; }

    /// <summary>When its last instruction began, on <see cref="DebugCpu.Clock"/>.</summary>
    public ulong LastBegin { get; set; }

    public string Describe() => context.Mode switch
    {
        HartMode.User => "a thread of a program",
        HartMode.Supervisor => $"hart {context.System!.Mhartid}, starts in S-mode, now {context.System.Privilege}",
        _ => $"hart {context.System!.Mhartid}, now {context.System.Privilege}",
    };
}

/// <summary>Why guests stand still.</summary>
internal enum StopKind
{
    /// <summary>The debugger asked for it, or they have not begun.</summary>
    Interrupt,

    /// <summary>Before an instruction.</summary>
    Breakpoint,

    /// <summary>After an access, or before it where time runs backwards.</summary>
    Watchpoint,

    /// <summary>A step is done.</summary>
    Step,

    /// <summary>The start of a recording.</summary>
    HistoryBegin,

    /// <summary>The end of a recording.</summary>
    HistoryEnd,

    /// <summary>The guest has ended.</summary>
    Exit,
}

/// <summary>A stop.</summary>
/// <param name="Kind">Why.</param>
/// <param name="Thread">Who stands there; null: none has run.</param>
/// <param name="Access">For watchpoints: which.</param>
/// <param name="ExitCode">For an end: the code.</param>
internal sealed record DebugStop(StopKind Kind, DebugThread? Thread, Watch? Access = null, int ExitCode = 0);

/// <summary>How guests go on.</summary>
/// <param name="Stepping">The number of the thread that does one instruction; null: all go on until something stops them.</param>
/// <param name="IsBackwards">True: back in time.</param>
internal readonly record struct DebugResume(int? Stepping, bool IsBackwards);
