using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Tests;

/// <summary>Another CPU whose memory says Suspended now and then, as a virtual CPU's does while a page has to be brought.</summary>
internal sealed class AbsentMindedCpu(ICpu inner, int seed) : ICpu, IGuestMemory
{
    private readonly Random _random = new(seed);

    public int Suspensions { get; private set; }

    public CpuDescription Description => inner.Description;

    public IGuestMemory Memory => this;

    public IMemoryAccount Account => inner.Account;

    public ulong Size => inner.Memory.Size;

    public IAddressSpace CreateAddressSpace(IMemoryAccount account) => inner.CreateAddressSpace(account);

    public void Attach(ICpuGuest guest) => inner.Attach(guest);

    public void Interrupt() => inner.Interrupt();

    public void Run(HartContext context, IAddressSpace space, in RunLimits limits, out Trap trap) => inner.Run(context, space, limits, out trap);

    public MemoryStatus Read(PhysicalAddress address, Span<byte> destination) =>
        IsSuspended() ? MemoryStatus.Suspended : inner.Memory.Read(address, destination);

    public MemoryStatus Write(PhysicalAddress address, ReadOnlySpan<byte> source, IMemoryAccount account) => inner.Memory.Write(address, source, account);

    public MemoryStatus Prepare(PhysicalAddress address, ulong length, IMemoryAccount account) =>
        IsSuspended() ? MemoryStatus.Suspended : inner.Memory.Prepare(address, length, account);

    public MemoryStatus Clone(PhysicalAddress source, PhysicalAddress destination, ulong length) =>
        IsSuspended() ? MemoryStatus.Suspended : inner.Memory.Clone(source, destination, length);

    public MemoryStatus Discard(PhysicalAddress address, ulong length) => IsSuspended() ? MemoryStatus.Suspended : inner.Memory.Discard(address, length);

    public bool TryFindPresent(PhysicalAddress start, PhysicalAddress end, out PhysicalAddress page) => inner.Memory.TryFindPresent(start, end, out page);

    private bool IsSuspended()
    {
        bool suspended = _random.Next(4) == 0;
        Suspensions += suspended ? 1 : 0;
        return suspended;
    }
}
