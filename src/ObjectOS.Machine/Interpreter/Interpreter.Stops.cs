using ObjectOS.Cpu;

namespace ObjectOS.Machine.Interpreter;

/// <content>Stops for a debugger. Without one they cost a comparison where a block or a TLB entry has to be found anyway.</content>
internal sealed partial class Interpreter
{
    // Of no fetch cache: every block is looked for.
    private const ulong NoEpoch = ulong.MaxValue;

    private DebugStops? _stops;
    private int _stopsVersion;

    /// <summary>Where runs stop; null: nowhere. Changed between runs.</summary>
    public DebugStops? Stops
    {
        get => _stops;
        set
        {
            _stops = value;
            _stopsVersion = 0;
        }
    }

    /// <summary>Forgets blocks that pass a breakpoint, before a run.</summary>
    private void EnterStops(DebugStops stops)
    {
        if (stops.Version != _stopsVersion)
        {
            Array.Clear(_jumps);
            _stopsVersion = stops.Version;
        }
    }

    /// <summary>True where the run stops before the instruction at <paramref name="pc"/>. A budget that ends there comes first.</summary>
    private bool StopsBefore(ulong pc)
    {
        if (_stops is not { } stops || (!stops.HasStopped && _reserve + (uint)_chunk == 0) || !stops.StopsBefore(pc, _context, RetiredInRun))
            return false;
        _pc = pc;
        SetTrap(TrapCause.Suspended);
        return true;
    }

    /// <summary>The outcome of an instruction that has accessed memory past the TLB.</summary>
    private Outcome Watched(ulong address, int size, AccessKind kind, Outcome outcome)
    {
        if (_stops is not { HasWatches: true } stops || !stops.StopsAfter(address, size, kind, _tlb))
            return outcome == Outcome.Done && _hart is not null ? UnlessCodeChanged() : outcome;
        _epoch = NoEpoch;
        return Outcome.CodeChanged;
    }

    // The walk for an access may have set bits of a page table that is code.
    private Outcome UnlessCodeChanged()
    {
        _code.Enter();
        if (_code.FetchEpoch == _epoch || _epoch == NoEpoch)
            return Outcome.Done;
        _epoch = _code.FetchEpoch;
        return Outcome.CodeChanged;
    }
}
