namespace ObjectOS.Services.Linux;

/// <summary>Bytes on their way from writers to readers.</summary>
internal sealed class Pipe(ulong id, int capacity)
{
    public const int LargestCapacity = 65536;
    public const int Atomic = 4096;

    private byte[] _bytes = [];
    private int _start;

    public ulong Id => id;

    /// <summary>What readers wait for.</summary>
    public ulong DataWait => id;

    /// <summary>What writers wait for: a number beyond those of <see cref="LinuxSystem.NewId"/>.</summary>
    public ulong RoomWait => id | (1UL << 62);

    /// <summary>True if poll says that it can be written. Whatever a writer waits for comes with this, or needs less room.</summary>
    public bool IsWritable => Room >= Atomic;

    public int Length { get; private set; }

    /// <summary>Bytes that it takes; they count against what its job may hold.</summary>
    public int Capacity => capacity;

    public int Room => capacity - Length;

    public int Readers { get; private set; }

    public int Writers { get; private set; }

    /// <summary>How often its sides were opened: an opening waits for the next one of the other side.</summary>
    public ulong ReaderOpens { get; private set; }

    public ulong WriterOpens { get; private set; }

    /// <summary>What openings wait for.</summary>
    public ulong OpenWait => id | (3UL << 61);

    public void Open(bool reads, bool writes)
    {
        Readers += reads ? 1 : 0;
        Writers += writes ? 1 : 0;
        ReaderOpens += reads ? 1u : 0;
        WriterOpens += writes ? 1u : 0;
    }

    public void Close(bool reads, bool writes)
    {
        Readers -= reads ? 1 : 0;
        Writers -= writes ? 1 : 0;
    }

    /// <summary>The oldest bytes, at most that many; they stay.</summary>
    public byte[] Peek(int count) => _bytes.AsSpan(_start, Math.Min(count, Length)).ToArray();

    public void Drop(int count)
    {
        _start += count;
        Length -= count;
        if (Length == 0)
        {
            _bytes = [];
            _start = 0;
        }
    }

    /// <summary>Adds bytes; there is room for them.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        if (_start + Length + bytes.Length > _bytes.Length)
        {
            var larger = new byte[Math.Min(capacity, Math.Max(Atomic, (Length + bytes.Length) * 2))];
            _bytes.AsSpan(_start, Length).CopyTo(larger);
            _bytes = larger;
            _start = 0;
        }

        bytes.CopyTo(_bytes.AsSpan(_start + Length));
        Length += bytes.Length;
    }

    public void Save(BinaryWriter writer)
    {
        writer.Write(id);
        writer.Write(capacity);
        writer.Write(Readers);
        writer.Write(Writers);
        writer.Write(ReaderOpens);
        writer.Write(WriterOpens);
        byte[] bytes = Peek(Length);
        writer.Write(bytes.Length);
        writer.Write(bytes);
    }

    public static Pipe Restore(BinaryReader reader)
    {
        var pipe = new Pipe(reader.ReadUInt64(), reader.ReadInt32()) 
        {
            Readers = reader.ReadInt32(),
            Writers = reader.ReadInt32(),
            ReaderOpens = reader.ReadUInt64(),
            WriterOpens = reader.ReadUInt64(),
        };
        pipe.Add(reader.ReadBytes(reader.ReadInt32()));
        return pipe;
    }
}
