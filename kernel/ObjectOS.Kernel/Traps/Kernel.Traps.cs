using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Objects;
using Thread = ObjectOS.Objects.Thread;
using ThreadState = ObjectOS.Objects.ThreadState;

namespace ObjectOS;

/// <content>What becomes of a trap: an invocation, a system call or a fault for whoever handles the cell's, or the end of the cell.</content>
public sealed partial class Kernel
{
    /// <summary>Most bytes of machine code's memory that one invocation copies.</summary>
    private const int BufferLimit = 1 << 16;

    private const int A0 = 10;
    private const int A7 = 17;

    /// <summary>Virtual instructions of a trap that becomes a message.</summary>
    private const ulong CostOfForward = 200;

    /// <summary>Virtual instructions of the way out of a thread's code and back: each trap costs them, besides what it asks for.</summary>
    private const ulong CostOfTrap = 400;

    private readonly byte[] _buffer = new byte[4096];

    /// <summary>Deals with the reason why a thread's run ended. A value ends the slice.</summary>
    private SliceEnd? HandleTrap(Thread thread, in Trap trap)
    {
        switch (trap.Cause)
        {
            case TrapCause.BudgetEnd:
                return null;
            case TrapCause.Suspended:
                return SliceEnd.Suspended;
            case TrapCause.Interrupted:
                return SliceEnd.Interrupted;
            case TrapCause.WaitForInterrupt:
                Charge(CostOfTrap);
                WaitForInterrupt(thread);
                return null;
            case TrapCause.Pause:
                Charge(CostOfTrap);
                Scheduler.Yield(thread);
                return null;
            case TrapCause.EcallFromU when thread.Owner.SystemCalls.Endpoint is null:
                return InvokeFromMachineCode(thread, trap) ? null : SliceEnd.Suspended;
            default:
                CountTrap(thread, trap.Cause);
                if (!TryGiveToHart(thread, trap))
                {
                    Forward(thread, trap);
                }

                return null;
        }
    }

