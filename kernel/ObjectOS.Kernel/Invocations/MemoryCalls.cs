using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Objects;

/// <summary>Memory objects.</summary>
internal static class MemoryCalls
{
    /// <summary>Virtual instructions per subtree that a clone shares.</summary>
    private const ulong SubtreeCost = 48;

    /// <summary>
    /// Virtual instructions of a page that is given back. Code that touches a page makes it without a trap; so this pays for the page's making too.
    /// </summary>
    internal const ulong CostOfPage = 400;

    public static KernelStatus Create(ref Invocation call)
    {
        var status = call.Target<Cell>(out var cell);
        if (status == KernelStatus.Ok && call[2] is 0 or > 1UL << 60)
        {
            status = KernelStatus.InvalidArgument;
        }

        return status == KernelStatus.Ok ? Make(ref call, cell, Pages.RoundUp(call[2])) : status;
    }

    public static KernelStatus Clone(ref Invocation call)
    {
        var status = call.Get<MemoryObject>(0, CapabilityRights.Read, out var source, out _);
        return status == KernelStatus.Ok ? Clone(ref call, source, source.Length) : status;
    }

    public static KernelStatus Extend(ref Invocation call)
    {
        var status = call.Get<MemoryObject>(0, CapabilityRights.Read, out var source, out _);
        if (status == KernelStatus.Ok && (call[3] < source.Length || call[3] > 1UL << 60))
        {
            status = KernelStatus.InvalidArgument;
        }

        return status == KernelStatus.Ok ? Clone(ref call, source, Pages.RoundUp(call[3])) : status;
    }

    private static KernelStatus Clone(ref Invocation call, MemoryObject source, ulong length)
    {
        int order = PhysicalRanges.OrderOf(length);
        var status = KernelStatus.Ok;
        Cell cell = null!;
        if (status == KernelStatus.Ok)
        {
            status = call.Get(2, CapabilityRights.Manage, out cell);
        }

        if (status == KernelStatus.Ok)
        {
            status = CheckAddresses(ref call, cell, order);
        }

        if (status != KernelStatus.Ok)
        {
            return status;
        }

        // Nobody else may be given the range of a clone that was suspended: part of what was cloned is in it.
        if (!source.TryTakeUnfinished(call.Kernel, order, out var start) && !call.Kernel.Ranges.TryTake(order, out start))
        {
            return KernelStatus.AddressSpaceExhausted;
        }

        call.ExtraCost = Subtrees(source.Length) * SubtreeCost;
        if (call.Kernel.Cpu.Memory.Clone(source.Start, start, source.Length) == MemoryStatus.Suspended)
        {
            source.KeepUnfinished(call.Kernel, start, order);
            return KernelStatus.Suspended;
        }

        call.PutNew(new MemoryObject(cell, start, length, order, call.Kernel.Ranges.ExtraObjects(order)));
        return KernelStatus.Ok;
    }

    public static KernelStatus Read(ref Invocation call)
    {
        var status = Decode(ref call, (ulong)call.Destination.Length, out var memory);
        if (status != KernelStatus.Ok)
        {
            return status;
        }

        call.ExtraCost = (ulong)call.Destination.Length / 8;
        return ToStatus(call.Kernel.Cpu.Memory.Read(memory.Start + call[1], call.Destination));
    }

    public static KernelStatus Write(ref Invocation call)
    {
        var status = Decode(ref call, (ulong)call.Source.Length, out var memory);
        if (status != KernelStatus.Ok)
        {
            return status;
        }

        call.ExtraCost = (ulong)call.Source.Length / 8;
        var start = memory.Start + call[1];
        var result = call.Kernel.Cpu.Memory.Prepare(start, (ulong)call.Source.Length, memory.Owner.Account);
        return ToStatus(result == MemoryStatus.Ok ? call.Kernel.Cpu.Memory.Write(start, call.Source, memory.Owner.Account) : result);
    }

