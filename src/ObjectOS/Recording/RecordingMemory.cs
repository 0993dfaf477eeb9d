using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Recording;

/// <summary>A CPU's memory whose changes from outside are logged. They are charged to the CPU's own account.</summary>
internal sealed class RecordingMemory(Recorder recorder, ICpu cpu, int kernel) : IGuestMemory
{
    private IGuestMemory Inner => cpu.Memory;

    public ulong Size => Inner.Size;

    public MemoryStatus Read(PhysicalAddress address, Span<byte> destination) => Inner.Read(address, destination);

    public MemoryStatus Write(PhysicalAddress address, ReadOnlySpan<byte> source, IMemoryAccount account)
    {
        var status = Inner.Write(address, source, Own(account));
        var log = Begin(MemoryOperation.Write, address);
        recorder.Source(source);
        return End(log, status);
    }

    public MemoryStatus Prepare(PhysicalAddress address, ulong length, IMemoryAccount account)
    {
        var status = Inner.Prepare(address, length, Own(account));
        var log = Begin(MemoryOperation.Prepare, address);
        log.Number(length);
        return End(log, status);
    }

    public MemoryStatus Clone(PhysicalAddress source, PhysicalAddress destination, ulong length)
    {
        var status = Inner.Clone(source, destination, length);
        var log = Begin(MemoryOperation.Clone, source);
        log.Number(destination.Value);
        log.Number(length);
        return End(log, status);
    }

    public MemoryStatus Discard(PhysicalAddress address, ulong length)
    {
        var status = Inner.Discard(address, length);
        var log = Begin(MemoryOperation.Discard, address);
        log.Number(length);
        return End(log, status);
    }

    public bool TryFindPresent(PhysicalAddress start, PhysicalAddress end, out PhysicalAddress page) => Inner.TryFindPresent(start, end, out page);

    private IMemoryAccount Own(IMemoryAccount account) =>
        account == cpu.Account ? account : throw new NotSupportedException("Writes that are recorded are charged to the CPU's own account.");

    private RecordBuffer Begin(MemoryOperation operation, PhysicalAddress address)
    {
        var log = recorder.Begin(RecordKind.Memory);
        log.Number((ulong)kernel);
        log.Byte((byte)operation);
        log.Number(address.Value);
        return log;
    }

    private static MemoryStatus End(RecordBuffer log, MemoryStatus status)
    {
        log.Byte((byte)status);
        return status;
    }
}
