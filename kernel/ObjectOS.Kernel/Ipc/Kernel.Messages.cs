using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Objects;
using Thread = ObjectOS.Objects.Thread;
using ThreadState = ObjectOS.Objects.ThreadState;

namespace ObjectOS;

/// <content>How messages, answers and signals move. Every wait is a state of its thread and a record in a queue.</content>
public sealed partial class Kernel
{
    /// <summary>Takes a thread off the CPU; whoever ends the wait writes its registers.</summary>
    internal void Block(Thread thread, ThreadState state)
    {
        Scheduler.Remove(thread);
        thread.State = state;
    }

    /// <summary>Delivers a letter, or leaves it at the endpoint. The sender, if there is one, is blocked already.</summary>
    internal void SendLetter(Endpoint endpoint, Letter letter)
    {
        if (letter.Sender is { } sender)
        {
            sender.Letter = letter;
        }

        if (endpoint.Managed is { } managed)
        {
            if (letter.Sender is null)
            {
                TakeAlong(letter, managed.Owner);
            }

            Enqueue(endpoint, letter);
            WakeManaged(managed);
            return;
        }

        while (endpoint.Receivers.First is { } first)
        {
            var receiver = first.Value;
            if (TryDeliver(letter, receiver))
            {
                return;
            }
        }

        Enqueue(endpoint, letter);
    }

    /// <summary>Receives for a machine-code thread.</summary>
    internal KernelStatus Receive(Thread thread, Endpoint endpoint, uint replySlot, uint capabilitySlot, bool wait)
    {
        if (!wait && !endpoint.HasWork)
        {
            return KernelStatus.WouldBlock;
        }

        thread.ReplySlot = replySlot;
        thread.CapabilitySlot = capabilitySlot;
        Block(thread, ThreadState.Receiving);
        thread.WaitNode = endpoint.Receivers.AddLast(thread);
        if (TakeNext(endpoint) is { } letter && !TryDeliver(letter, thread))
        {
            Enqueue(endpoint, letter, first: true);
        }

        return Outcome.Blocked;
    }

    /// <summary>Gives a caller its answer.</summary>
    /// <param name="caller">A thread that awaits it, untied from its reply object.</param>
    /// <param name="answer">Label, words and perhaps a capability.</param>
    /// <param name="server">The machine-code thread that answers, if one does.</param>
    internal void Answer(Thread caller, Letter answer, Thread? server)
    {
        var letter = caller.Letter!;
        var context = caller.Context!;
        caller.Letter = null;
        switch (letter.Kind)
        {
            case MessageKind.SystemCall when answer.Label == CallAnswer.Again:
                caller.CallsAgain = true;
                break;
            case MessageKind.SystemCall:
                NoteAnswer(caller, letter, answer);
                Trace(caller, TraceKind.SystemCall, letter.Label, letter.Words, answer.Words[0]);
                if (answer.Label == CallAnswer.Exception && TryGiveException(context, answer))
                {
                    break;
                }

                if (answer.Label != CallAnswer.Registers)
                {
                    context.X[10] = answer.Words[0];
                    context.X[11] = answer.Label == CallAnswer.TwoValues ? answer.Words[1] : context.X[11];
                    context.Pc += 4;
                }

                break;
            case MessageKind.Fault when answer.Label == FaultAnswer.Retry:
                break;
            case MessageKind.Fault:
                NoteFault(caller, letter, answer);
                if (!TrySettleAccess(caller, answer))
                {
                    caller.State = ThreadState.Suspended;
                    return;
                }

                break;
            default:
                NoteAnswer(caller, letter, answer);
                var frame = new InvocationFrame();
                frame[0] = (ulong)KernelStatus.Ok;
                FillFrame(ref frame, answer);
                frame[8] = PutTransferred(answer, caller.Owner, letter.AnswerSlot);
                WriteFrame(context, frame, 9);
                context.Pc += 4;
                break;
        }

        if (server is not null)
        {
            Scheduler.HandOver(server, caller);
        }
        else
        {
            Scheduler.MakeReady(caller);
        }
    }

    /// <summary>Sets bits of a notification and wakes whoever waits for them.</summary>
    internal void Signal(Notification notification, ulong bits)
    {
        notification.Bits |= bits;
        if (notification.IsDead || notification.Bits == 0)
        {
            return;
        }

        if (notification.Waiters.First is { } first)
        {
            var waiter = first.Value;
            waiter.Context!.X[11] = notification.Take();
            waiter.EndWait(this, KernelStatus.Ok);
        }
        else if (notification.BoundTo is { } endpoint)
        {
            OnBoundSignal(endpoint);
        }
    }

    internal void Bind(Endpoint endpoint, Notification? notification)
    {
        notification?.Retain();
        if (notification?.BoundTo is { } elsewhere)
        {
            Bind(elsewhere, null);
        }

        if (endpoint.Bound is { } old)
        {
            old.BoundTo = null;
            endpoint.Bound = null;
            old.Release(this);
        }

        endpoint.Bound = notification;
        if (notification is not null)
        {
            notification.BoundTo = endpoint;
            OnBoundSignal(endpoint);
        }
    }

