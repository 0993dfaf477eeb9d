using ObjectOS.Abi;

namespace ObjectOS.Objects;

/// <summary>Messages through endpoints.</summary>
internal static class EndpointCalls
{
    public static KernelStatus Create(ref Invocation call)
    {
        var status = call.Target<Cell>(out var cell);
        if (status == KernelStatus.Ok)
        {
            status = call.CheckCreate(cell);
        }

        if (status == KernelStatus.Ok)
        {
            call.PutNew(new Endpoint(cell));
        }

        return status;
    }

    public static KernelStatus Send(ref Invocation call, bool wantsReply)
    {
        var status = call.Get<Endpoint>(0, CapabilityRights.Write, out var endpoint, out var capability);

        // An empty slot of a call is where a capability of the answer goes.
        Capability? moved = null;
        bool forAnswer = wantsReply && call[8] is > 0 and < CapabilitySlots.Limit && call.Caller.Capabilities[call[8]] is null;
        if (status == KernelStatus.Ok && !forAnswer)
        {
            status = DecodeTransfer(ref call, call[8], out moved);
        }

        if (status != KernelStatus.Ok)
        {
            return status;
        }

        // A managed program and the host do not wait: they send where that needs no waiting, and never call.
        if (call.Thread is null && (wantsReply || (endpoint.Managed is null && endpoint.Receivers.Count == 0)))
        {
            return KernelStatus.WouldBlock;
        }

        var letter = new Letter
        {
            Kind = MessageKind.Endpoint,
            Badge = capability.Badge,
            Sender = call.Thread,
            WantsReply = wantsReply,
            Capability = moved,
            AnswerSlot = forAnswer ? (uint)call[8] : 0,
        };
        FillMessage(ref call, letter);
        if (wantsReply)
        {
            letter.LeaseAddress = call[9];
            letter.LeaseLength = call[10];
            letter.LeaseRights = (PageRights)call[11] & (PageRights.Read | PageRights.Write);
        }

        if (call.Thread is { } thread)
        {
            call.Kernel.Block(thread, ThreadState.Sending);
            call.Kernel.SendLetter(endpoint, letter);
            return Outcome.Blocked;
        }

        call.Kernel.SendLetter(endpoint, letter);
        return KernelStatus.Ok;
    }

    public static KernelStatus Receive(ref Invocation call)
    {
        var status = call.Target<Endpoint>(out var endpoint);
        if (status == KernelStatus.Ok && (endpoint.Managed is not null || call.Thread is null))
        {
            status = KernelStatus.InvalidState;
        }

        if (status == KernelStatus.Ok)
        {
            status = DecodeSlots(ref call, call[1], call[2], replyMayBeFilled: false);
        }

        return status == KernelStatus.Ok
            ? call.Kernel.Receive(call.Thread!, endpoint, (uint)call[1], (uint)call[2], wait: (call[3] & 1) == 0)
            : status;
    }

    public static KernelStatus ReplyReceive(ref Invocation call)
    {
        var status = call.Target<Endpoint>(out var endpoint);
        if (status == KernelStatus.Ok && (endpoint.Managed is not null || call.Thread is null))
        {
            status = KernelStatus.InvalidState;
        }

        Reply reply = null!;
        Capability right = null!;
        if (status == KernelStatus.Ok)
        {
            status = call.Get(8, CapabilityRights.None, out reply, out right);
        }

        if (status == KernelStatus.Ok)
        {
            status = DecodeSlots(ref call, call[8], call[9], replyMayBeFilled: true);
        }

        if (status != KernelStatus.Ok)
        {
            return status;
        }

        var answer = new Letter();
        FillMessage(ref call, answer);
        var caller = reply.TakeCaller();
        right.Table.Remove(call.Kernel, right);
        if (caller is not null)
        {
            call.Kernel.Answer(caller, answer, call.Thread);
        }

        return call.Kernel.Receive(call.Thread!, endpoint, (uint)call[8], (uint)call[9], wait: true);
    }

    public static KernelStatus Bind(ref Invocation call)
    {
        var status = call.Target<Endpoint>(out var endpoint);
        Notification? notification = null;
        if (status == KernelStatus.Ok)
        {
            status = call.GetOptional(1, CapabilityRights.Read, out notification, out _);
        }

        if (status == KernelStatus.Ok)
        {
            call.Kernel.Bind(endpoint, notification);
        }

        return status;
    }

    /// <summary>Copies label and words of the frame into a letter.</summary>
    public static void FillMessage(ref Invocation call, Letter letter)
    {
        letter.Label = call[1];
        for (int i = 0; i < MessageWords.Length; i++)
        {
            letter.Words[i] = call[2 + i];
        }
    }

    /// <summary>Ok where the capability in a slot (0: none) can be handed on.</summary>
    public static KernelStatus DecodeTransfer(ref Invocation call, ulong slot, out Capability? moved)
    {
        moved = slot == 0 ? null : call.Caller.Capabilities[slot];
        return slot == 0 ? KernelStatus.Ok
            : moved is null || moved.Object.Kind == ObjectKind.Reply ? KernelStatus.InvalidCapability
            : (moved.Rights & CapabilityRights.Grant) == 0 ? KernelStatus.MissingRights
            : KernelStatus.Ok;
    }

    private static KernelStatus DecodeSlots(ref Invocation call, ulong replySlot, ulong capabilitySlot, bool replyMayBeFilled)
    {
        var table = call.Caller.Capabilities;
        var status = replyMayBeFilled ? KernelStatus.Ok : table.CheckFree(replySlot);
        if (status == KernelStatus.Ok && capabilitySlot != 0)
        {
            status = capabilitySlot == replySlot ? KernelStatus.InvalidArgument : table.CheckFree(capabilitySlot);
        }

        // The answered right gives back two of the three: reply, its right, and a capability that comes along.
        return status == KernelStatus.Ok && !call.Caller.CanCharge(replyMayBeFilled ? 1 : 3) ? KernelStatus.ObjectsExhausted : status;
    }
}
