using System.Security.Cryptography;
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

    private const int Chunk = 1 << 20;

    private readonly Dictionary<string, MemoryCapability> _files = [];
    private readonly Queue<string> _order = [];

    /// <summary>Makes a memory object with the file at offset 0 and the record behind it.</summary>
    public KernelStatus Load(ReadOnlySpan<byte> file, ReadOnlySpan<byte> record, out MemoryCapability memory, out ulong recordOffset, out string sha256)
    {
        sha256 = Convert.ToHexStringLower(SHA256.HashData(file));
        recordOffset = Pages.RoundUp((ulong)file.Length);
        memory = default;
        if ((ulong)record.Length > RecordRoom)
        {
            return KernelStatus.InvalidArgument;
        }

        if (!_files.TryGetValue(sha256, out var kept))
        {
            var made = Keep(sha256, file, recordOffset + RecordRoom, out kept);
            if (made != KernelStatus.Ok)
            {
                return made;
            }
        }

        KernelStatus status;
        int tries = 0;
        do
        {
            status = kept.CreateClone(cell, out memory);
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

    private KernelStatus Keep(string key, ReadOnlySpan<byte> file, ulong bytes, out MemoryCapability kept)
    {
        var status = cell.CreateMemory(bytes, out kept);
        for (int at = 0; status == KernelStatus.Ok && at < file.Length; at += Chunk)
        {
            status = Write(kept, (ulong)at, file.Slice(at, Math.Min(Chunk, file.Length - at)));
        }

        if (status != KernelStatus.Ok)
        {
            if (kept.Slot != 0)
            {
                kept.Delete();
            }

            return status;
        }

        _files.Add(key, kept);
        _order.Enqueue(key);
        if (_order.Count > Most && _files.Remove(_order.Dequeue(), out var oldest))
        {
            root.Delete(oldest.Slot);
        }

        return KernelStatus.Ok;
    }
}
