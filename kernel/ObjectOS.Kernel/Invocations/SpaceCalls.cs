using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Objects;

/// <summary>Address spaces.</summary>
internal static class SpaceCalls
{
    /// <summary>Mappings that one step of an unmapping takes.</summary>
    private const int UnmapUnits = 64;

    /// <summary>Most bytes that one invocation makes sure of.</summary>
    private const ulong PrepareLimit = 16UL << 20;

    /// <summary>Virtual instructions per page made, and per mapping made, changed or taken away.</summary>
    private const ulong PageCost = 48;

    public static KernelStatus Create(ref Invocation call)
    {
        var status = call.Target<Cell>(out var cell);
        if (status == KernelStatus.Ok)
        {
            status = call.CheckCreate(cell);
        }

        if (status == KernelStatus.Ok)
        {
            call.PutNew(new AddressSpace(cell, call.Kernel.Cpu));
        }

        return status;
    }

    public static KernelStatus Map(ref Invocation call)
    {
        var status = call.Target<AddressSpace>(out var space);
        return status == KernelStatus.Ok ? MapInto(ref call, space) : status;
    }

    /// <summary>Maps as the words behind the target say; for a virtual CPU's memory as well.</summary>
    internal static KernelStatus MapInto(ref Invocation call, AddressSpace space)
    {
        var status = call.Get<MemoryObject>(2, CapabilityRights.None, out var memory, out var through);
        if (status != KernelStatus.Ok)
        {
            return status;
        }

        ulong offset = call[3];
        ulong length = call[4];
        if (!call.IsPageRange(1, 4) || (offset & (Pages.Size - 1)) != 0 || !memory.Contains(offset, length) || !AreRights(call[5]))
        {
            return KernelStatus.InvalidArgument;
        }

        if (!AddressSpace.Allows(through.Rights, (PageRights)call[5]))
        {
            return KernelStatus.MissingRights;
        }

        if (!space.IsFree(call[1], length) || space.Answers?.Overlaps(call[1], length) == true)
        {
            return KernelStatus.AlreadyMapped;
        }

        status = space.CheckMap();
        if (status != KernelStatus.Ok)
        {
            return status;
        }

        // The record's place in the sorted list, and its taking away by whoever does that.
        call.ExtraCost = PageCost + ((ulong)space.Mappings.Count / 8);
        space.Map(call[1], length, through, offset, (PageRights)call[5]);
        return KernelStatus.Ok;
    }

    public static KernelStatus Protect(ref Invocation call)
    {
        var status = call.Target<AddressSpace>(out var space);
        if (status == KernelStatus.Ok && (!call.IsPageRange(1, 2) || !AreRights(call[3])))
        {
            status = KernelStatus.InvalidArgument;
        }

        if (status == KernelStatus.Ok)
        {
            status = space.CheckProtect(call[1], call[2], (PageRights)call[3]);
        }

        if (status == KernelStatus.Ok)
        {
            status = space.CheckSplit(call[1], call[2]);
        }

        if (status == KernelStatus.Ok)
        {
            call.ExtraCost = PageCost + ((ulong)space.Mappings.Count / 4);
            space.Protect(call[1], call[2], (PageRights)call[3]);
        }

        return status;
    }

    public static KernelStatus Unmap(ref Invocation call)
    {
        var status = call.Target<AddressSpace>(out var space);
        return status == KernelStatus.Ok ? UnmapFrom(ref call, space) : status;
    }

    /// <summary>Takes away what the words behind the target say; for a virtual CPU's memory as well.</summary>
    /// <param name="call">The call.</param>
    /// <param name="space">Where to unmap.</param>
    /// <param name="costOfChange">Virtual instructions that each mapping costs beside what its record does.</param>
    internal static KernelStatus UnmapFrom(ref Invocation call, AddressSpace space, ulong costOfChange = 0)
    {
        var status = call.IsPageRange(1, 2) ? space.CheckSplit(call[1], call[2]) : KernelStatus.InvalidArgument;
        if (status != KernelStatus.Ok)
        {
            return status;
        }

        int taken = space.Unmap(call[1], call[2], UnmapUnits);
        call.ExtraCost = ((PageCost + costOfChange) * (ulong)taken) + ((ulong)space.Mappings.Count / 8);
        return taken == UnmapUnits ? Outcome.Again : KernelStatus.Ok;
    }

