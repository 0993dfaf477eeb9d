using System.Numerics;

namespace ObjectOS.Services.Vmm;

/// <summary>
/// What was written to a disk whose file is not changed: sparse, by blocks of 4 KiB, each with a bit for every sector of 512 bytes that holds,
/// so that no write has to read the file first.
/// </summary>
/// <param name="limit">Most bytes of blocks.</param>
internal sealed class BlockOverlay(ulong limit)
{
    private const int SectorSize = BlockFunction.SectorSize;
    private const int SectorsInBlock = 8;
    private const int BlockSize = SectorSize * SectorsInBlock;

    private readonly SortedDictionary<ulong, Block> _blocks = [];

    /// <summary>Bytes of blocks held.</summary>
    public ulong Held => (ulong)_blocks.Count * BlockSize;

    /// <summary>Takes whole sectors at a whole sector. False: there is no room for all, and nothing was taken.</summary>
    public bool TryWrite(ulong offset, ReadOnlySpan<byte> data)
    {
        ulong first = offset / BlockSize;
        ulong last = data.IsEmpty ? first : (offset + (ulong)data.Length - 1) / BlockSize;
        ulong missing = 0;
        for (ulong number = first; number <= last; number++)
        {
            missing += _blocks.ContainsKey(number) ? 0UL : BlockSize;
        }

        if (Held + missing > limit)
        {
            return false;
        }

        for (int at = 0; at < data.Length; at += SectorSize)
        {
            var (number, sector) = Place(offset + (ulong)at);
            if (!_blocks.TryGetValue(number, out var block))
            {
                _blocks.Add(number, block = new Block());
            }

            data.Slice(at, SectorSize).CopyTo(block.Bytes.AsSpan(sector * SectorSize));
            block.Sectors |= (byte)(1 << sector);
        }

        return true;
    }

    /// <summary>Copies the sectors that were written over those of the file.</summary>
    /// <returns>True where every sector of the range was.</returns>
    public bool Read(ulong offset, Span<byte> data)
    {
        bool all = true;
        for (int at = 0; at < data.Length; at += SectorSize)
        {
            var (number, sector) = Place(offset + (ulong)at);
            if (_blocks.TryGetValue(number, out var block) && (block.Sectors & (1 << sector)) != 0)
            {
                block.Bytes.AsSpan(sector * SectorSize, SectorSize).CopyTo(data[at..]);
            }
            else
            {
                all = false;
            }
        }

        return all;
    }

    /// <summary>Writes the state: only the sectors that hold.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(_blocks.Count);
        foreach (var (number, block) in _blocks)
        {
            writer.Write(number);
            writer.Write(block.Sectors);
            for (int sector = 0; sector < SectorsInBlock; sector++)
            {
                if ((block.Sectors & (1 << sector)) != 0)
                {
                    writer.Write(block.Bytes.AsSpan(sector * SectorSize, SectorSize));
                }
            }
        }
    }

    /// <summary>Takes what <see cref="Save"/> wrote.</summary>
    /// <exception cref="InvalidDataException">It is more than the limit, or cut off.</exception>
    public void Restore(BinaryReader reader)
    {
        _blocks.Clear();
        for (int count = Saved.Count(reader, (int)Math.Min(limit / BlockSize, int.MaxValue)); count > 0; count--)
        {
            ulong number = reader.ReadUInt64();
            var block = new Block { Sectors = reader.ReadByte() };
            byte[] held = reader.ReadBytes(BitOperations.PopCount(block.Sectors) * SectorSize);
            if (held.Length % SectorSize != 0 || held.Length / SectorSize != BitOperations.PopCount(block.Sectors) || !_blocks.TryAdd(number, block))
            {
                throw new InvalidDataException($"Block {number} of a saved disk is cut off or there twice.");
            }

            for (int sector = 0, at = 0; sector < SectorsInBlock; sector++)
            {
                if ((block.Sectors & (1 << sector)) != 0)
                {
                    held.AsSpan(at, SectorSize).CopyTo(block.Bytes.AsSpan(sector * SectorSize));
                    at += SectorSize;
                }
            }
        }
    }

    private static (ulong Number, int Sector) Place(ulong offset) => (offset / BlockSize, (int)(offset / SectorSize % SectorsInBlock));

    private sealed class Block
    {
        public readonly byte[] Bytes = new byte[BlockSize];
        public byte Sectors;
    }
}
