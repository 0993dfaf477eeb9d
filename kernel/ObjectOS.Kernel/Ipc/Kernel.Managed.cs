using ObjectOS.Abi;
using ObjectOS.Objects;
using Thread = ObjectOS.Objects.Thread;
using ThreadState = ObjectOS.Objects.ThreadState;

namespace ObjectOS;

/// <content>Managed programs: how they come to be and how they get their messages. One that is suspended has left no trace: not in time, not in anybody's charges.</content>
public sealed partial class Kernel
{
    /// <summary>Endpoint, host port, thread, and its three capabilities; what one message brings: a right to answer and a capability.</summary>
    private const int ObjectsOfManagedCell = 9;

    /// <inheritdoc/>
    public KernelStatus CreateManagedCell(
        uint parentSlot, uint cellSlot, uint endpointSlot, IManagedProgram program, ulong memoryBytes, int objects)
    {
        ArgumentNullException.ThrowIfNull(program);
        var root = RootCell.Capabilities;
        if (root[parentSlot]?.Object is not Cell { IsDead: false })
        {
            return KernelStatus.InvalidCapability;
        }

        if (root.CheckFree(endpointSlot) is var status && status != KernelStatus.Ok)
        {
            return status;
        }

        if (cellSlot == endpointSlot || objects < ObjectsOfManagedCell)
        {
            return KernelStatus.InvalidArgument;
        }

        if (!RootCell.CanCharge(3))
        {
            return KernelStatus.ObjectsExhausted;
        }

        var frame = new InvocationFrame();
        frame[0] = parentSlot;
        frame[1] = cellSlot;
        frame[2] = memoryBytes;
        frame[3] = (ulong)objects;
        status = Root.Invoke(Call.CellCreate, ref frame);
        if (status == KernelStatus.Ok)
        {
            Install(program, root[cellSlot]!, endpointSlot);
        }

        return status;
    }

    private void Install(IManagedProgram program, Capability place, uint endpointSlot)
    {
        var cell = (Cell)place.Object;
        cell.IsShared = true;
        var endpoint = new Endpoint(cell);
        var port = new HostPort(cell);
        port.Bind(this, endpoint);
        var all = RootCell.Capabilities.Put(endpointSlot, endpoint, CapabilityRights.All, 0, null);
        cell.Capabilities.Put(1, cell, CapabilityRights.All, 0, place);
        cell.Capabilities.Put(2, endpoint, CapabilityRights.All, 0, all);
        cell.Capabilities.Put(3, port, CapabilityRights.All, 0, null);
        var thread = new Thread(cell, NextNumber(), program, endpoint) { Port = new ManagedPort(this, cell) };
        _managed.Add(thread);
        program.Start(thread.Port);
    }

    /// <summary>Lets a managed program run when its turn comes, if it has something to handle.</summary>
    internal void WakeManaged(Thread managed)
    {
        if (managed.ManagedNode is null && managed.State != ThreadState.Ended && managed.ManagedEndpoint!.HasWork && !managed.Owner.IsStopped)
        {
            managed.ManagedNode = _managedReady.AddLast(managed);
        }
    }

    /// <summary>After the end of a pause: programs that have something to handle.</summary>
    internal void WakeAllManaged()
    {
        _managed.RemoveAll(thread => thread.IsDead);
        foreach (var managed in _managed)
        {
            WakeManaged(managed);
        }
    }

    /// <summary>Gives a managed program one message. False: suspended, nothing has changed.</summary>
    private bool RunManaged(Thread managed)
    {
        var endpoint = managed.ManagedEndpoint!;
        if (managed.Owner.IsStopped || TakeNext(endpoint) is not { } letter)
        {
            LeaveManagedQueue(managed);
            return true;
        }

        Payer = letter.Sender;
        var mark = new ChargeMark(this, Payer);
        Events.BeginMessage();
        var message = Open(letter, managed.Owner);
        HandleResult result;
        try
        {
            result = managed.Program!.Handle(message, managed.Port!);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Halt($"service {managed.Program!.Name}: {e}");
            return true;
        }

        if (result == HandleResult.Suspended)
        {
            mark.TakeBack(this, Payer);
            Events.UndoMessage();
            Unopen(letter, message, managed.Owner);
            Enqueue(endpoint, letter, first: true);
            return false;
        }

        FinishSend(letter);
        Charge(CostOfMessage);
        LeaveManagedQueue(managed);
        WakeManaged(managed);
        return true;
    }