    public static KernelStatus Status(ref Invocation call)
    {
        var status = call.Target<MemoryObject>(out var memory);
        if (status == KernelStatus.Ok)
        {
            call[1] = memory.Length;
        }

        return status;
    }

    public static KernelStatus Discard(ref Invocation call)
    {
        var status = call.Target<MemoryObject>(out var memory);
        if (status == KernelStatus.Ok && (!call.IsPageRange(1, 2) || !memory.Contains(call[1], call[2])))
        {
            status = KernelStatus.InvalidArgument;
        }

        if (status != KernelStatus.Ok)
        {
            return status;
        }

        // One step gives back at most what one clone unit holds; the caller comes again for the rest.
        var physical = call.Kernel.Cpu.Memory;
        var end = memory.Start + (call[1] + call[2]);
        if (!physical.TryFindPresent(memory.Start + call[1], end, out var first))
        {
            return KernelStatus.Ok;
        }

        ulong length = Math.Min(end.Value - first.Value, IGuestMemory.CloneUnit);
        call.ExtraCost = length / Pages.Size * CostOfPage;
        status = ToStatus(physical.Discard(first, length));
        return status == KernelStatus.Ok && first.Value + length < end.Value ? Outcome.Again : status;
    }

    public static KernelStatus Find(ref Invocation call)
    {
        var status = call.Target<MemoryObject>(out var memory);
        if (status == KernelStatus.Ok && call[1] > memory.Length)
        {
            status = KernelStatus.InvalidArgument;
        }

        if (status == KernelStatus.Ok)
        {
            var end = memory.Start + memory.Length;
            call[1] = call.Kernel.Cpu.Memory.TryFindPresent(memory.Start + Pages.RoundDown(call[1]), end, out var page) ? page.Value - memory.Start.Value : memory.Length;
        }

        return status;
    }

    /// <summary>Ok where the cell can pay for the object, its capability, and the addresses that it takes.</summary>
    private static KernelStatus CheckAddresses(ref Invocation call, Cell cell, int order)
    {
        var status = call.CheckCreate(cell);
        int extra = call.Kernel.Ranges.ExtraObjects(order);
        return status == KernelStatus.Ok && !cell.CanCharge(extra + (cell == call.Caller ? 2 : 1)) ? KernelStatus.ObjectsExhausted : status;
    }

    private static KernelStatus Make(ref Invocation call, Cell cell, ulong length)
    {
        int order = PhysicalRanges.OrderOf(length);
        var status = CheckAddresses(ref call, cell, order);
        if (status != KernelStatus.Ok)
        {
            return status;
        }

        if (!call.Kernel.Ranges.TryTake(order, out var start))
        {
            return KernelStatus.AddressSpaceExhausted;
        }

        call.PutNew(new MemoryObject(cell, start, length, order, call.Kernel.Ranges.ExtraObjects(order)));
        return KernelStatus.Ok;
    }

    /// <summary>Most subtrees of 1, 64, 64², … pages that an aligned range of that length is made of: the digits of its pages to base 64.</summary>
    private static ulong Subtrees(ulong length)
    {
        ulong count = 0;
        for (ulong pages = Pages.Count(length); pages > 0; pages /= 64)
        {
            count += pages % 64;
        }

        return count;
    }

    private static KernelStatus Decode(ref Invocation call, ulong length, out MemoryObject memory)
    {
        var status = call.Target(out memory);
        return status == KernelStatus.Ok && !memory.Contains(call[1], length) ? KernelStatus.InvalidArgument : status;
    }

    private static KernelStatus ToStatus(MemoryStatus status) => status switch
    {
        MemoryStatus.Ok => KernelStatus.Ok,
        MemoryStatus.Suspended => KernelStatus.Suspended,
        MemoryStatus.Exhausted => KernelStatus.MemoryExhausted,
        _ => KernelStatus.InvalidArgument,
    };
}
