using ObjectOS.Cpu;
using ObjectOS.Machine.Isa;
using ObjectOS.Machine.Mmu;

namespace ObjectOS.Machine.Interpreter;

/// <content>Loads of devices that the holder has answered before.</content>
internal sealed partial class Interpreter
{
    // Of what the run has taken, the cost of answered loads.
    private ulong _delayed;

    // Instructions that have been charged to the chunk, or need no check, and come after the one that is executed now.
    private int _ahead = Block.Capacity;

    /// <summary>Answers a load that no memory has answered; false: it traps.</summary>
    private bool TryAnswer(AccessResult result, ulong address, int size, out ulong value)
    {
        value = 0;
        if (result != AccessResult.GuestFault || _limits.Answers is not { } answers || _space.IsWalkFault || _space.FaultAddress != address)
            return false;
        ulong now = _limits.Time + RetiredInRun;
        PrivilegedState state = _context.System!;
        if (!answers.TryAnswer(_space.FaultPhysical, size, now, state.TimeAt(now / _nanosecondsPerTick), out value))
            return false;
        state.Delay = AnsweredRead.Cost - 1;
        return true;
    }

    /// <summary>The load has retired. What it costs besides is paid at once if the chunk covers it, so that neither a budget nor a timer comes in between.</summary>
    private Outcome LeaveAnswered(in DecodedInstruction d, ulong pc, ulong address, int size)
    {
        const int Cost = (int)AnsweredRead.Cost - 1;
        if (_stops is null && _chunk > Cost + _ahead)
        {
            _context.System!.Delay = 0;
            (_chunk, _taken, _delayed) = (_chunk - Cost, _taken + Cost, _delayed + Cost);
            return UnlessCodeChanged();
        }

        _stops?.StopsAfter(address, size, AccessKind.Load, _tlb);
        return Leave(d, pc, GoOn);
    }

    /// <summary>Takes the cost of an answered load out of the budget, as far as that reaches. True: there was some.</summary>
    private bool PayDelay()
    {
        PrivilegedState state = _context.System!;
        if (state.Delay == 0)
            return false;
        ulong total = _reserve + (uint)_chunk;
        ulong paid = Math.Min(total, state.Delay);
        state.Delay -= paid;
        _taken += paid;
        _delayed += paid;
        (_reserve, _chunk) = (total - paid, 0);
        return true;
    }

    /// <summary>The same while translated code runs, which needs a chunk after it. False: the budget, or the time of an interrupt, has come.</summary>
    private bool TryPayDelay()
    {
        if (!PayDelay())
            return true;
        if (_reserve == 0 || _hart!.PendingInterrupt(Ticks) >= 0)
            return false;
        _chunk = (int)Math.Min(Math.Min(_reserve, UntilTimer()), TranslatedChunkSize);
        _reserve -= (uint)_chunk;
        return true;
    }
}
