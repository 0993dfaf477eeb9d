using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Objects;

/// <summary>What a cell's threads see as memory: mappings of memory objects, in this record and in the CPU's own.</summary>
public sealed class AddressSpace : KernelObject
{
    /// <summary>Most mappings of one space.</summary>
    private const int MostMappings = 1 << 14;

    /// <summary>Most mappings of a memory object that are looked at to learn whether another space has it.</summary>
    private const int MostPeers = 64;

    private readonly List<Mapping> _mappings = [];
    private readonly IAddressSpace _hardware;
    private readonly IGuestMemory _memory;
    private Transfer _transfer;
    private Thread? _last;

    internal AddressSpace(Cell owner, ICpu cpu)
        : base(ObjectKind.AddressSpace, owner)
    {
        _memory = cpu.Memory;
        _hardware = cpu.CreateAddressSpace(owner.Account);
    }

    /// <summary>A map that is not run in: the second stage of a virtual CPU hears of its changes.</summary>
    internal AddressSpace(Cell owner, ICpu cpu, IAddressSpace listener)
        : base(ObjectKind.AddressSpace, owner)
    {
        _memory = cpu.Memory;
        _hardware = listener;
    }

    /// <summary>What services have moved in it, on the account of threads of other spaces, since the last event.</summary>
    internal ref Transfer Transfer => ref _transfer;

    /// <summary>The CPU's side of it.</summary>
    internal IAddressSpace Hardware => _hardware;

    /// <summary>Mappings, ascending by address.</summary>
    internal IReadOnlyList<Mapping> Mappings => _mappings;

    /// <summary>Loads of its harts that are answered where nothing is mapped; null: none is.</summary>
    internal AnsweredReads? Answers { get; private set; }

    /// <summary>
    /// A thread of it is to run, after one of this or another space. What LR reserved stays reserved if no other thread can have
    /// written there since: else the turns of other cells would show in a program's count of instructions.
    /// </summary>
    internal void Enter(Thread thread, HartContext context)
    {
        if (context.Reservation != HartContext.NoReservation && (thread != _last || !IsPrivate(context.Reservation)))
        {
            context.Reservation = HartContext.NoReservation;
        }

        _last = thread;
    }

    /// <summary>True where nothing is mapped in the range.</summary>
    internal bool IsFree(ulong start, ulong length)
    {
        int i = IndexAtOrAfter(start);
        return i == _mappings.Count || _mappings[i].Start >= start + length;
    }

    /// <summary>Sets what answers a load. False: it answers too many.</summary>
    internal bool TryAnswer(in AnsweredRead read) => (Answers ??= new AnsweredReads()).TrySet(read);

    /// <summary>Ok where the space can have one more mapping.</summary>
    internal KernelStatus CheckMap() => CheckRoom(1);

    /// <summary>Ok where boundaries can be made at both ends of the range.</summary>
    internal KernelStatus CheckSplit(ulong start, ulong length) => CheckRoom((IsInside(start) ? 1 : 0) + (IsInside(start + length) ? 1 : 0));

    internal void Map(ulong start, ulong length, Capability through, ulong offset, PageRights rights)
    {
        Insert(start, length, through, offset, rights);
        _hardware.Map(new VirtualAddress(start), _mappings[IndexAtOrAfter(start)].Physical(start), length, rights);
    }

    /// <summary>Ok where all of the range is mapped and the capabilities it was mapped through allow the rights.</summary>
    internal KernelStatus CheckProtect(ulong start, ulong length, PageRights rights)
    {
        ulong at = start;
        for (int i = IndexAtOrAfter(start); at < start + length; i++)
        {
            if (i == _mappings.Count || _mappings[i].Start > at)
            {
                return KernelStatus.NotMapped;
            }

            if (!Allows(_mappings[i].Through.Rights, rights))
            {
                return KernelStatus.MissingRights;
            }

            at = _mappings[i].End;
        }

        return KernelStatus.Ok;
    }

    internal static bool Allows(CapabilityRights held, PageRights wanted) =>
        (!wanted.HasFlag(PageRights.Read) || held.HasFlag(CapabilityRights.Read)) &&
        (!wanted.HasFlag(PageRights.Write) || held.HasFlag(CapabilityRights.Write)) &&
        (!wanted.HasFlag(PageRights.Execute) || held.HasFlag(CapabilityRights.Execute));

    /// <summary>Sets rights that <see cref="CheckProtect"/> has passed.</summary>
    internal void Protect(ulong start, ulong length, PageRights rights)
    {
        Split(start);
        Split(start + length);
        for (int i = IndexAtOrAfter(start); i < _mappings.Count && _mappings[i].Start < start + length; i++)
        {
            _mappings[i].Rights = rights;
        }

        _hardware.Protect(new VirtualAddress(start), length, rights);
    }

    /// <summary>Takes away what is mapped in the range, at most <paramref name="most"/> mappings of it. The number that it took.</summary>
    internal int Unmap(ulong start, ulong length, int most)
    {
        Split(start);
        Split(start + length);
        int first = IndexAtOrAfter(start);
        int end = first;
        while (end < _mappings.Count && end - first < most && _mappings[end].Start < start + length)
        {
            _mappings[end].Detach();
            end++;
        }

        if (end > first)
        {
            _hardware.Unmap(new VirtualAddress(_mappings[first].Start), _mappings[end - 1].End - _mappings[first].Start);
            _mappings.RemoveRange(first, end - first);
            Refund(end - first);
        }

        return end - first;
    }