    /// <summary>What had been charged before a message; a program that is suspended is charged nothing.</summary>
    private readonly struct ChargeMark(Kernel kernel, Thread? payer)
    {
        private readonly (ulong Now, ulong Charged, ulong Used, ulong Invocations) _kernel =
            (kernel.Now, kernel._charged, kernel._used, kernel._invocations);

        private readonly (ulong Cell, long Quantum, long Context) _payer =
            (payer?.Owner.Charged ?? 0, payer?.QuantumLeft ?? 0, payer?.SchedulingContext?.Remaining ?? 0);

        public void TakeBack(Kernel kernel, Thread? payer)
        {
            (kernel.Now, kernel._charged, kernel._used, kernel._invocations) = _kernel;
            if (payer is not null)
            {
                payer.Owner.TakeBack(_payer.Cell);
                payer.QuantumLeft = _payer.Quantum;
                payer.SchedulingContext?.Use((ulong)(payer.SchedulingContext.Remaining - _payer.Context));
            }
        }
    }

    /// <summary>Virtual instructions that a message to a managed program costs its sender, beside what the program invokes.</summary>
    private const ulong CostOfMessage = 1_000;

    internal void LeaveManagedQueue(Thread managed)
    {
        if (managed.ManagedNode is { List: not null } node)
        {
            _managedReady.Remove(node);
        }

        managed.ManagedNode = null;
    }

    /// <summary>Makes the message that a managed program sees.</summary>
    private static Message Open(Letter letter, Cell cell)
    {
        var message = new Message
        {
            Kind = letter.Kind,
            Label = letter.Label,
            Badge = letter.Badge,
            Words = letter.Words,
            LeaseLength = letter.LeaseLength,
            ThreadNumber = letter.Sender?.Number ?? 0,
            Data = letter.Data,
        };
        if (letter.WantsReply)
        {
            letter.Sender!.State = ThreadState.AwaitingReply;
            var reply = new Reply(cell, letter.Sender);
            reply.Right = cell.Capabilities.PutManaged(reply, CapabilityRights.All, 0, null);
            message.ReplySlot = reply.Right.Slot;
        }

        if (letter.Sender is not null)
        {
            TakeAlong(letter, cell);
        }

        message.CapabilitySlot = letter.TakenSlot;
        return message;
    }

    /// <summary>Undoes <see cref="Open"/>: the program was suspended.</summary>
    private void Unopen(Letter letter, in Message message, Cell cell)
    {
        if (letter.Sender is not null && letter.TakenSlot != 0)
        {
            if (cell.Capabilities[letter.TakenSlot] is { } taken)
            {
                cell.Capabilities.Remove(this, taken);
            }

            letter.TakenSlot = 0;
        }

        if (letter.WantsReply && cell.Capabilities[message.ReplySlot] is { Object: Reply reply } right)
        {
            reply.TakeCaller();
            right.Table.Remove(this, right);
            letter.Sender!.State = ThreadState.Sending;
        }
    }

    /// <summary>The same for a managed receiver, into a slot of the kernel's choice.</summary>
    private static void TakeAlong(Letter letter, Cell receiver)
    {
        if (letter.TakenSlot == 0 && Transferred(letter) is { CanDerive: true } source && receiver.CanCharge())
        {
            letter.TakenSlot = receiver.Capabilities.PutManaged(source.Object, source.Rights, source.Badge, source).Slot;
        }
    }
}
