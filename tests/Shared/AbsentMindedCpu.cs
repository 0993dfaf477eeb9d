using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Tests;

/// <summary>Another CPU whose memory says Suspended now and then, as a virtual CPU's does while a page has to be brought.</summary>
internal sealed class AbsentMindedCpu(ICpu inner, int seed) : CpuDecorator(inner), IGuestMemory
{
    private readonly Random _random = new(seed);

    /// <summary>What was prepared since the last suspension: it stays so, as the contract says (<see cref="IGuestMemory.Prepare"/>).</summary>
    private readonly List<(ulong Start, ulong End)> _prepared = [];

    public int Suspensions { get; private set; }

    public override IGuestMemory Memory => this;

    public ulong Size => Inner.Memory.Size;

    public MemoryStatus Read(PhysicalAddress address, Span<byte> destination) =>
        IsSuspended() ? MemoryStatus.Suspended : Inner.Memory.Read(address, destination);

    public MemoryStatus Write(PhysicalAddress address, ReadOnlySpan<byte> source, IMemoryAccount account) => Inner.Memory.Write(address, source, account);

    public MemoryStatus Prepare(PhysicalAddress address, ulong length, IMemoryAccount account)
    {
        var (start, end) = (address.Value, address.Value + length);
        if (!_prepared.Exists(range => range.Start <= start && end <= range.End) && IsSuspended())
        {
            return MemoryStatus.Suspended;
        }

        _prepared.Add((start, end));
        return Inner.Memory.Prepare(address, length, account);
    }

    public MemoryStatus Clone(PhysicalAddress source, PhysicalAddress destination, ulong length) =>
        IsSuspended() ? MemoryStatus.Suspended : Inner.Memory.Clone(source, destination, length);

    public MemoryStatus Discard(PhysicalAddress address, ulong length) => IsSuspended() ? MemoryStatus.Suspended : Inner.Memory.Discard(address, length);

    public bool TryFindPresent(PhysicalAddress start, PhysicalAddress end, out PhysicalAddress page) => Inner.Memory.TryFindPresent(start, end, out page);

    private bool IsSuspended()
    {
        bool suspended = _random.Next(4) == 0;
        Suspensions += suspended ? 1 : 0;
        if (suspended)
        {
            _prepared.Clear();
        }

        return suspended;
    }
}