    internal void Unmap(Mapping mapping) => Unmap(mapping.Start, mapping.Length, 1);

    /// <summary>Takes the last mappings away, at most <paramref name="most"/>.</summary>
    internal void UnmapLast(int most)
    {
        for (; most > 0 && _mappings.Count > 0; most--)
        {
            Unmap(_mappings[^1]);
        }
    }

    /// <summary>Copies out of the space, as its threads could read it.</summary>
    internal KernelStatus CopyIn(ulong address, Span<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            if (Find(address, PageRights.Read) is not { } mapping)
            {
                return KernelStatus.NotMapped;
            }

            int length = (int)Math.Min((ulong)buffer.Length, mapping.End - address);
            if (_memory.Read(mapping.Physical(address), buffer[..length]) == MemoryStatus.Suspended)
            {
                return KernelStatus.Suspended;
            }

            buffer = buffer[length..];
            address += (ulong)length;
        }

        return KernelStatus.Ok;
    }

    /// <summary>Copies into the space, as its threads could write it. Nothing is written unless all can be.</summary>
    internal KernelStatus CopyOut(ulong address, ReadOnlySpan<byte> buffer)
    {
        var status = Prepare(address, (ulong)buffer.Length);
        while (status == KernelStatus.Ok && buffer.Length > 0)
        {
            var mapping = Find(address, PageRights.Write)!;
            int length = (int)Math.Min((ulong)buffer.Length, mapping.End - address);
            _memory.Write(mapping.Physical(address), buffer[..length], Owner.Account);
            buffer = buffer[length..];
            address += (ulong)length;
        }

        return status;
    }

    /// <summary>Makes every page of the range present, so that a copy into it cannot fail.</summary>
    internal KernelStatus Prepare(ulong address, ulong length)
    {
        ulong at = address;
        for (ulong left = length; left > 0;)
        {
            if (Find(at, PageRights.Write) is not { } mapping)
            {
                return KernelStatus.NotMapped;
            }

            ulong part = Math.Min(left, mapping.End - at);
            at += part;
            left -= part;
        }

        for (ulong left = length; left > 0;)
        {
            var mapping = Find(address, PageRights.Write)!;
            ulong part = Math.Min(left, mapping.End - address);
            switch (_memory.Prepare(mapping.Physical(address), part, Owner.Account))
            {
                case MemoryStatus.Exhausted:
                    return KernelStatus.MemoryExhausted;
                case MemoryStatus.Suspended:
                    return KernelStatus.Suspended;
                default:
                    break;
            }

            address += part;
            left -= part;
        }

        return KernelStatus.Ok;
    }

    /// <summary>After its death, one bounded step of taking its mappings away. True: it was the last.</summary>
    internal override bool TearDown(Reclaimer reclaimer)
    {
        UnmapLast(most: 64);
        if (_mappings.Count > 0)
        {
            return false;
        }

        _hardware.Dispose();
        return true;
    }

    private protected override void OnDestroy(Kernel kernel)
    {
        if (_mappings.Count == 0)
        {
            _hardware.Dispose();
        }
        else
        {
            // Nobody runs in it any more, and its quota has them back; until they are taken away, its mappings are as good as any to the memory behind them.
            Owner.Refund(_mappings.Count);
            kernel.Reclaimer.Add(this);
        }
    }

    /// <summary>True where the memory at the address is mapped in no other space.</summary>
    private bool IsPrivate(ulong address) =>
        Find(address, PageRights.None) is { Memory.Mappings: var peers } && peers.Count <= MostPeers && peers.TrueForAll(peer => peer.Space == this);

    private void Refund(int count) => Owner.Refund(IsDead ? 0 : count);

    private KernelStatus CheckRoom(int count) =>
        count == 0 || (_mappings.Count + count <= MostMappings && Owner.CanCharge(count)) ? KernelStatus.Ok : KernelStatus.ObjectsExhausted;

    /// <summary>True where a mapping lies on both sides of the address.</summary>
    private bool IsInside(ulong address)
    {
        int i = IndexAtOrAfter(address);
        return i < _mappings.Count && _mappings[i].Start < address;
    }

    private Mapping? Find(ulong address, PageRights rights)
    {
        int i = IndexAtOrAfter(address);
        return i < _mappings.Count && _mappings[i].Start <= address && (_mappings[i].Rights & rights) == rights ? _mappings[i] : null;
    }

    /// <summary>The index of the mapping that holds the address, else of the first one above it.</summary>
    internal int IndexAtOrAfter(ulong address)
    {
        int low = 0;
        int high = _mappings.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_mappings[middle].End - 1 < address)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    /// <summary>Makes a mapping boundary at the address.</summary>
    private void Split(ulong address)
    {
        if (!IsInside(address))
        {
            return;
        }

        int i = IndexAtOrAfter(address);
        var old = _mappings[i];
        Remove(i);
        Insert(old.Start, address - old.Start, old.Through, old.Offset, old.Rights);
        Insert(address, old.End - address, old.Through, old.Offset + (address - old.Start), old.Rights);
    }

    private void Insert(ulong start, ulong length, Capability through, ulong offset, PageRights rights)
    {
        var mapping = new Mapping(this, start, length, through, offset, rights);
        _mappings.Insert(IndexAtOrAfter(start), mapping);
        mapping.Attach();
        Owner.Charge();
    }

    private void Remove(int index)
    {
        var mapping = _mappings[index];
        _mappings.RemoveAt(index);
        mapping.Detach();
        Refund(1);
    }
}
