using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Objects;
using Thread = ObjectOS.Objects.Thread;
using ThreadState = ObjectOS.Objects.ThreadState;

namespace ObjectOS;

/// <content>Supervisor- and machine-mode harts: how they wait, and how their holder finishes what their memory could not.</content>
public sealed partial class Kernel
{
    /// <summary>In the word of a fault that holds the kind of access: the hart is stuck there.</summary>
    private const ulong StuckBit = 1 << 8;

    private readonly WaitingHarts _waitingHarts = new();

    private ulong NanosecondsPerTick => 1_000_000_000UL / Cpu.Description.TimebaseHz;

    /// <summary>A hart has executed WFI: it waits until an interrupt is pending that its mie lets through.</summary>
    private void WaitForInterrupt(Thread hart)
    {
        if (!TryWake(hart))
        {
            Block(hart, ThreadState.Waiting);
            AwaitTimer(hart);
        }
    }

    /// <summary>Somebody has changed what the hart waits for, or what its time is.</summary>
    internal void OnHartChanged(Thread hart)
    {
        if (hart.State != ThreadState.Waiting)
        {
            return;
        }

        _waitingHarts.Remove(hart);
        if (TryWake(hart))
        {
            Scheduler.MakeReady(hart);
        }
        else
        {
            AwaitTimer(hart);
        }
    }

    internal void Forget(Thread hart) => _waitingHarts.Remove(hart);

    private bool TryWake(Thread hart)
    {
        var state = hart.Context!.System!;
        return (state.Pending(hart.Context.Mode, Now / NanosecondsPerTick) & state.Mie) != 0;
    }

    /// <summary>A timer that mie keeps out wakes it, too: software finds nothing and waits again.</summary>
    private void AwaitTimer(Thread hart)
    {
        ulong next = hart.Context!.System!.NextTimer(Now / NanosecondsPerTick);
        if (next <= TimerQueue.LastDeadline / NanosecondsPerTick)
        {
            _waitingHarts.Add(hart, next * NanosecondsPerTick);
        }
    }

    private void WakeHarts()
    {
        while (_waitingHarts.TakeDue(Now) is { } hart)
        {
            Scheduler.MakeReady(hart);
        }
    }

    /// <summary>An exception that came back because an ancestor intercepts it, and that is the hart's own after all. False: it is for the holder.</summary>
    private bool TryGiveToHart(Thread thread, in Trap trap)
    {
        if (thread.Context is not { System: not null } context || trap.Cause > TrapCause.StorePageFault || !HartTraps.CanTake(context, (ulong)trap.Cause)
            || HartTraps.IsStuck(context, context.Retired))
        {
            return false;
        }

        HartTraps.TakeException(context, (ulong)trap.Cause, trap.Cause == TrapCause.IllegalInstruction ? trap.Instruction : trap.Address.Value);
        Charge(1);
        return true;
    }

    /// <summary>What the answer to a guest page fault does to the hart. False: it stays stopped.</summary>
    private static bool TrySettleAccess(Thread hart, Letter answer)
    {
        var context = hart.Context!;
        if (context.System is null)
        {
            return false;
        }

        switch (answer.Label)
        {
            case FaultAnswer.Complete when hart.LastTrap.Size > 0 && hart.LastTrap.Cause is TrapCause.LoadGuestPageFault or TrapCause.StoreGuestPageFault:
                // The figures of kernels and cells count what their CPU has retired; this one it has not.
                hart.LastTrap.Complete(context, answer.Words[0]);
                return true;
            case FaultAnswer.Exception:
                return TryGiveException(context, answer);
            default:
                return false;
        }
    }

    /// <summary>The hart takes the exception that an answer names. False: it cannot.</summary>
    private static bool TryGiveException(HartContext context, Letter answer)
    {
        bool canTake = context.System is not null && answer.Words[0] < 16 && HartTraps.CanTake(context, answer.Words[0]);
        if (canTake)
        {
            HartTraps.TakeException(context, answer.Words[0], answer.Words[1]);
        }

        return canTake;
    }

    /// <summary>Says to the letter of a trap what a hart has to say.</summary>
    private static void Describe(Letter letter, Thread hart, in Trap trap)
    {
        var context = hart.Context!;
        if (trap.Cause == TrapCause.EcallFromS)
        {
            letter.Label = (uint)context.X[A7] | (context.X[A7 - 1] << 32);
            for (int i = 0; i < MessageWords.Length; i++)
            {
                letter.Words[i] = context.X[A0 + i];
            }
        }
        else
        {
            letter.Label = (ulong)trap.Cause;
            letter.Words[0] = trap.PhysicalAddress.Value;
            letter.Words[1] = trap.Pc;
            letter.Words[2] = trap.Value;
            letter.Words[3] = (ulong)trap.Access | (context.System is not null && HartTraps.IsStuck(context, context.Retired) ? StuckBit : 0);
            letter.Words[4] = trap.Size;
            letter.Words[5] = trap.Address.Value;
        }
    }
}
