namespace ObjectOS.Services.Vmm;

/// <summary>Bytes in the order of their coming, taken from the front.</summary>
internal sealed class ByteStore
{
    private byte[] _bytes = [];
    private int _start;

    public int Count { get; private set; }

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(_start, Count);

    public void Add(ReadOnlySpan<byte> bytes)
    {
        if (_start + Count + bytes.Length > _bytes.Length)
        {
            var larger = new byte[Math.Max(2 * (Count + bytes.Length), 4096)];
            Bytes.CopyTo(larger);
            (_bytes, _start) = (larger, 0);
        }

        bytes.CopyTo(_bytes.AsSpan(_start + Count));
        Count += bytes.Length;
    }

    public void Take(int count)
    {
        _start += count;
        Count -= count;
    }

    public void Clear() => (_bytes, _start, Count) = ([], 0, 0);
}