    public static KernelStatus CopyIn(ref Invocation call)
    {
        var status = call.Target<AddressSpace>(out var space);
        call.ExtraCost = (ulong)call.Destination.Length / 8;
        status = status == KernelStatus.Ok ? space.CopyIn(call[1], call.Destination) : status;
        if (status == KernelStatus.Ok)
        {
            call.Kernel.Events.NoteInput(call.Kernel.Payer, space, call.Destination);
        }

        return status;
    }

    public static KernelStatus Read(ref Invocation call)
    {
        var status = call.Target<AddressSpace>(out var space);
        call.ExtraCost = (ulong)call.Destination.Length / 8;
        if (status == KernelStatus.Ok && call[2] > (ulong)SpaceReadKind.Addresses)
        {
            status = KernelStatus.InvalidArgument;
        }

        status = status == KernelStatus.Ok ? space.CopyIn(call[1], call.Destination) : status;
        if (status == KernelStatus.Ok && call[2] != (ulong)SpaceReadKind.Addresses)
        {
            int length = call[2] == (ulong)SpaceReadKind.Text ? call.Destination.IndexOf((byte)0) : -1;
            call.Kernel.Events.NoteInput(call.Kernel.Payer, space, length < 0 ? call.Destination : call.Destination[..(length + 1)]);
        }

        return status;
    }

    public static KernelStatus CopyOut(ref Invocation call)
    {
        var status = call.Target<AddressSpace>(out var space);
        call.ExtraCost = (ulong)call.Source.Length / 8;
        status = status == KernelStatus.Ok ? space.CopyOut(call[1], call.Source) : status;
        if (status == KernelStatus.Ok)
        {
            call.Kernel.Events.NoteOutput(call.Kernel.Payer, space, call.Source);
        }

        return status;
    }

    public static KernelStatus Prepare(ref Invocation call)
    {
        var status = call.Target<AddressSpace>(out var space);
        if (status == KernelStatus.Ok && call[2] > PrepareLimit)
        {
            status = KernelStatus.InvalidArgument;
        }

        if (status == KernelStatus.Ok)
        {
            call.ExtraCost = Pages.Count(call[2]) * PageCost;
            status = space.Prepare(call[1], call[2]);
        }

        return status;
    }

    public static KernelStatus AnswerRead(ref Invocation call)
    {
        const ulong PhysicalEnd = 1UL << 56;
        var status = call.Target<AddressSpace>(out var space);
        ulong address = call[1], size = call[2], value = call[4];
        var kind = (AnswerKind)Math.Min(call[3], byte.MaxValue);
        bool isSound = size is 1 or 2 or 4 or 8 && address % size == 0 && address < PhysicalEnd && (kind is AnswerKind.None or AnswerKind.Value || (kind == AnswerKind.Time && value < 64));
        return status != KernelStatus.Ok ? status
            : !isSound ? KernelStatus.InvalidArgument
            : !space.IsFree(address & ~(Pages.Size - 1), Pages.Size) ? KernelStatus.AlreadyMapped
            : space.TryAnswer(new AnsweredRead(new PhysicalAddress(address), (byte)size, kind, value, call[5])) ? KernelStatus.Ok
            : KernelStatus.ObjectsExhausted;
    }

    /// <summary>W without R is reserved (privileged specification, chapter "Sv39").</summary>
    private static bool AreRights(ulong rights) =>
        rights <= 7 && ((PageRights)rights & (PageRights.Read | PageRights.Write)) != PageRights.Write;
}
