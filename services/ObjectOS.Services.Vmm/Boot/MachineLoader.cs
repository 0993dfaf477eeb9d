using ObjectOS.Client;

namespace ObjectOS.Services.Vmm;

/// <summary>Brings a machine's files into its memory, a bounded step at a time.</summary>
internal sealed class MachineLoader(BootPlan plan, IReadOnlyDictionary<MachineFile, MemoryCapability> files, GuestRam ram)
{
    private const ulong StepBytes = 256 << 10;

    private int _item;
    private ulong _done;

    /// <summary>True once all is there.</summary>
    public bool IsDone => _item == plan.Pieces.Count + plan.Blobs.Count;

    /// <summary>Loads on.</summary>
    public DeviceStatus Step()
    {
        if (_item >= plan.Pieces.Count)
        {
            var blob = plan.Blobs[_item - plan.Pieces.Count];
            var written = ram.WriteAnyway(blob.Address, blob.Bytes);
            _item += written == DeviceStatus.Done ? 1 : 0;
            return written;
        }

        var piece = plan.Pieces[_item];
        var bytes = new byte[Math.Min(StepBytes, piece.Length - _done)];
        var status = files[piece.File].Read(piece.Offset + _done, bytes) switch
        {
            Abi.KernelStatus.Ok => DeviceStatus.Done,
            Abi.KernelStatus.Suspended => DeviceStatus.Suspended,
            _ => DeviceStatus.Fault,
        };
        status = status == DeviceStatus.Done ? WritePages(piece.Address + _done, bytes) : status;
        if (status == DeviceStatus.Done)
        {
            _done += (ulong)bytes.Length;
            if (_done == piece.Length)
            {
                (_item, _done) = (_item + 1, 0);
            }
        }

        return status;
    }

    /// <summary>All from the start: the machine reboots.</summary>
    public void Reset() => (_item, _done) = (0, 0);

    public void Save(BinaryWriter writer)
    {
        writer.Write(_item);
        writer.Write(_done);
    }

    public void Restore(BinaryReader reader) => (_item, _done) = (reader.ReadInt32(), reader.ReadUInt64());

    /// <summary>Memory is zero before: zeros need no page of it.</summary>
    private DeviceStatus WritePages(ulong address, ReadOnlySpan<byte> bytes) => bytes.ContainsAnyExcept((byte)0) ? ram.WriteAnyway(address, bytes) : DeviceStatus.Done;
}
