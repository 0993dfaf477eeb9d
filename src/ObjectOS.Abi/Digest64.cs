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

    private const int Pair = 2 * sizeof(ulong);

    /// <summary>Fewer bytes are not worth the lanes.</summary>
    private const int Many = 3 * DigestLanes.Step;

    /// <summary>A key with about as many set as clear bits, from the digits of pi.</summary>
    private const ulong Key = 0x243F_6A88_85A3_08D3;

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
        if (bytes.Length >= Many)
        {
            int whole = bytes.Length / DigestLanes.Step * DigestLanes.Step;
            digest = AddMany(digest, bytes[..whole]);
            bytes = bytes[whole..];
        }

        while (bytes.Length >= Pair)
        {
            digest = Fold(digest, BinaryPrimitives.ReadUInt64LittleEndian(bytes), BinaryPrimitives.ReadUInt64LittleEndian(bytes[sizeof(ulong)..]));
            bytes = bytes[Pair..];
        }

        if (bytes.Length >= sizeof(ulong))
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

    private static ulong AddMany(ulong digest, ReadOnlySpan<byte> bytes)
    {
        Span<ulong> lanes = stackalloc ulong[DigestLanes.Count];
        lanes.Clear();
        DigestLanes.Add(lanes, bytes);
        for (int i = 0; i < lanes.Length; i += 2)
        {
            digest = Fold(digest, lanes[i], lanes[i + 1]);
        }

        return digest;
    }

    /// <summary>
    /// Adds two words with one multiplication of 64 by 64 bits, whose halves are folded. A first word that equals the key has the product 0: the sum keeps
    /// the second word and the digest even then.
    /// </summary>
    private static ulong Fold(ulong digest, ulong first, ulong second)
    {
        second ^= digest;
        ulong high = Math.BigMul(first ^ Key, second, out ulong low);
        return (high ^ low) + second;
    }
}
