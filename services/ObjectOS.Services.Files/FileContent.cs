using System.Numerics;
using ObjectOS.Abi;
using ObjectOS.Client;

namespace ObjectOS.Services.Files;

/// <summary>
/// The bytes of a file. A short one is an array of the service. One longer than <see cref="MostInArray"/>, or that a program maps, is a memory
/// object: its mappings and all reads and writes then see the same pages. Bytes that were never written are zero and take no memory. The content of a file
/// of a layer is the layer's until it is first written.
/// </summary>
public sealed class FileContent
{
    /// <summary>Bytes beyond which a content is always a memory object.</summary>
    public const ulong MostInArray = 1 << 16;

    private const int SmallestArray = 64;

    private byte[] _bytes = [];

    /// <summary>One bit for each page of the memory object that calls have written: those count against what the tree may hold.</summary>
    private ulong[] _written = [];

    /// <summary>The memory object; null while the bytes are an array.</summary>
    public MemoryCapability? Memory { get; private set; }

    /// <summary>The memory object that this one has taken the place of, until <see cref="DropOutgrown"/>: what shows it is to show this one.</summary>
    public MemoryCapability? Outgrown { get; private set; }

    /// <summary>Bytes of the memory object.</summary>
    public ulong Size { get; private set; }

    /// <summary>
    /// The sizes that memory objects have: the first takes no more addresses than one object's share of a kernel's, the second as many as 64.
    /// </summary>
    private const ulong UsualSize = 1UL << 26;

    /// <summary>The file of a layer whose bytes these are; null once they are its own. All of it must be loaded before it is written or cut.</summary>
    public LayerFile? Source { get; internal set; }

    /// <summary>Bytes of the host that it takes: those of the array, or of the pages that calls have written.</summary>
    public ulong Held { get; private set; }

    /// <summary>Copies out; bytes that are not there are zero. Ok or Suspended.</summary>
    public KernelStatus Read(ulong offset, Span<byte> destination)
    {
        if (Source is { } source)
        {
            return source.Content.Read(offset, destination);
        }

        if (Memory is { } memory)
        {
            return destination.IsEmpty ? KernelStatus.Ok : memory.Read(offset, destination);
        }

        int there = (int)Math.Clamp((long)_bytes.Length - (long)offset, 0, destination.Length);
        _bytes.AsSpan((int)Math.Min(offset, (ulong)_bytes.Length), there).CopyTo(destination);
        destination[there..].Clear();
        return KernelStatus.Ok;
    }

    /// <summary>Bytes of the host that a write would take beyond those that are held.</summary>
    public ulong Growth(ulong offset, ulong length)
    {
        if (length == 0)
        {
            return 0;
        }

        ulong end = Math.Max(offset + length, Source?.Length ?? 0);
        if (Memory is null && Source?.Content.Memory is null && end <= MostInArray)
        {
            return SizeFor(end) - (ulong)_bytes.Length;
        }

        ulong pages = 0;
        ulong last = (offset + length - 1) / Pages.Size;
        for (ulong page = offset / Pages.Size; page <= last; page++)
        {
            pages += IsWritten(page) ? 0u : 1;
        }

        return (pages * Pages.Size) + (Memory is null ? CostOfMove : 0);
    }

    /// <summary>
    /// Copies in. Ok; Suspended, MemoryExhausted, ObjectsExhausted or another error: nothing has changed that can be seen. Without a
    /// <paramref name="cell"/> to pay for a memory object, a long content is ObjectsExhausted.
    /// </summary>
    public KernelStatus Write(ulong offset, ReadOnlySpan<byte> source, CellCapability? cell)
    {
        if (source.IsEmpty)
        {
            return KernelStatus.Ok;
        }

        ulong end = offset + (ulong)source.Length;
        var status = MakeOwn(cell);
        status = status == KernelStatus.Ok && (Memory is null ? end > MostInArray : end > Size) ? Move(cell, end) : status;
        if (status != KernelStatus.Ok)
        {
            return status;
        }

        if (Memory is { } memory)
        {
            DropOutgrown(); // A file that is mapped has grown before.
            status = memory.Write(offset, source);
            if (status == KernelStatus.Ok)
            {
                Note(offset, end);
            }

            return status;
        }

        Array.Resize(ref _bytes, (int)SizeFor(end));
        source.CopyTo(_bytes.AsSpan((int)offset));
        Held = (ulong)_bytes.Length;
        return KernelStatus.Ok;
    }

