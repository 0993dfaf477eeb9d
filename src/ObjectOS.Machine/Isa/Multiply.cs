using System.Runtime.CompilerServices;

namespace ObjectOS.Machine.Isa;

/// <summary>The M extension's operations on whole registers.</summary>
/// <remarks>
/// Source: the unprivileged specification, chapter "M". Division by zero gives all ones and the dividend as remainder; the one signed
/// overflow gives the dividend and remainder 0 (table "Semantics for division by zero and division overflow"). The forms on words take the
/// low 32 bits and sign-extend their result, also the unsigned ones.
/// </remarks>
internal static class Multiply
{
    public static ulong Mulh(ulong a, ulong b) => (ulong)Math.BigMul((long)a, (long)b, out _);

    public static ulong Mulhu(ulong a, ulong b) => Math.BigMul(a, b, out _);

    // a is a as unsigned minus 2^64 if negative, so the high half is less by b.
    public static ulong Mulhsu(ulong a, ulong b) => Math.BigMul(a, b, out _) - ((long)a < 0 ? b : 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Mulw(ulong a, ulong b) => Extend((int)a * (int)b);

    public static ulong Div(ulong a, ulong b) => (long)b switch
    {
        0 => ulong.MaxValue,
        -1 => 0 - a,    // The overflow, -2^63 / -1, wraps to itself.
        var divisor => (ulong)((long)a / divisor),
    };

    public static ulong Divu(ulong a, ulong b) => b == 0 ? ulong.MaxValue : a / b;

    public static ulong Rem(ulong a, ulong b) => (long)b switch
    {
        0 => a,
        -1 => 0,
        var divisor => (ulong)((long)a % divisor),
    };

    public static ulong Remu(ulong a, ulong b) => b == 0 ? a : a % b;

    public static ulong Divw(ulong a, ulong b) => (int)b switch
    {
        0 => ulong.MaxValue,
        -1 => Extend(-(int)a),
        var divisor => Extend((int)a / divisor),
    };

    public static ulong Divuw(ulong a, ulong b) => (uint)b == 0 ? ulong.MaxValue : Extend((int)((uint)a / (uint)b));

    public static ulong Remw(ulong a, ulong b) => (int)b switch
    {
        0 => Extend((int)a),
        -1 => 0,
        var divisor => Extend((int)a % divisor),
    };

    public static ulong Remuw(ulong a, ulong b) => Extend((uint)b == 0 ? (int)a : (int)((uint)a % (uint)b));

    private static ulong Extend(int word) => (ulong)(long)word;
}