    /// <summary>Counts a trap that the thread's code caused, at a place that does not depend on where slices end, and charges it.</summary>
    private void CountTrap(Thread thread, TrapCause cause)
    {
        Charge(CostOfTrap + thread.Owner.TakeDebt());
        thread.Owner.Traps++;
        System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_traps, cause, out _)++;
    }

    /// <summary>Performs the invocation that an ecall asks for. False: suspended, to be done again.</summary>
    private bool InvokeFromMachineCode(Thread thread, in Trap trap)
    {
        var context = thread.Context!;
        thread.LastTrap = trap;
        if (InvocationTable.Find(context.X[A7]) is not { } row)
        {
            CountTrap(thread, trap.Cause);
            Finish(context, KernelStatus.UnknownInvocation);
            return true;
        }

        ulong moved = 0;
        var frame = new InvocationFrame();
        for (int i = 0; i <= row.Arguments.Length; i++)
        {
            frame[i] = context.X[InvocationFrame.RegisterOf(i)];
        }

        var status = row.Buffer == BufferUse.None ? Invoke(thread, row, ref frame, [], []) : InvokeWithBuffer(thread, row, ref frame, out moved);
        if (status == KernelStatus.Suspended)
        {
            return false;
        }

        if (status == Outcome.Again)
        {
            return true;
        }

        CountTrap(thread, trap.Cause);
        TraceInvocation(thread, row, frame, status);
        NoteInvocation(thread, row, frame, status, moved);
        if (status != Outcome.Blocked)
        {
            if (status == KernelStatus.Ok)
            {
                for (int i = 1; i <= row.Results.Length; i++)
                {
                    context.X[InvocationFrame.RegisterOf(i)] = frame[i];
                }
            }

            Finish(context, status);
        }

        return true;
    }

    private void TraceInvocation(Thread thread, InvocationRow row, in InvocationFrame frame, KernelStatus status)
    {
        if (_options.Trace)
        {
            var words = new MessageWords();
            for (int i = 0; i < MessageWords.Length; i++)
            {
                words[i] = frame[i];
            }

            Trace(thread, TraceKind.Invocation, (ulong)row.Number, words, (ulong)status);
        }
    }

    private KernelStatus Invoke(Thread thread, InvocationRow row, ref InvocationFrame frame, ReadOnlySpan<byte> source, Span<byte> destination)
    {
        var call = new Invocation(this, row, thread.Owner, thread, ref frame, source, destination);
        return Dispatcher.Invoke(ref call);
    }

    /// <summary>The same for a row with a buffer in the caller's memory: brought here before, or prepared before and filled after.</summary>
    private KernelStatus InvokeWithBuffer(Thread thread, InvocationRow row, ref InvocationFrame frame, out ulong moved)
    {
        moved = 0;
        ulong address = frame[row.BufferWord];
        ulong length = frame[row.BufferWord + 1];
        if (length > BufferLimit)
        {
            Charge((ulong)row.Cost);
            return KernelStatus.InvalidArgument;
        }

        var space = thread.Space!;
        var buffer = length <= (ulong)_buffer.Length ? _buffer.AsSpan(0, (int)length) : new byte[length];
        bool fill = row.Buffer == BufferUse.ToCaller;
        var status = fill ? space.Prepare(address, length) : space.CopyIn(address, buffer);
        if (status != KernelStatus.Ok)
        {
            if (status != KernelStatus.Suspended)
            {
                Charge((ulong)row.Cost);
            }

            return status;
        }

        status = fill ? Invoke(thread, row, ref frame, [], buffer) : Invoke(thread, row, ref frame, buffer, []);
        moved = Events.IsOn ? Digest64.Add(0, buffer) : 0;
        return status == KernelStatus.Ok && fill ? space.CopyOut(address, buffer) : status;
    }

    private static void Finish(HartContext context, KernelStatus status)
    {
        context.X[A0] = (ulong)status;
        context.Pc += 4;
    }

    /// <summary>Makes a trap a call to whoever the cell names for it; where it names nobody, the trap ends the cell.</summary>
    private void Forward(Thread thread, in Trap trap)
    {
        var cell = thread.Owner;
        bool isCall = trap.Cause is TrapCause.EcallFromU or TrapCause.EcallFromS;
        var to = isCall ? cell.SystemCalls : cell.Faults;
        Charge(CostOfForward + cell.CostOfDepth);
        thread.LastTrap = trap;
        if (!isCall)
        {
            var words = new MessageWords();
            (words[0], words[1], words[2]) = (trap.Pc, trap.Address.Value, trap.Instruction);
            Trace(thread, TraceKind.Trap, (ulong)trap.Cause, words, 0);
        }

        if (to.Live is not { } endpoint)
        {
            NoteTrap(thread, trap, 0);
            EndCell(cell, trap, 0);
            return;
        }

        var letter = new Letter
        {
            Kind = isCall ? MessageKind.SystemCall : MessageKind.Fault,
            Badge = to.Badge,
            Sender = thread,
            WantsReply = true,
            LeaseLength = ulong.MaxValue,
            LeaseRights = PageRights.Read | PageRights.Write,
        };
        if (trap.Cause is TrapCause.EcallFromS or TrapCause.InstructionGuestPageFault or TrapCause.LoadGuestPageFault or TrapCause.StoreGuestPageFault)
        {
            Describe(letter, thread, trap);
        }
        else if (isCall)
        {
            letter.Label = thread.Context!.X[A7];
            for (int i = 0; i < MessageWords.Length; i++)
            {
                letter.Words[i] = thread.Context.X[A0 + i];
            }
        }
        else
        {
            letter.Label = (ulong)trap.Cause;
            letter.Words[0] = trap.Address.Value;
            letter.Words[1] = trap.Pc;
            letter.Words[2] = trap.Instruction;
            letter.Words[3] = (ulong)trap.Access | (thread.Context?.System is not null && HartTraps.IsStuck(thread.Context, thread.Context.Retired) ? StuckBit : 0);
            letter.Words[4] = trap.Size;
        }

        Block(thread, ThreadState.Sending);
        SendLetter(endpoint, letter);
    }
}
