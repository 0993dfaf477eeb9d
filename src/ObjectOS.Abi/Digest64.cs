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
