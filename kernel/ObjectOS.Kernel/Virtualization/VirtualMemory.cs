using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Objects;

/// <summary>The physical memory of a virtual CPU: ranges of the memory below, through the second stage.</summary>
internal sealed class VirtualMemory(VCpu vcpu, IGuestMemory below, ulong size) : IGuestMemory
{
    /// <summary>Clones that were suspended, by their destinations, and how far they had come. A discard at the destination forgets.</summary>
    private readonly Dictionary<ulong, (PhysicalAddress Source, ulong Length, ulong Done)> _cloning = [];

    public ulong Size => size;

    public MemoryStatus Read(PhysicalAddress address, Span<byte> destination)
    {
        var status = Enter(address, (ulong)destination.Length);
        while (status == MemoryStatus.Ok && destination.Length > 0)
        {
            var segment = Find(address);
            int length = (int)Math.Min((ulong)destination.Length, segment.End - address.Value);
            if (segment.Kind == SegmentKind.Hole && !vcpu.Intercepts.MissingPages)
            {
                destination[..length].Clear();
            }
            else
            {
                status = Require(ref segment, address, AccessKind.Load);
                status = status == MemoryStatus.Ok ? Settle(below.Read(segment.At(address.Value), destination[..length]), null) : status;
            }

            destination = destination[length..];
            address += (ulong)length;
        }

        return status;
    }

    public MemoryStatus Write(PhysicalAddress address, ReadOnlySpan<byte> source, IMemoryAccount account)
    {
        vcpu.Virtual.CheckAccount(account);
        var status = Enter(address, (ulong)source.Length);
        while (status == MemoryStatus.Ok && source.Length > 0)
        {
            var segment = Find(address);
            status = Require(ref segment, address, AccessKind.Store);
            if (status == MemoryStatus.Ok)
            {
                int length = (int)Math.Min((ulong)source.Length, segment.End - address.Value);
                status = Settle(below.Write(segment.At(address.Value), source[..length], account), account);
                source = source[length..];
                address += (ulong)length;
            }
        }

        return status;
    }

    public MemoryStatus Prepare(PhysicalAddress address, ulong length, IMemoryAccount account)
    {
        vcpu.Virtual.CheckAccount(account);
        var status = Enter(address, length);
        while (status == MemoryStatus.Ok && length > 0)
        {
            var segment = Find(address);
            status = Require(ref segment, address, AccessKind.Store);
            if (status == MemoryStatus.Ok)
            {
                ulong part = Math.Min(length, segment.End - address.Value);
                status = Settle(below.Prepare(segment.At(address.Value), part, account), account);
                length -= part;
                address += part;
            }
        }

        return status;
    }

    /// <exception cref="ArgumentException">Not whole pages, or the ranges overlap.</exception>
    public MemoryStatus Clone(PhysicalAddress source, PhysicalAddress destination, ulong length)
    {
        CheckWholePages(source.Value | destination.Value, length);
        if (!IsInside(source, length) || !IsInside(destination, length))
        {
            return MemoryStatus.OutOfRange;
        }

        var status = Enter(source, length);
        if (length == 0 || status != MemoryStatus.Ok)
        {
            return status;
        }

        if (source.Value - destination.Value < length || destination.Value - source.Value < length)
        {
            throw new ArgumentException($"The clone of {length} bytes from {source} to {destination} overlaps itself.");
        }

        bool again = _cloning.Remove(destination.Value, out var begun) && begun.Length == length && begun.Source == source;
        ulong done = again ? begun.Done : 0;
        while (status == MemoryStatus.Ok && done < length)
        {
            status = ClonePiece(source + done, destination + done, length - done, out ulong part);
            done += status == MemoryStatus.Ok ? part : 0;
        }

        if (status == MemoryStatus.Suspended)
        {
            _cloning[destination.Value] = (source, length, done);
        }

        return status;
    }

    public MemoryStatus Discard(PhysicalAddress address, ulong length)
    {
        CheckWholePages(address.Value, length);
        var status = Enter(address, length);
        ulong end = address.Value + length;
        if (status == MemoryStatus.Ok && _cloning.Remove(address.Value, out var begun))
        {
            // The memory below may have begun the next piece.
            status = DiscardPage(address + begun.Done);
            if (status != MemoryStatus.Ok)
            {
                _cloning.Add(address.Value, begun);
            }
        }

        for (ulong at = address.Value; status == MemoryStatus.Ok && at < end;)
        {
            var segment = vcpu.StageTwo.Find(at, seeIntercepted: false);
            if (segment.Kind == SegmentKind.Hole && vcpu.StageTwo.TryFindAway(at, Math.Min(end, segment.End), out ulong away))
            {
                status = Require(ref segment, new PhysicalAddress(away), AccessKind.Store);
            }
            else if (segment.Kind == SegmentKind.Memory)
            {
                status = Require(ref segment, new PhysicalAddress(at), AccessKind.Store);
                ulong part = Math.Min(end, segment.End) - at;
                status = status == MemoryStatus.Ok ? Settle(below.Discard(segment.At(at), part), null) : status;
                if (status == MemoryStatus.Ok)
                {
                    vcpu.StageTwo.Release(at);
                }
            }

            at = segment.End;
        }

        return status;
    }

