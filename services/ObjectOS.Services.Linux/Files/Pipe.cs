namespace ObjectOS.Services.Linux;

/// <summary>Bytes on their way from writers to readers.</summary>
internal sealed class Pipe(ulong id)
{
    public const int Capacity = 65536;
    public const int Atomic = 4096;

    private readonly byte[] _bytes = new byte[Capacity];
    private int _start;

    /// <summary>What readers and writers wait for.</summary>
    public ulong Id => id;

    public int Length { get; private set; }

    public int Room => Capacity - Length;

    public int Readers { get; set; }

    public int Writers { get; set; }

    /// <summary>The oldest bytes, at most that many; they stay.</summary>
    public byte[] Peek(int count)
    {
        var taken = new byte[Math.Min(count, Length)];
        for (int i = 0; i < taken.Length; i++)
        {
            taken[i] = _bytes[(_start + i) % Capacity];
        }

        return taken;
    }

    public void Drop(int count)
    {
        _start = (_start + count) % Capacity;
        Length -= count;
    }

    /// <summary>Adds bytes; there is room for them.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        foreach (byte item in bytes)
        {
            _bytes[(_start + Length++) % Capacity] = item;
        }
    }

    public void Save(BinaryWriter writer)
    {
        writer.Write(id);
        writer.Write(Readers);
        writer.Write(Writers);
        byte[] bytes = Peek(Length);
        writer.Write(bytes.Length);
        writer.Write(bytes);
    }

    public static Pipe Restore(BinaryReader reader)
    {
        var pipe = new Pipe(reader.ReadUInt64()) { Readers = reader.ReadInt32(), Writers = reader.ReadInt32() };
        pipe.Add(reader.ReadBytes(reader.ReadInt32()));
        return pipe;
    }
}
