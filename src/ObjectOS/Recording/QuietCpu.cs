using ObjectOS.Cpu;
using ObjectOS.Machine;

namespace ObjectOS.Recording;

/// <summary>
/// The machine's CPU under a kernel that is recorded or replayed: it cannot be interrupted, so that slices end only at positions that a replay comes
/// to again, and it knows the hart that ran last.
/// </summary>
internal sealed class QuietCpu(ICpu inner, RealCpu engine) : ICpu, IDisposable
{
    private HartContext? _caller;
    private ulong _calledAt;
    private ulong? _stopAt;

    /// <summary>Calls of guests so far: ecalls that left a hart.</summary>
    public ulong Calls { get; private set; }

    /// <summary>True where the run has stopped before a call.</summary>
    public bool HasStopped { get; private set; }

    /// <summary>The hart that ran last; null: none has.</summary>
    public HartContext? Last { get; private set; }

    /// <summary>The CPU itself.</summary>
    public RealCpu Inner => engine;

    public CpuDescription Description => inner.Description;

    public IGuestMemory Memory => inner.Memory;

    public IMemoryAccount Account => inner.Account;

    public IAddressSpace CreateAddressSpace(IMemoryAccount account) => inner.CreateAddressSpace(account);

    public void Attach(ICpuGuest guest) => inner.Attach(guest);

    public void Run(HartContext context, IAddressSpace space, in RunLimits limits, out Trap trap)
    {
        Last = context;
        inner.Run(context, space, limits, out trap);
        if (trap.Cause is TrapCause.EcallFromU or TrapCause.EcallFromS or TrapCause.EcallFromM)
        {
            CountCall(context, ref trap);
        }
    }

    /// <summary>Stops the run before the call with a number, counted from 1; null: it goes on.</summary>
    public void StopAtCall(ulong? number) => (_stopAt, HasStopped) = (number, false);

    private void CountCall(HartContext context, ref Trap trap)
    {
        // A call that had to wait for an ancestor is tried again.
        bool isNew = context != _caller || context.Retired + context.Pc != _calledAt || trap.Retired > 0;
        if (isNew && Calls + 1 == _stopAt)
        {
            HasStopped = true;
            trap.Cause = TrapCause.Suspended;
        }
        else if (isNew)
        {
            Calls++;
            (_caller, _calledAt) = (context, context.Retired + context.Pc);
        }
    }

    public void Interrupt()
    {
        // Who waits for the end of the slice gets it within a millisecond or so.
    }

    public void Dispose() => engine.Dispose();
}
