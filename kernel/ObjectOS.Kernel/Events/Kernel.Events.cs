using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Objects;
using Thread = ObjectOS.Objects.Thread;

namespace ObjectOS;

/// <content>Events: what guests see, kept for the holder if the options ask for it. They cost no guest time and change nothing.</content>
public sealed partial class Kernel
{
    /// <inheritdoc/>
    public bool TryTakeEvent(out EventRecord record) => Events.TryTake(out record);

    internal EventLog Events { get; }

    internal void NoteBirth(Thread thread)
    {
        if (Events.IsOn && thread.Context is not null)
        {
            var parent = Payer is { Context: not null } payer ? payer : null;
            ulong call = parent is { Letter.Kind: MessageKind.SystemCall } ? parent.Letter!.Label : 0;
            Events.Add(new EventRecord { Kind = EventKind.Born, Thread = thread.Number, Cell = thread.Owner.Number, Peer = parent?.Number ?? 0, Number = call, Time = Now });
        }
    }

    internal void NoteInterrupt(Thread hart, ulong mask, ulong lines)
    {
        if (Events.IsOn)
        {
            var words = new MessageWords();
            (words[0], words[1]) = (mask, lines);
            Events.Add(About(hart, EventKind.Interrupt) with { Arguments = words });
        }
    }

    internal void NoteOfPersonality(Thread thread, ulong number, ulong word)
    {
        if (Events.IsOn)
        {
            var words = new MessageWords();
            words[0] = word;
            Events.Add(About(thread, EventKind.Note) with { Number = number, Arguments = words });
        }
    }

    internal void NoteRequest(Cell cell, HostRequestKind kind, ulong target, ReadOnlySpan<ulong> arguments, ulong id, ReadOnlyMemory<byte> data)
    {
        if (Events.IsOn)
        {
            var words = new MessageWords();
            words[0] = target;
            arguments[..Math.Min(arguments.Length, MessageWords.Length - 1)].CopyTo(words[1..]);
            Events.Add(new EventRecord
            {
                Kind = EventKind.Request, Cell = cell.Number, Peer = Payer is { Context: not null } payer ? payer.Number : 0, Number = (ulong)kind, Arguments = words,
                Result = id, Time = Now, Input = data, Memory = MemoryOf(Payer),
            });
        }
    }

    private void NoteCompletion(Completion completion)
    {
        if (Events.IsOn)
        {
            Events.Add(new EventRecord
            {
                Kind = EventKind.Completion, Number = completion.RequestId, Result = (ulong)completion.Result, Time = Now, Output = completion.Data,
            });
        }
    }

    private void NoteInvocation(Thread thread, InvocationRow row, in InvocationFrame frame, KernelStatus status, ulong moved)
    {
        if (!Events.IsOn)
        {
            return;
        }

        var words = new MessageWords();
        for (int i = 0; i < MessageWords.Length; i++)
        {
            words[i] = frame[i];
        }

        bool isOutput = row.Buffer == BufferUse.ToCaller;
        Events.Add(About(thread, EventKind.Invocation) with
        {
            Number = (ulong)row.Number,
            Arguments = words,
            Result = (ulong)status,
            SecondResult = row.Results.Length > 0 && status == KernelStatus.Ok ? frame[1] : 0,
            InputDigest = isOutput ? 0 : moved,
            OutputDigest = isOutput ? moved : 0,
        });
    }

    /// <summary>A system call, a call of a supervisor, or a call from cell to cell has its answer; the caller's registers are still those of the call.</summary>
    private void NoteAnswer(Thread caller, Letter letter, Letter answer)
    {
        if (!Events.IsOn)
        {
            return;
        }

        var kind = letter.Kind switch
        {
            MessageKind.SystemCall when caller.LastTrap.Cause == TrapCause.EcallFromS => EventKind.SupervisorCall,
            MessageKind.SystemCall => EventKind.SystemCall,
            _ => EventKind.Ipc,
        };
        bool isIpc = kind == EventKind.Ipc;
        Events.Add(WithTransfer(About(caller, kind) with
        {
            Number = letter.Label,
            Arguments = letter.Words,
            Result = isIpc ? answer.Label : answer.Words[0],
            SecondResult = isIpc ? answer.Words[0] : answer.Words[1],
        }, caller));
    }

    /// <summary>A trap has its answer, other than a retry.</summary>
    private void NoteFault(Thread thread, Letter letter, Letter answer)
    {
        if (!Events.IsOn)
        {
            return;
        }

        if (answer.Label == FaultAnswer.Complete)
        {
            var words = new MessageWords();
            (words[0], words[1], words[2], words[3]) = (letter.Words[0], letter.Words[2], letter.Words[3] & byte.MaxValue, letter.Words[4]);
            Events.Add(WithTransfer(About(thread, EventKind.DeviceAccess) with { Arguments = words, Result = answer.Words[0] }, thread));
        }
        else
        {
            NoteTrap(thread, thread.LastTrap, answer.Label);
        }
    }

    private void NoteTrap(Thread thread, in Trap trap, ulong answer)
    {
        if (Events.IsOn)
        {
            var words = new MessageWords();
            (words[0], words[1], words[2]) = (trap.Pc, trap.Address.Value, trap.Instruction);
            Events.Add(WithTransfer(About(thread, EventKind.Trap) with { Number = (ulong)trap.Cause, Arguments = words, Result = answer }, thread));
        }
    }

    private void NoteEnd(Thread thread, ulong code)
    {
        if (Events.IsOn)
        {
            var call = thread.Letter is { Kind: MessageKind.SystemCall } letter ? letter : null;
            Events.Add(WithTransfer(About(thread, EventKind.ThreadEnd) with { Number = code, Arguments = call?.Words ?? default, SecondResult = call?.Label ?? 0 }, thread));
        }
    }

    private void NoteEnd(Cell cell, ulong code)
    {
        if (Events.IsOn)
        {
            Events.Add(new EventRecord { Kind = EventKind.CellEnd, Cell = cell.Number, Number = code, Time = Now });
        }
    }

    private EventRecord About(Thread thread, EventKind kind)
    {
        var record = new EventRecord
        {
            Kind = kind, Thread = thread.Number, Cell = thread.Owner.Number, Retired = thread.Context?.Retired ?? 0, Pc = thread.Context?.Pc ?? 0, Time = Now,
            Pages = thread.Owner.Account.Charged,
        };
        return Events.HasSamples && thread is { Context: { } context, Space: { IsDead: false } space }
            ? record with { Registers = RegistersOf(context), Stack = HartMemory.StackOf(context, space), Memory = MemoryOf(thread) }
            : record;
    }

    /// <summary>The memory that the holder wants with the next event.</summary>
    private byte[]? MemoryOf(Thread? thread) =>
        Events.NextMemory is { } ranges && thread is { Context: { } context, Space: { IsDead: false } space } ? HartMemory.Of(context, space, ranges) : null;

    private static ulong[] RegistersOf(HartContext context)
    {
        var registers = new ulong[32];
        for (int i = 1; i < registers.Length; i++)
        {
            registers[i] = context.X[i];
        }

        registers[0] = context.Pc;
        return registers;
    }

    private static EventRecord WithTransfer(in EventRecord record, Thread thread)
    {
        var moved = EventLog.Take(thread);
        return record with { InputDigest = moved.Input, OutputDigest = moved.Output, Input = moved.InputSample, Output = moved.OutputSample };
    }
}
