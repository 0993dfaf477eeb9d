using ObjectOS.Abi;
using ObjectOS.Client;

namespace ObjectOS.Host;

/// <summary>
/// Program files that were loaded before, by their contents: a second cell with the same program gets a clone, so that both
/// share frames and decoded code.
/// </summary>
/// <param name="root">The root cell's invoker.</param>
/// <param name="cell">The cell that the files are charged to.</param>
/// <param name="goesOn">Asked where memory was suspended, because somebody above must act first: true if that has been done.</param>
internal sealed class ImageStore(Invoker root, CellCapability cell, Func<bool> goesOn)
{
    /// <summary>Times that one piece is tried again: a holder may grant a page at a time.</summary>
    private const int MostTries = 1024;

    /// <summary>Files kept; beyond it the one that was kept first goes.</summary>
    private const int Most = 16;

    /// <summary>Room behind a file for the record that goes with a start.</summary>
    private const ulong RecordRoom = 1 << 20;

    /// <summary>Bytes that are copied in one go.</summary>
    public const int Piece = 1 << 20;

    private readonly Dictionary<FileKey, MemoryCapability> _files = [];
    private readonly Dictionary<FileKey, (MemoryCapability Memory, int Copied)> _coming = [];
    private readonly Queue<FileKey> _order = [];

    /// <summary>
    /// Copies a piece of a file. A large one is brought so before it is loaded, and cells run between the pieces; whoever brings the same file meanwhile goes on where the other was.
    /// </summary>
    /// <param name="key">What <see cref="FileKey.Of(ReadOnlyMemory{byte})"/> says of it.</param>
    /// <param name="file">All of it.</param>
    /// <param name="isThere">True once there is nothing left to be copied.</param>
    public KernelStatus Bring(FileKey key, ReadOnlySpan<byte> file, out bool isThere)
    {
        isThere = _files.ContainsKey(key);
        if (isThere)
        {
            return KernelStatus.Ok;
        }

        var status = KernelStatus.Ok;
        if (!_coming.Remove(key, out var coming))
        {
            status = cell.CreateMemory(Pages.RoundUp((ulong)file.Length) + RecordRoom, out coming.Memory);
        }

        int length = Math.Min(Piece, file.Length - coming.Copied);
        status = status == KernelStatus.Ok && length > 0 ? Write(coming.Memory, (ulong)coming.Copied, file.Slice(coming.Copied, length)) : status;
        isThere = status == KernelStatus.Ok && coming.Copied + length == file.Length;
        if (isThere)
        {
            Keep(key, coming.Memory);
        }
        else if (status == KernelStatus.Ok)
        {
            _coming.Add(key, (coming.Memory, coming.Copied + length));
        }
        else if (coming.Memory.Slot != 0)
        {
            coming.Memory.Delete();
        }

        return status;
    }

    /// <summary>Gives back what was brought of a file that is not wanted after all.</summary>
    public void Abandon(FileKey key)
    {
        if (_coming.Remove(key, out var coming))
        {
            coming.Memory.Delete();
        }
    }

    /// <summary>Makes a memory object with the file at offset 0 and the record behind it.</summary>
    public KernelStatus Load(FileKey key, ReadOnlySpan<byte> file, ReadOnlySpan<byte> record, out MemoryCapability memory, out ulong recordOffset)
    {
        recordOffset = Pages.RoundUp((ulong)file.Length);
        memory = default;
        if ((ulong)record.Length > RecordRoom)
        {
            return KernelStatus.InvalidArgument;
        }

        KernelStatus status;
        bool isThere;
        do
        {
            status = Bring(key, file, out isThere);
        }
        while (status == KernelStatus.Ok && !isThere);
        if (status != KernelStatus.Ok)
        {
            return status;
        }

        int tries = 0;
        do
        {
            status = _files[key].CreateClone(cell, out memory);
        }
        while (MayTryAgain(status, ref tries));
        if (status == KernelStatus.Ok && (status = Write(memory, recordOffset, record)) != KernelStatus.Ok)
        {
            memory.Delete();
        }

        return status;
    }

    /// <summary>Writes into a memory object; what is suspended is tried again.</summary>
    public KernelStatus Write(MemoryCapability memory, ulong offset, ReadOnlySpan<byte> bytes)
    {
        KernelStatus status;
        int tries = 0;
        do
        {
            status = memory.Write(offset, bytes);
        }
        while (MayTryAgain(status, ref tries));
        return status;
    }

    private bool MayTryAgain(KernelStatus status, ref int tries) => status == KernelStatus.Suspended && tries++ < MostTries && goesOn();

    private void Keep(FileKey key, MemoryCapability memory)
    {
        _files.Add(key, memory);
        _order.Enqueue(key);
        if (_order.Count > Most && _files.Remove(_order.Dequeue(), out var oldest))
        {
            root.Delete(oldest.Slot);
        }
    }
}
