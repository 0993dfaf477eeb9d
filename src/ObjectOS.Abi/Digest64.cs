using System.Buffers.Binary;
using System.Numerics;

namespace ObjectOS.Abi;

/// <summary>
/// A rolling 64-bit digest of words and bytes, to compare runs. It is fast and equal on every host; it does not resist an attacker who
/// wants two inputs to collide.
/// </summary>
public static class Digest64
{
    private const ulong Multiplier = 0x9E37_79B9_7F4A_7C15;

    /// <summary>Bytes of a step of four digests that do not wait for each other.</summary>
    private const int Step = 4 * sizeof(ulong);

    /// <summary>Returns the digest of what <paramref name="digest"/> covers, followed by a word.</summary>
    public static ulong Add(ulong digest, ulong word)
    {
        ulong mixed = (digest ^ word) * Multiplier;
        return BitOperations.RotateLeft(mixed ^ (mixed >> 32), 27) + 1;
    }

    /// <summary>Returns the digest of what <paramref name="digest"/> covers, followed by bytes and their count.</summary>
    public static ulong Add(ulong digest, ReadOnlySpan<byte> bytes)
    {
        ulong length = (ulong)bytes.Length;
        if (bytes.Length >= 4 * Step)
        {
            ulong a = digest, b = ~digest, c = digest ^ Multiplier, d = ~digest ^ Multiplier;
            for (; bytes.Length >= Step; bytes = bytes[Step..])
            {
                a = Add(a, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
                b = Add(b, BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]));
                c = Add(c, BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]));
                d = Add(d, BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]));
            }

            digest = Add(Add(Add(Add(digest, a), b), c), d);
        }

        while (bytes.Length >= sizeof(ulong))
        {
            digest = Add(digest, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        ulong rest = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            rest |= (ulong)bytes[i] << (8 * i);
        }

        return Add(Add(digest, rest), length);
    }
}
