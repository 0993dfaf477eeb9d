using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace ObjectOS.Services.Vmm;

/// <summary>
/// Bytes that a seed determines: SHA-256 in counter mode. Guests with one seed and different names cannot tell each other's bytes from their own.
/// </summary>
internal sealed class SeededBytes
{
    private readonly byte[] _input = new byte[SHA256.HashSizeInBytes + sizeof(ulong)];
    private readonly byte[] _block = new byte[SHA256.HashSizeInBytes];
    private ulong _counter;
    private int _taken = SHA256.HashSizeInBytes;

    /// <param name="seed">The machine's seed.</param>
    /// <param name="name">Who the bytes are for.</param>
    public SeededBytes(ulong seed, string name)
    {
        byte[] key = new byte[sizeof(ulong) + Encoding.UTF8.GetByteCount(name)];
        BinaryPrimitives.WriteUInt64LittleEndian(key, seed);
        Encoding.UTF8.GetBytes(name, key.AsSpan(sizeof(ulong)));
        SHA256.HashData(key, _input);
    }

    /// <summary>Takes the next bytes.</summary>
    public void Fill(Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            if (_taken == _block.Length)
            {
                MakeBlock(_counter++);
                _taken = 0;
            }

            int part = Math.Min(destination.Length, _block.Length - _taken);
            _block.AsSpan(_taken, part).CopyTo(destination);
            _taken += part;
            destination = destination[part..];
        }
    }

    /// <summary>Back to the first byte.</summary>
    public void Restart() => (_counter, _taken) = (0, _block.Length);

    /// <summary>Writes the state; the seed is not part of it.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(_counter);
        writer.Write(_taken);
    }

    /// <summary>Takes what <see cref="Save"/> wrote.</summary>
    public void Restore(BinaryReader reader)
    {
        _counter = reader.ReadUInt64();
        _taken = Saved.Count(reader, _block.Length);
        MakeBlock(_counter - 1);
    }

    private void MakeBlock(ulong number)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_input.AsSpan(SHA256.HashSizeInBytes), number);
        SHA256.HashData(_input, _block);
    }
}
