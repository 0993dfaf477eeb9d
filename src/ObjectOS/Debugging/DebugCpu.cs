using ObjectOS.Cpu;
using ObjectOS.Machine;

namespace ObjectOS.Debugging;

/// <summary>
/// The machine's CPU under the kernels of a debugged OS object. Every run of guest code, at any depth, comes through here. A stop is a run that
/// returns Suspended, which no kernel and no guest can tell from the end of a slice; so counts and states are those of a run without a debugger.
/// </summary>
/// <param name="inner">The CPU.</param>
/// <param name="stops">Breakpoints and watchpoints.</param>
internal sealed class DebugCpu(RealCpu inner, DebugStops stops) : ICpu, IDisposable
{
    private readonly Dictionary<HartContext, DebugThread> _byContext = [];
    private readonly List<DebugThread> _threads = [];
    private volatile DebugStop? _stopped;
    private volatile bool _wantsStop;
    private DebugThread? _stepping;
    private (ulong Pc, ulong Retired) _stepFrom;

    /// <summary>Called on the kernels' thread when a stop has begun.</summary>
    public Action? Stopping { get; set; }

    /// <summary>The CPU itself.</summary>
    public RealCpu Inner => inner;

    /// <summary>Why guests stand still; null: they do not.</summary>
    public DebugStop? Stopped => _stopped;

    /// <summary>
    /// Instructions that guests have executed and exceptions that left a hart: a time that tells any two instructions apart, and is the same in every run of a
    /// recording.
    /// </summary>
    public ulong Clock { get; private set; }

    /// <summary>The thread that ran last.</summary>
    public DebugThread? Current { get; private set; }

    /// <summary>Where to stop on <see cref="Clock"/>; null: nowhere.</summary>
    public ulong? Until { get; set; }

    /// <summary>True: breakpoints and watchpoints are noted in <see cref="LastHit"/>, and guests go on.</summary>
    public bool Collects { get; set; }

    /// <summary>Where the last of those was, and what it was. For an access it is before the instruction.</summary>
    public (ulong Clock, DebugStop Stop)? LastHit { get; private set; }

    public CpuDescription Description => inner.Description;

    public IGuestMemory Memory => inner.Memory;

    public IMemoryAccount Account => inner.Account;

    /// <summary>The threads that have run and whose address space is still there.</summary>
    public IReadOnlyList<DebugThread> Threads => [.. _threads.Where(thread => thread == Current || inner.HasMappings(thread.Space))];

    public IAddressSpace CreateAddressSpace(IMemoryAccount account) => inner.CreateAddressSpace(account);

    public void Attach(ICpuGuest guest) => inner.Attach(guest);

    public void Interrupt() => inner.Interrupt();

    public void Dispose() => inner.Dispose();

    /// <summary>Stops guests at the next instruction that any executes. Any thread.</summary>
    public void RequestStop()
    {
        _wantsStop = true;
        inner.Interrupt();
    }

    /// <summary>Says that guests stand still though none runs. Between slices.</summary>
    public void StopIdle() => _stopped ??= new DebugStop(StopKind.Interrupt, Current);

    /// <summary>Lets guests go on. Between slices.</summary>
    /// <param name="stepping">Who does one instruction; null: nobody in particular.</param>
    public void Continue(DebugThread? stepping)
    {
        _stepping = stepping;
        _stepFrom = stepping is null ? default : (stepping.Context.Pc, stepping.Context.Retired);
        _wantsStop = false;
        stops.Continue(_stopped?.Thread?.Context);
        _stopped = null;
    }

    public void Run(HartContext context, IAddressSpace space, in RunLimits limits, out Trap trap)
    {
        var thread = Note(context, space);
        trap = new Trap { Cause = TrapCause.Suspended, Pc = context.Pc };
        if (_stopped is not null || StopsNow(thread))
        {
            return;
        }

        ulong most = _stepping == thread ? Math.Min(limits.Instructions, 1) : limits.Instructions;
        most = Until is { } until ? Math.Min(most, until - Clock) : most;
        inner.Run(context, space, limits with { Instructions = most }, out trap);
        ulong moments = trap.Retired + (trap.IsException ? 1UL : 0);
        Clock += moments;
        thread.LastBegin = moments > 0 ? Clock - 1 : thread.LastBegin;
        if (stops.HasStopped)
        {
            Hit(thread);
        }
        else if (_stepping == thread && HasMoved(context))
        {
            Stop(new DebugStop(StopKind.Step, thread));
        }

        if (trap.Cause == TrapCause.BudgetEnd && trap.Retired < limits.Instructions)
        {
            // The budget was the debugger's.
            trap.Cause = TrapCause.Suspended;
        }
    }

    private bool StopsNow(DebugThread thread)
    {
        StopKind? kind = _wantsStop || Clock >= Until ? StopKind.Interrupt
            : _stepping == thread && HasMoved(thread.Context) ? StopKind.Step
            : null;
        if (kind is { } why)
        {
            Stop(new DebugStop(why, thread));
        }

        return kind is not null;
    }

    private bool HasMoved(HartContext context) => (context.Pc, context.Retired) != _stepFrom;

    private void Hit(DebugThread thread)
    {
        var stop = new DebugStop(stops.Access is null ? StopKind.Breakpoint : StopKind.Watchpoint, thread, stops.Access);
        if (!Collects)
        {
            Stop(stop);
            return;
        }

        LastHit = (Clock - (stops.Access is null ? 0UL : 1), stop);
        stops.Continue(stops.Access is null ? thread.Context : null);
    }

    private void Stop(DebugStop stop)
    {
        _stopped = stop;
        Stopping?.Invoke();
    }

    private DebugThread Note(HartContext context, IAddressSpace space)
    {
        if (Current is { } last && last.Context == context)
        {
            last.Space = space;
            return last;
        }

        if (!_byContext.TryGetValue(context, out var thread))
        {
            thread = new DebugThread(_byContext.Count + 1, context) { Space = space };
            _byContext.Add(context, thread);
            _threads.Add(thread);
        }

        thread.Space = space;
        Current = thread;
        return thread;
    }
}
