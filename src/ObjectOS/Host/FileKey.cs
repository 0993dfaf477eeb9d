using System.Buffers.Binary;
using System.Numerics;

namespace ObjectOS.Host;

/// <summary>What a file's contents are recognised by within this process: a keyed hash of 128 bits.</summary>
/// <remarks>
/// SipHash-2-4 with 128 bits of output (Aumasson and Bernstein 2012; the reference implementation's <c>siphash.c</c>). The key is random and does not leave the process, so that
/// a user cannot make two files with one hash. It is quick for small files: a library for SHA-256 takes longer to load than they take to run.
/// </remarks>
/// <param name="Low">The first half.</param>
/// <param name="High">The second half.</param>
internal readonly record struct FileKey(ulong Low, ulong High)
{
    // Of a random Guid's 128 bits six are fixed; 122 are enough.
    private static readonly byte[] Secret = Guid.NewGuid().ToByteArray();

    /// <summary>The key of a file. Any thread; it takes its time.</summary>
    public static FileKey Of(ReadOnlyMemory<byte> file) => Of(file.Span, Secret);

    /// <summary>The hash of bytes under a secret.</summary>
    public static FileKey Of(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> secret)
    {
        ulong low = BinaryPrimitives.ReadUInt64LittleEndian(secret), high = BinaryPrimitives.ReadUInt64LittleEndian(secret[8..]);
        var state = new State(0x736f6d6570736575 ^ low, 0x646f72616e646f6d ^ high ^ 0xee, 0x6c7967656e657261 ^ low, 0x7465646279746573 ^ high);
        ulong last = (ulong)bytes.Length << 56;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            state.Add(BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        for (int i = 0; i < bytes.Length; i++)
        {
            last |= (ulong)bytes[i] << (8 * i);
        }

        state.Add(last);
        return new FileKey(state.Finish(0xee), state.Finish(0, 0xdd));
    }

    private struct State(ulong v0, ulong v1, ulong v2, ulong v3)
    {
        public void Add(ulong word)
        {
            v3 ^= word;
            Round();
            Round();
            v0 ^= word;
        }

        public ulong Finish(ulong ofTwo, ulong ofOne = 0)
        {
            v2 ^= ofTwo;
            v1 ^= ofOne;
            for (int i = 0; i < 4; i++)
            {
                Round();
            }

            return v0 ^ v1 ^ v2 ^ v3;
        }

        private void Round()
        {
            v0 += v1;
            v1 = BitOperations.RotateLeft(v1, 13) ^ v0;
            v0 = BitOperations.RotateLeft(v0, 32);
            v2 += v3;
            v3 = BitOperations.RotateLeft(v3, 16) ^ v2;
            v0 += v3;
            v3 = BitOperations.RotateLeft(v3, 21) ^ v0;
            v2 += v1;
            v1 = BitOperations.RotateLeft(v1, 17) ^ v2;
            v2 = BitOperations.RotateLeft(v2, 32);
        }
    }
}
