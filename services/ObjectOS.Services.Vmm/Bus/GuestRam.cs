using ObjectOS.Abi;
using ObjectOS.Client;

namespace ObjectOS.Services.Vmm;

/// <summary>The memory of a virtual machine: one memory object, mapped at its guest-physical address.</summary>
/// <param name="space">The guest-physical addresses.</param>
/// <param name="memory">The memory object.</param>
/// <param name="start">The guest-physical address of its first byte.</param>
/// <param name="length">Its bytes.</param>
internal sealed class GuestRam(AddressSpaceCapability space, MemoryCapability memory, ulong start, ulong length)
{
    /// <summary>Most bytes that one invocation prepares.</summary>
    private const ulong PrepareLimit = 16UL << 20;

    public AddressSpaceCapability Space => space;

    public MemoryCapability Memory => memory;

    public ulong Start => start;

    public ulong Length => length;

    /// <summary>The quota did not suffice for something that a device wanted to write.</summary>
    public bool IsExhausted { get; private set; }

    /// <summary>True where an instruction can start.</summary>
    public bool IsEntry(ulong address) => address % 2 == 0 && Contains(address, 2);

    public bool Contains(ulong address, ulong bytes) => address >= start && bytes <= length && address - start <= length - bytes;

    /// <summary>Maps all of it, but the pages of a range without the right to write.</summary>
    public KernelStatus Map(ulong guardedStart, ulong guardedEnd)
    {
        const PageRights all = PageRights.Read | PageRights.Write | PageRights.Execute;
        var status = MapPart(start, guardedStart, all);
        status = status == KernelStatus.Ok ? MapPart(guardedStart, guardedEnd, PageRights.Read | PageRights.Execute) : status;
        return status == KernelStatus.Ok ? MapPart(guardedEnd, start + length, all) : status;
    }

    public DeviceStatus Read(ulong address, Span<byte> destination) =>
        !Contains(address, (ulong)destination.Length) ? DeviceStatus.Fault : ToDevice(memory.Read(address - start, destination));

    public DeviceStatus Prepare(ulong address, ulong bytes)
    {
        if (!Contains(address, bytes))
        {
            return DeviceStatus.Fault;
        }

        for (ulong done = 0; done < bytes; done += PrepareLimit)
        {
            var status = ToDevice(space.Prepare(new VirtualAddress(address + done), Math.Min(PrepareLimit, bytes - done)));
            if (status != DeviceStatus.Done)
            {
                return status;
            }
        }

        return DeviceStatus.Done;
    }

    public DeviceStatus Write(ulong address, ReadOnlySpan<byte> source)
    {
        if (!Contains(address, (ulong)source.Length))
        {
            return DeviceStatus.Fault;
        }

        return ToDevice(space.CopyOut(new VirtualAddress(address), source));
    }

    /// <summary>Writes where the space gives no right to: loading, and the pages that are guarded.</summary>
    public DeviceStatus WriteAnyway(ulong address, ReadOnlySpan<byte> source) =>
        !Contains(address, (ulong)source.Length) ? DeviceStatus.Fault : ToDevice(memory.Write(address - start, source));

    private KernelStatus MapPart(ulong from, ulong to, PageRights rights) =>
        from >= to ? KernelStatus.Ok : space.Map(new VirtualAddress(from), memory, from - start, to - from, rights);

    private DeviceStatus ToDevice(KernelStatus status)
    {
        IsExhausted |= status == KernelStatus.MemoryExhausted;
        return status switch
        {
            KernelStatus.Ok => DeviceStatus.Done,
            KernelStatus.Suspended => DeviceStatus.Suspended,
            _ => DeviceStatus.Fault,
        };
    }
}