    private MemoryStatus DiscardPage(PhysicalAddress address)
    {
        var segment = vcpu.StageTwo.Find(address.Value, seeIntercepted: false);
        bool canBe = segment.Kind == SegmentKind.Memory && segment.Rights.HasFlag(PageRights.Write);
        return canBe ? Settle(below.Discard(segment.At(address.Value), Pages.Size), null) : MemoryStatus.Ok;
    }

    /// <remarks>What the pager of some level has taken away counts as written: only it knows.</remarks>
    public bool TryFindPresent(PhysicalAddress start, PhysicalAddress end, out PhysicalAddress page)
    {
        ulong limit = Math.Min(end.Value, size);
        for (ulong at = start.Value; at < limit && !vcpu.IsDead;)
        {
            var segment = vcpu.StageTwo.Find(at, seeIntercepted: false);
            ulong to = Math.Min(segment.End, limit);
            if (segment.Kind == SegmentKind.Memory && below.TryFindPresent(segment.At(at), segment.At(to), out var found))
            {
                page = new PhysicalAddress(segment.Start + (found.Value - segment.Physical.Value));
                return true;
            }

            if (segment.Kind == SegmentKind.Hole && vcpu.StageTwo.TryFindAway(at, to, out ulong away))
            {
                page = new PhysicalAddress(away);
                return true;
            }

            at = to;
        }

        page = default;
        return false;
    }

    /// <summary>Clones from one segment into one segment. What is in the destination may be its holder's: a pager may answer with any page.</summary>
    private MemoryStatus ClonePiece(PhysicalAddress source, PhysicalAddress destination, ulong length, out ulong part)
    {
        var from = vcpu.StageTwo.Find(source.Value, seeIntercepted: false);
        part = Math.Min(length, from.End - source.Value);
        if (from.Kind == SegmentKind.Hole && vcpu.StageTwo.TryFindAway(source.Value, source.Value + part, out ulong away))
        {
            return Require(ref from, new PhysicalAddress(away), AccessKind.Load);
        }

        if (from.Kind == SegmentKind.Hole || !below.TryFindPresent(from.At(source.Value), from.At(source.Value + part), out _))
        {
            return TryFindPresent(destination, destination + part, out _) ? Discard(destination, part) : MemoryStatus.Ok;
        }

        var to = vcpu.StageTwo.Find(destination.Value, seeIntercepted: false);
        var status = Require(ref to, destination, AccessKind.Store);
        part = status == MemoryStatus.Ok ? Math.Min(part, to.End - destination.Value) : part;
        return status == MemoryStatus.Ok ? Settle(below.Clone(from.At(source.Value), to.At(destination.Value), part), null) : status;
    }

    private Segment Find(PhysicalAddress address)
    {
        var segment = vcpu.StageTwo.Find(address.Value);
        if (segment.Kind != SegmentKind.Intercepted || !vcpu.Virtual.IsPassingMemory(address.Value))
        {
            return segment;
        }

        // Of what is intercepted only this page passes.
        ulong page = address.Value & ~((ulong)Pages.Size - 1);
        segment = vcpu.StageTwo.Find(address.Value, seeIntercepted: false);
        ulong start = Math.Max(segment.Start, page);
        return segment with { Start = start, End = Math.Min(segment.End, page + Pages.Size), Physical = segment.Kind == SegmentKind.Memory ? segment.At(start) : segment.Physical };
    }

    private MemoryStatus Enter(PhysicalAddress address, ulong length) =>
        !IsInside(address, length) ? MemoryStatus.OutOfRange
        : vcpu.Virtual.IsStopped ? MemoryStatus.Suspended
        : MemoryStatus.Ok;

    private bool IsInside(PhysicalAddress address, ulong length) => length <= size && address.Value <= size - length;

    /// <summary>Makes sure that a segment bears the access: fills a hole, or stops for the holder.</summary>
    private MemoryStatus Require(ref Segment segment, PhysicalAddress address, AccessKind access)
    {
        var wanted = access == AccessKind.Store ? PageRights.Write : PageRights.Read;
        var trap = new Trap { Access = access };
        return vcpu.Virtual.TryReach(ref segment, address.Value, wanted, trap, null) ? MemoryStatus.Ok : MemoryStatus.Suspended;
    }

    /// <summary>What a status of the memory below is to the kernel on this CPU.</summary>
    private MemoryStatus Settle(MemoryStatus status, IMemoryAccount? payer)
    {
        switch (status)
        {
            case MemoryStatus.Suspended:
                vcpu.Virtual.StopBelow();
                return status;
            case MemoryStatus.Exhausted when !vcpu.IsGuestsOwn(Unable(payer)):
                vcpu.Virtual.Exit(new VirtualCpuExit(ExitKind.MemoryExhausted));
                return MemoryStatus.Suspended;
            default:
                return status;
        }
    }

    /// <summary>The lowest account that cannot pay for a page.</summary>
    private static IMemoryAccount? Unable(IMemoryAccount? payer)
    {
        while (payer is not null && payer.Used < payer.Limit)
        {
            payer = payer.Parent;
        }

        return payer;
    }

    private static void CheckWholePages(ulong address, ulong length)
    {
        if ((address | length) % Pages.Size != 0)
        {
            throw new ArgumentException($"0x{address:x} and its length 0x{length:x} have to be whole pages of {Pages.Size} bytes.");
        }
    }
}
