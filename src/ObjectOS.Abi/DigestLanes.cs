using System.Buffers.Binary;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ObjectOS.Abi;

/// <summary>
/// Sums for <see cref="Digest64"/> over many bytes: 16 lanes, each of one word in 128 bytes. A word changes its own lane by the product of its halves under a key
/// that differs from step to step, and the neighbour's by its value, so that no change of one word is lost. Equal on every host, with vectors or without.
/// </summary>
internal static class DigestLanes
{
    /// <summary>The number of lanes.</summary>
    public const int Count = 16;

    /// <summary>Bytes of a step: a word for each lane.</summary>
    public const int Step = Count * sizeof(ulong);

    /// <summary>Added to the key of each lane after a step; odd, so that keys repeat only after 2^64 steps.</summary>
    private const ulong Next = 0x9E37_79B9_7F4A_7C15;

    /// <summary>Adds bytes, a multiple of <see cref="Step"/> of them, to the lanes.</summary>
    public static void Add(Span<ulong> lanes, ReadOnlySpan<byte> bytes)
    {
        if (Avx2.IsSupported)
        {
            AddVectors(lanes, bytes);
        }
        else
        {
            AddWords(lanes, bytes);
        }
    }

    /// <summary>The same without vectors.</summary>
    public static void AddWords(Span<ulong> lanes, ReadOnlySpan<byte> bytes)
    {
        for (ulong step = 0; bytes.Length >= Step; step++, bytes = bytes[Step..])
        {
            for (int i = 0; i < Count; i++)
            {
                ulong word = BinaryPrimitives.ReadUInt64LittleEndian(bytes[(i * sizeof(ulong))..]);
                ulong mixed = word ^ (Keys[i] + (step * Next));
                lanes[i] += (mixed & uint.MaxValue) * (mixed >> 32);
                lanes[i ^ 1] += word;
            }
        }
    }

    private static void AddVectors(Span<ulong> lanes, ReadOnlySpan<byte> bytes)
    {
        const int Words = 4, Bytes = Words * sizeof(ulong);
        var (a, b) = (Vector256.Create<ulong>(lanes), Vector256.Create<ulong>(lanes[Words..]));
        var (c, d) = (Vector256.Create<ulong>(lanes[(2 * Words)..]), Vector256.Create<ulong>(lanes[(3 * Words)..]));
        var (keyA, keyB) = (Vector256.Create(Keys), Vector256.Create(Keys[Words..]));
        var (keyC, keyD) = (Vector256.Create(Keys[(2 * Words)..]), Vector256.Create(Keys[(3 * Words)..]));
        var next = Vector256.Create(Next);
        while (bytes.Length >= Step)
        {
            var step = bytes[..Step];
            a += Term(Vector256.Create(step).AsUInt64(), keyA);
            b += Term(Vector256.Create(step[Bytes..]).AsUInt64(), keyB);
            c += Term(Vector256.Create(step[(2 * Bytes)..]).AsUInt64(), keyC);
            d += Term(Vector256.Create(step[(3 * Bytes)..]).AsUInt64(), keyD);
            (keyA, keyB, keyC, keyD) = (keyA + next, keyB + next, keyC + next, keyD + next);
            bytes = bytes[Step..];
        }

        a.CopyTo(lanes);
        b.CopyTo(lanes[Words..]);
        c.CopyTo(lanes[(2 * Words)..]);
        d.CopyTo(lanes[(3 * Words)..]);
    }

    /// <summary>What four words add to their lanes and to those of their neighbours.</summary>
    private static Vector256<ulong> Term(Vector256<ulong> words, Vector256<ulong> key)
    {
        var mixed = words ^ key;
        var products = Avx2.Multiply(mixed.AsUInt32(), Vector256.ShiftRightLogical(mixed, 32).AsUInt32());
        return products + Vector256.Shuffle(words, Vector256.Create(1UL, 0, 3, 2));
    }

    /// <summary>The first key of each lane: digits of pi, so that about half of the bits are set.</summary>
    private static ReadOnlySpan<ulong> Keys =>
    [
        0x243F_6A88_85A3_08D3, 0x1319_8A2E_0370_7344, 0xA409_3822_299F_31D0, 0x082E_FA98_EC4E_6C89,
        0x4528_21E6_38D0_1377, 0xBE54_66CF_34E9_0C6C, 0xC0AC_29B7_C97C_50DD, 0x3F84_D5B5_B547_0917,
        0x9216_D5D9_8979_FB1B, 0xD131_0BA6_98DF_B5AC, 0x2FFD_72DB_D01A_DFB7, 0xB8E1_AFED_6A26_7E96,
        0xBA7C_9045_F12C_7F99, 0x24A1_9947_B391_6CF7, 0x0801_F2E2_858E_FC16, 0x6369_20D8_7157_4E69,
    ];
}
