using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace ObjectOS.Machine.Isa;

/// <summary>The operations of Zba, Zbb, Zbc, Zbkb, Zbkx, Zbs and Zicond on whole registers.</summary>
/// <remarks>Source: the unprivileged specification, chapters "B", "Scalar Cryptography" and "Zicond". Shift amounts are taken modulo the width.</remarks>
internal static class Bits
{
    public static ulong Clz(ulong a) => (ulong)BitOperations.LeadingZeroCount(a);

    public static ulong Clzw(ulong a) => (ulong)BitOperations.LeadingZeroCount((uint)a);

    public static ulong Ctz(ulong a) => (ulong)BitOperations.TrailingZeroCount(a);

    public static ulong Ctzw(ulong a) => (ulong)BitOperations.TrailingZeroCount((uint)a);

    public static ulong Cpop(ulong a) => (ulong)BitOperations.PopCount(a);

    public static ulong Cpopw(ulong a) => (ulong)BitOperations.PopCount((uint)a);

    public static ulong Min(ulong a, ulong b) => (ulong)Math.Min((long)a, (long)b);

    public static ulong Max(ulong a, ulong b) => (ulong)Math.Max((long)a, (long)b);

    public static ulong Rol(ulong a, ulong amount) => BitOperations.RotateLeft(a, (int)amount);

    public static ulong Ror(ulong a, ulong amount) => BitOperations.RotateRight(a, (int)amount);

    /// <summary>Rotates the low word; the result is sign-extended.</summary>
    public static ulong Rolw(ulong a, ulong amount) => (ulong)(int)BitOperations.RotateLeft((uint)a, (int)amount);

    /// <inheritdoc cref="Rolw"/>
    public static ulong Rorw(ulong a, ulong amount) => (ulong)(int)BitOperations.RotateRight((uint)a, (int)amount);

    /// <summary>Every byte becomes 0xFF unless it is zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong OrcB(ulong a)
    {
        const ulong low7 = 0x7F7F7F7F7F7F7F7F;
        // The top bit of each byte: set if any of its bits is. No carry leaves a byte, for 0x7F + 0x7F is below 0x100.
        ulong any = (((a & low7) + low7) | a) & ~low7;
        return (any << 1) - (any >> 7);
    }

    public static ulong Rev8(ulong a) => BinaryPrimitives.ReverseEndianness(a);

    public static ulong Bclr(ulong a, ulong index) => a & ~(1UL << (int)index);

    public static ulong Bext(ulong a, ulong index) => a >> (int)index & 1;

    public static ulong Binv(ulong a, ulong index) => a ^ 1UL << (int)index;

    public static ulong Bset(ulong a, ulong index) => a | 1UL << (int)index;

    public static ulong CzeroEqz(ulong a, ulong condition) => condition == 0 ? 0 : a;

    public static ulong CzeroNez(ulong a, ulong condition) => condition != 0 ? 0 : a;

    /// <summary>The low half of the carry-less product.</summary>
    public static ulong Clmul(ulong a, ulong b)
    {
        ulong product = 0;
        for (; b != 0; b &= b - 1)
            product ^= a << BitOperations.TrailingZeroCount(b);
        return product;
    }

    /// <summary>Bits 126 to 63 of the carry-less product.</summary>
    public static ulong Clmulr(ulong a, ulong b)
    {
        ulong product = 0;
        for (; b != 0; b &= b - 1)
            product ^= a >> (63 - BitOperations.TrailingZeroCount(b));
        return product;
    }

    /// <summary>The high half of the carry-less product.</summary>
    public static ulong Clmulh(ulong a, ulong b) => Clmulr(a, b) >> 1;

    public static ulong Pack(ulong a, ulong b) => (uint)a | b << 32;

    public static ulong Packh(ulong a, ulong b) => (byte)a | (ulong)(byte)b << 8;

    public static ulong Packw(ulong a, ulong b) => (ulong)(int)((ushort)a | (uint)b << 16);

    /// <summary>Reverses the bits of every byte.</summary>
    public static ulong Brev8(ulong a)
    {
        a = (a >> 1 & 0x5555555555555555) | (a & 0x5555555555555555) << 1;
        a = (a >> 2 & 0x3333333333333333) | (a & 0x3333333333333333) << 2;
        return (a >> 4 & 0x0F0F0F0F0F0F0F0F) | (a & 0x0F0F0F0F0F0F0F0F) << 4;
    }

    /// <summary>Each nibble of <paramref name="b"/> picks a nibble of <paramref name="a"/>.</summary>
    public static ulong Xperm4(ulong a, ulong b) => Permute(a, b, width: 4);

    /// <summary>Each byte of <paramref name="b"/> picks a byte of <paramref name="a"/>; zero where there is none.</summary>
    public static ulong Xperm8(ulong a, ulong b) => Permute(a, b, width: 8);

    private static ulong Permute(ulong a, ulong b, int width)
    {
        ulong result = 0, mask = (1UL << width) - 1;
        for (int i = 0; i < 64; i += width)
        {
            ulong index = (b >> i & mask) * (ulong)width;
            result |= index < 64 ? (a >> (int)index & mask) << i : 0;
        }

        return result;
    }
}
