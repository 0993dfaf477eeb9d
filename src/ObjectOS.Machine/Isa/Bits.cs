using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace ObjectOS.Machine.Isa;

/// <summary>The operations of Zba, Zbb, Zbs and Zicond on whole registers.</summary>
/// <remarks>Source: the unprivileged specification, chapters "B" and "Zicond". Shift amounts are taken modulo the width.</remarks>
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
}
