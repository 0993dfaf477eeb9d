namespace ObjectOS.Services.Files;

/// <summary>
/// The bytes of a file in memory, in pieces. A piece that was never written reads as zero and takes nothing, so that a file is made longer or shorter at
/// a cost that does not depend on its length.
/// </summary>
internal sealed class FileContent
{
    /// <summary>Bytes of a piece.</summary>
    public const int PieceSize = 1 << 16;

    private const int SmallestPiece = 64;
    private const int SlotSize = 8;

    /// <summary>Each shorter than a whole one as long as only its beginning was written.</summary>
    private byte[]?[] _pieces = [];

    /// <summary>Bytes of the host that it takes.</summary>
    public ulong Held { get; private set; }

    /// <summary>Copies out; what is not there is zero.</summary>
    public void Read(ulong offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            int at = (int)(offset % PieceSize);
            int length = Math.Min(destination.Length, PieceSize - at);
            var piece = PieceAt(offset);
            int there = Math.Clamp(piece.Length - at, 0, length);
            piece.AsSpan(Math.Min(at, piece.Length), there).CopyTo(destination);
            destination[there..length].Clear();
            destination = destination[length..];
            offset += (ulong)length;
        }
    }

    /// <summary>Bytes of the host that a write would take beyond those that are held.</summary>
    public ulong Growth(ulong offset, int length)
    {
        if (length == 0)
        {
            return 0;
        }

        ulong end = offset + (ulong)length;
        ulong growth = (ulong)(SlotsFor(end) - _pieces.Length) * SlotSize;
        for (ulong at = offset; at < end; at = NextPiece(at))
        {
            growth += (ulong)(SizeFor(at, end) - PieceAt(at).Length);
        }

        return growth;
    }

    /// <summary>Copies in.</summary>
    public void Write(ulong offset, ReadOnlySpan<byte> source)
    {
        if (source.IsEmpty)
        {
            return;
        }

        ulong end = offset + (ulong)source.Length;
        Held += Growth(offset, source.Length);
        Array.Resize(ref _pieces, SlotsFor(end));
        while (!source.IsEmpty)
        {
            int at = (int)(offset % PieceSize);
            int length = Math.Min(source.Length, PieceSize - at);
            ref var piece = ref _pieces[offset / PieceSize];
            piece ??= [];
            Array.Resize(ref piece, SizeFor(offset, end));
            source[..length].CopyTo(piece.AsSpan(at));
            source = source[length..];
            offset += (ulong)length;
        }
    }

    /// <summary>Forgets all from a length on: it reads as zero.</summary>
    public void Cut(ulong length)
    {
        int kept = (int)Math.Min((ulong)_pieces.Length, (length + PieceSize - 1) / PieceSize);
        if (kept < _pieces.Length)
        {
            Held -= (ulong)_pieces.Skip(kept).Sum(piece => SlotSize + (long)(piece?.Length ?? 0));
            Array.Resize(ref _pieces, kept);
        }

        if (length % PieceSize != 0 && PieceAt(length) is { } last && (ulong)last.Length > length % PieceSize)
        {
            last.AsSpan((int)(length % PieceSize)).Clear();
        }
    }

    /// <summary>Writes the pieces that there are.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(_pieces.Length);
        foreach (var piece in _pieces)
        {
            writer.Write(piece?.Length ?? 0);
            writer.Write(piece ?? []);
        }
    }

    /// <summary>Takes what <see cref="Save"/> wrote.</summary>
    public void Restore(BinaryReader reader)
    {
        _pieces = new byte[reader.ReadInt32()][];
        Held = (ulong)_pieces.Length * SlotSize;
        for (int i = 0; i < _pieces.Length; i++)
        {
            int length = reader.ReadInt32();
            _pieces[i] = length == 0 ? null : reader.ReadBytes(length);
            Held += (ulong)length;
        }
    }

    private byte[] PieceAt(ulong offset) => offset / PieceSize < (ulong)_pieces.Length ? _pieces[offset / PieceSize] ?? [] : [];

    private static ulong NextPiece(ulong offset) => ((offset / PieceSize) + 1) * PieceSize;

    /// <summary>Slots that are enough for a file's end, and for a while if it grows on.</summary>
    private int SlotsFor(ulong end)
    {
        int needed = (int)((end + PieceSize - 1) / PieceSize);
        return needed <= _pieces.Length ? _pieces.Length : needed <= 1 ? 1 : Math.Max(needed, _pieces.Length + (_pieces.Length / 2));
    }

    /// <summary>The size of the piece at an offset once all up to an end is written.</summary>
    private int SizeFor(ulong offset, ulong end)
    {
        int there = PieceAt(offset).Length;
        int needed = (int)(Math.Min(end, NextPiece(offset)) - (offset / PieceSize * PieceSize));
        return needed <= there ? there : Math.Min(PieceSize, Math.Max(SmallestPiece, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)needed)));
    }
}