    /// <summary>Takes a layer's bytes over: a memory object is cloned, an array copied. Ok if they are its own; else nothing has changed.</summary>
    public KernelStatus MakeOwn(CellCapability? cell)
    {
        if (Source is not { } source)
        {
            return KernelStatus.Ok;
        }

        if (source.Content.Memory is { } memory)
        {
            if (cell is null)
            {
                return KernelStatus.ObjectsExhausted;
            }

            var status = memory.CreateClone(cell.Value, out var clone);
            if (status != KernelStatus.Ok)
            {
                return status;
            }

            Memory = clone;
            Size = source.Content.Size;
        }
        else
        {
            _bytes = (byte[])source.Content._bytes.Clone();
        }

        Source = null;
        Count();
        return KernelStatus.Ok;
    }

    /// <summary>Gives back the memory object that was too small, once nothing shows it.</summary>
    public void DropOutgrown()
    {
        Outgrown?.Delete();
        Outgrown = null;
    }

    private static ulong SizeOf(ulong needed) => needed <= UsualSize ? UsualSize : FileTree.LargestFile;

    /// <summary>Makes it a memory object of at least so many bytes that the cell pays for. Ok if it is one; else nothing has changed.</summary>
    public KernelStatus Move(CellCapability? cell, ulong needed)
    {
        if (Memory is { } small && needed > Size && cell is not null)
        {
            var grown = small.Extend(cell.Value, SizeOf(needed), out var larger);
            if (grown == KernelStatus.Ok)
            {
                Memory = larger;
                Size = SizeOf(needed);
                Outgrown = small;
            }

            return grown;
        }

        if (Memory is not null)
        {
            return KernelStatus.Ok;
        }

        if (cell is null)
        {
            return KernelStatus.ObjectsExhausted;
        }

        var status = cell.Value.CreateMemory(SizeOf(Math.Max(needed, (ulong)_bytes.Length)), out var memory);
        if (status != KernelStatus.Ok)
        {
            return status;
        }

        status = _bytes.AsSpan().ContainsAnyExcept((byte)0) ? memory.Write(0, _bytes) : KernelStatus.Ok;
        if (status != KernelStatus.Ok)
        {
            memory.Delete();
            return status;
        }

        ulong length = (ulong)_bytes.Length;
        Memory = memory;
        Size = SizeOf(Math.Max(needed, length));
        _bytes = [];
        Held = 0;
        Note(0, length);
        return KernelStatus.Ok;
    }

    /// <summary>
    /// Makes everything from a length on read as zero. Ok; Suspended: nothing has changed; InProgress: call again.
    /// </summary>
    public KernelStatus Cut(ulong length, CellCapability? cell)
    {
        if (Source is not null && length == 0)
        {
            Source = null;
        }

        var status = MakeOwn(cell);
        if (status != KernelStatus.Ok)
        {
            return status;
        }

        if (Memory is not { } memory)
        {
            _bytes = _bytes[..(int)Math.Min((ulong)_bytes.Length, length)];
            Held = (ulong)_bytes.Length;
            return KernelStatus.Ok;
        }

        ulong whole = Pages.RoundUp(length);
        if (length >= Size)
        {
            return KernelStatus.Ok;
        }

        status = memory.Find(Pages.RoundDown(length), out ulong found);
        if (status == KernelStatus.Ok && found < whole)
        {
            status = memory.Write(length, new byte[whole - length]);
        }

        if (status == KernelStatus.Ok)
        {
            status = whole < Size ? memory.Find(whole, out found) : status;
            found = whole < Size ? found : Size;
        }

        if (status == KernelStatus.Ok && found < Size)
        {
            status = memory.DiscardStep(whole, Size - whole);
        }

        if (status == KernelStatus.Ok)
        {
            ForgetFrom(whole / Pages.Size);
        }

        return status;
    }