    /// <summary>The other side of a wait has gone.</summary>
    internal void FailCall(Thread thread, KernelStatus status)
    {
        var letter = thread.Letter;
        thread.Letter = null;
        if (thread.State == ThreadState.Ended)
        {
            return;
        }

        if (letter is { Kind: MessageKind.SystemCall or MessageKind.Fault })
        {
            // Nobody is left to handle it: as if nobody had ever been named.
            EndCell(thread.Owner, thread.LastTrap, 0);
            return;
        }

        thread.Context!.X[10] = (ulong)status;
        thread.Context.Pc += 4;
        Scheduler.MakeReady(thread);
    }

    private static void Enqueue(Endpoint endpoint, Letter letter, bool first = false)
    {
        if (letter.Kind == MessageKind.Notification)
        {
            endpoint.Bound!.Bits |= letter.Words[0];
            return;
        }

        letter.Place = first ? endpoint.Letters.AddFirst(letter) : endpoint.Letters.AddLast(letter);
    }

    /// <summary>The next letter of an endpoint; signals that are bound to it come before letters.</summary>
    private static Letter? TakeNext(Endpoint endpoint)
    {
        if (endpoint.Bound is { Bits: not 0 } bound)
        {
            var signal = new Letter { Kind = MessageKind.Notification };
            signal.Words[0] = bound.Take();
            return signal;
        }

        if (endpoint.Letters.First is not { } first)
        {
            return null;
        }

        endpoint.Letters.RemoveFirst();
        return first.Value;
    }

    private void OnBoundSignal(Endpoint endpoint)
    {
        if (endpoint.Managed is { } managed)
        {
            WakeManaged(managed);
        }
        else if (endpoint.Receivers.First is { } first && endpoint.Bound is { Bits: not 0 })
        {
            var letter = TakeNext(endpoint)!;
            if (!TryDeliver(letter, first.Value))
            {
                Enqueue(endpoint, letter);
            }
        }
    }

    /// <summary>Delivers to a machine-code thread that waits to receive. False: it cannot take it, and its wait has ended with the reason.</summary>
    private bool TryDeliver(Letter letter, Thread receiver)
    {
        var table = receiver.Owner.Capabilities;
        if (letter.WantsReply)
        {
            var status = table.CheckFree(receiver.ReplySlot);
            if (status == KernelStatus.Ok && !receiver.Owner.CanCharge(3))
            {
                status = KernelStatus.ObjectsExhausted;
            }

            if (status != KernelStatus.Ok)
            {
                receiver.EndWait(this, status);
                return false;
            }

            var reply = new Reply(receiver.Owner, letter.Sender!);
            reply.Right = table.Put(receiver.ReplySlot, reply, CapabilityRights.All, 0, null);
            letter.Sender!.State = ThreadState.AwaitingReply;
        }

        var frame = new InvocationFrame();
        FillFrame(ref frame, letter);
        frame[8] = PutTransferred(letter, receiver.Owner, receiver.CapabilitySlot);
        frame[9] = letter.Badge;
        frame[10] = letter.Kind is MessageKind.SystemCall or MessageKind.Fault ? letter.Sender!.Number : letter.LeaseLength;
        frame[11] = (ulong)letter.Kind;
        WriteFrame(receiver.Context!, frame, InvocationFrame.Length);
        receiver.WaitNode?.List?.Remove(receiver.WaitNode);
        receiver.Context!.X[10] = (ulong)KernelStatus.Ok;
        receiver.Context.Pc += 4;
        if (letter.Sender is { } sender && letter.WantsReply)
        {
            Scheduler.HandOver(sender, receiver);
        }
        else
        {
            Scheduler.MakeReady(receiver);
            FinishSend(letter);
        }

        return true;
    }

    /// <summary>A one-way message has been received: its sender goes on.</summary>
    private void FinishSend(Letter letter)
    {
        if (letter is { WantsReply: false, Sender: { State: ThreadState.Sending } sender } && sender.Letter == letter)
        {
            sender.Letter = null;
            sender.Context!.X[10] = (ulong)KernelStatus.Ok;
            sender.Context.Pc += 4;
            Scheduler.MakeReady(sender);
        }
    }

    private static void FillFrame(ref InvocationFrame frame, Letter letter)
    {
        frame[1] = letter.Label;
        for (int i = 0; i < MessageWords.Length; i++)
        {
            frame[2 + i] = letter.Words[i];
        }
    }

    private static void WriteFrame(HartContext context, in InvocationFrame frame, int words)
    {
        for (int i = 0; i < words; i++)
        {
            context.X[InvocationFrame.RegisterOf(i)] = frame[i];
        }
    }

    /// <summary>Derives the capability that goes with a letter into a slot of the receiver. 0: there was none, or no room for it.</summary>
    private static uint PutTransferred(Letter letter, Cell receiver, uint slot)
    {
        if (slot == 0 || Transferred(letter) is not { } source || !source.CanDerive || receiver.Capabilities.CheckFree(slot) != KernelStatus.Ok)
        {
            return 0;
        }

        receiver.Capabilities.Put(slot, source.Object, source.Rights, source.Badge, source);
        return slot;
    }

    private static Capability? Transferred(Letter letter) =>
        letter.Capability is { Object.IsDead: false } source && source.Table[source.Slot] == source ? source : null;
}
