using ObjectOS.Abi;
using ObjectOS.Client;

namespace ObjectOS.Services.Vmm;

/// <summary>The memory of a virtual machine: one memory object, mapped at its guest-physical address.</summary>
/// <param name="space">The guest-physical addresses.</param>
/// <param name="memory">The memory object.</param>
/// <param name="start">The guest-physical address of its first byte.</param>
/// <param name="length">Its bytes.</param>
/// <param name="guarded">An address in the page that harts cannot write, so that their stores come to the service; null: there is none.</param>
internal sealed class GuestRam(AddressSpaceCapability space, MemoryCapability memory, ulong start, ulong length, ulong? guarded)
{
    /// <summary>Most bytes that one invocation prepares.</summary>
    private const ulong PrepareLimit = 16UL << 20;

    private readonly ulong? _guarded = guarded is { } address ? Pages.RoundDown(address) : null;

    public AddressSpaceCapability Space => space;

    public MemoryCapability Memory => memory;

    public ulong Start => start;

    public ulong Length => length;

    /// <summary>The quota did not suffice for something that a device wanted to write.</summary>
    public bool IsExhausted { get; private set; }

    /// <summary>True where an instruction can start.</summary>
    public bool IsEntry(ulong address) => address % 2 == 0 && Contains(address, 2);

    public bool Contains(ulong address, ulong bytes) => address >= start && bytes <= length && address - start <= length - bytes;

    /// <summary>True in the page that harts cannot write.</summary>
    public bool IsGuarded(ulong address) => Pages.RoundDown(address) == _guarded;

    /// <summary>Maps all of it, but the guarded page without the right to write.</summary>
    public KernelStatus Map()
    {
        const PageRights all = PageRights.Read | PageRights.Write | PageRights.Execute;
        if (_guarded is not { } page)
        {
            return MapPart(start, start + length, all);
        }

        var status = MapPart(start, page, all);
        status = status == KernelStatus.Ok ? MapPart(page, page + Pages.Size, PageRights.Read | PageRights.Execute) : status;
        return status == KernelStatus.Ok ? MapPart(page + Pages.Size, start + length, all) : status;
    }

    public DeviceStatus Read(ulong address, Span<byte> destination) =>
        !Contains(address, (ulong)destination.Length) ? DeviceStatus.Fault : ToDevice(memory.Read(address - start, destination));

    public DeviceStatus Prepare(ulong address, ulong bytes)
    {
        if (!Contains(address, bytes))
        {
            return DeviceStatus.Fault;
        }

        for (ulong done = 0; done < bytes;)
        {
            ulong part = PartAt(address + done, Math.Min(PrepareLimit, bytes - done), out bool isGuarded);
            var status = isGuarded ? PrepareGuarded(address + done) : ToDevice(space.Prepare(new VirtualAddress(address + done), part));
            if (status != DeviceStatus.Done)
            {
                return status;
            }

            done += part;
        }

        return DeviceStatus.Done;
    }

    public DeviceStatus Write(ulong address, ReadOnlySpan<byte> source)
    {
        if (!Contains(address, (ulong)source.Length))
        {
            return DeviceStatus.Fault;
        }

        for (int done = 0; done < source.Length;)
        {
            int part = (int)PartAt(address + (ulong)done, (ulong)(source.Length - done), out bool isGuarded);
            var piece = source.Slice(done, part);
            var status = isGuarded ? WriteAnyway(address + (ulong)done, piece) : ToDevice(space.CopyOut(new VirtualAddress(address + (ulong)done), piece));
            if (status != DeviceStatus.Done)
            {
                return status;
            }

            done += part;
        }

        return DeviceStatus.Done;
    }

    /// <summary>Writes where the space gives no right to: loading, and the page that is guarded.</summary>
    public DeviceStatus WriteAnyway(ulong address, ReadOnlySpan<byte> source) =>
        !Contains(address, (ulong)source.Length) ? DeviceStatus.Fault : ToDevice(memory.Write(address - start, source));

    /// <summary>How many of the bytes are guarded, or not, as the first is.</summary>
    private ulong PartAt(ulong address, ulong bytes, out bool isGuarded)
    {
        isGuarded = IsGuarded(address);
        ulong end = isGuarded ? _guarded!.Value + Pages.Size : address < _guarded ? _guarded.Value : ulong.MaxValue;
        return Math.Min(bytes, end - address);
    }

    /// <summary>Makes the guarded page present by writing a byte that it has already.</summary>
    private DeviceStatus PrepareGuarded(ulong address)
    {
        Span<byte> one = stackalloc byte[1];
        var status = Read(address, one);
        return status == DeviceStatus.Done ? WriteAnyway(address, one) : status;
    }

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
