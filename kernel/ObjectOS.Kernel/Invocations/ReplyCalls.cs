using ObjectOS.Abi;

namespace ObjectOS.Objects;

/// <summary>Answers to calls, and copies from and to what the caller lent.</summary>
internal static class ReplyCalls
{
    public static KernelStatus Send(ref Invocation call)
    {
        var status = call.Get<Reply>(0, CapabilityRights.None, out var reply, out var right);
        Capability? moved = null;
        if (status == KernelStatus.Ok)
        {
            status = EndpointCalls.DecodeTransfer(ref call, call[8], out moved);
        }

        if (status != KernelStatus.Ok)
        {
            return status;
        }

        var answer = new Letter { Capability = moved };
        EndpointCalls.FillMessage(ref call, answer);
        var caller = reply.TakeCaller();
        right.Table.Remove(call.Kernel, right);
        if (caller is null)
        {
            return KernelStatus.Dead;
        }

        call.Kernel.Answer(caller, answer, call.Thread);
        return KernelStatus.Ok;
    }

    public static KernelStatus CopyIn(ref Invocation call)
    {
        var status = DecodeLease(ref call, PageRights.Read, (ulong)call.Destination.Length, out var caller, out var space, out ulong address);
        call.ExtraCost = (ulong)call.Destination.Length / 8;
        status = status == KernelStatus.Ok ? space.CopyIn(address, call.Destination) : status;
        if (status == KernelStatus.Ok)
        {
            call.Kernel.Events.NoteInput(caller, space, call.Destination);
        }

        return status;
    }

    public static KernelStatus CopyOut(ref Invocation call)
    {
        var status = DecodeLease(ref call, PageRights.Write, (ulong)call.Source.Length, out var caller, out var space, out ulong address);
        call.ExtraCost = (ulong)call.Source.Length / 8;
        status = status == KernelStatus.Ok ? space.CopyOut(address, call.Source) : status;
        if (status == KernelStatus.Ok)
        {
            call.Kernel.Events.NoteOutput(caller, space, call.Source);
        }

        return status;
    }

    private static KernelStatus DecodeLease(ref Invocation call, PageRights rights, ulong length, out Thread caller, out AddressSpace space, out ulong address)
    {
        caller = null!;
        space = null!;
        address = 0;
        var status = call.Target<Reply>(out var reply);
        if (status != KernelStatus.Ok)
        {
            return status;
        }

        if (reply.Caller is not { Letter: { } letter } found)
        {
            return KernelStatus.Dead;
        }

        ulong offset = call[1];
        if (!letter.LeaseRights.HasFlag(rights))
        {
            return KernelStatus.MissingRights;
        }

        if (offset > letter.LeaseLength || length > letter.LeaseLength - offset)
        {
            return KernelStatus.InvalidArgument;
        }

        caller = found;
        space = caller.Space!;
        address = letter.LeaseAddress + offset;
        return KernelStatus.Ok;
    }
}