    /// <summary>Gives everything back.</summary>
    public void Clear()
    {
        DropOutgrown();
        Memory?.Delete();
        Memory = null;
        Source = null;
        _bytes = [];
        _written = [];
        Held = 0;
    }

    /// <summary>Writes it.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(Source?.Layer.Number ?? 0);
        writer.Write(Source?.Number ?? 0);
        writer.Write(Memory?.Slot ?? 0);
        writer.Write(Size);
        writer.Write(Outgrown?.Slot ?? 0);
        writer.Write(_bytes.Length);
        writer.Write(_bytes);
        writer.Write(_written.Length);
        foreach (ulong bits in _written)
        {
            writer.Write(bits);
        }
    }

    /// <summary>Takes what <see cref="Save"/> wrote.</summary>
    public void Restore(BinaryReader reader, Invoker? invoker, IReadOnlyList<Layer>? layers = null)
    {
        ulong layer = reader.ReadUInt64();
        uint number = reader.ReadUInt32();
        Source = layers?.FirstOrDefault(known => known.Number == layer)?.FileOf(number);
        uint slot = reader.ReadUInt32();
        Size = reader.ReadUInt64();
        uint outgrown = reader.ReadUInt32();
        Outgrown = outgrown == 0 || invoker is null ? null : new MemoryCapability(invoker, outgrown);
        Memory = slot == 0 || invoker is null ? null : new MemoryCapability(invoker, slot);
        _bytes = reader.ReadBytes(reader.ReadInt32());
        _written = new ulong[reader.ReadInt32()];
        for (int i = 0; i < _written.Length; i++)
        {
            _written[i] = reader.ReadUInt64();
        }

        Count();
    }

    /// <summary>What the pages of the array would take in a memory object, besides what it takes now.</summary>
    private ulong CostOfMove => Pages.RoundUp((ulong)_bytes.Length) - (ulong)_bytes.Length;

    private bool IsWritten(ulong page) => page / 64 < (ulong)_written.Length && (_written[page / 64] >> (int)(page % 64) & 1) != 0;

    private void Note(ulong start, ulong end)
    {
        if (end <= start)
        {
            return;
        }

        ulong last = (end - 1) / Pages.Size;
        if (last / 64 >= (ulong)_written.Length)
        {
            Array.Resize(ref _written, Math.Max((int)(last / 64) + 1, _written.Length + (_written.Length / 2)));
        }

        for (ulong page = start / Pages.Size; page <= last; page++)
        {
            Held += IsWritten(page) ? 0 : Pages.Size;
            _written[page / 64] |= 1UL << (int)(page % 64);
        }
    }

    private void ForgetFrom(ulong page)
    {
        int word = (int)(page / 64);
        if (word < _written.Length)
        {
            _written[word] &= (1UL << (int)(page % 64)) - 1;
            Array.Resize(ref _written, word + 1);
        }

        Count();
    }

    private void Count() => Held = Memory is null ? (ulong)_bytes.Length : (ulong)_written.Sum(bits => (long)BitOperations.PopCount(bits)) * Pages.Size;

    /// <summary>The size of the array once all up to an end is written.</summary>
    private ulong SizeFor(ulong end) =>
        end <= (ulong)_bytes.Length ? (ulong)_bytes.Length : Math.Min(MostInArray, Math.Max(SmallestArray, BitOperations.RoundUpToPowerOf2(end)));
}
