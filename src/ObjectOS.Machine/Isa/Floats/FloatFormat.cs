namespace ObjectOS.Machine.Isa.Floats;

/// <summary>The two numbers that define an IEEE 754 binary interchange format.</summary>
internal interface IFloatFormat
{
    /// <summary>Stored fraction bits; the precision is one more.</summary>
    static abstract int FractionBits { get; }

    /// <summary>Bits of the biased exponent field.</summary>
    static abstract int ExponentBits { get; }
}

/// <summary>binary16, the format of Zfh.</summary>
internal readonly struct Binary16 : IFloatFormat
{
    public static int FractionBits => 10;

    public static int ExponentBits => 5;
}

/// <summary>binary32, the format of the F extension.</summary>
internal readonly struct Binary32 : IFloatFormat
{
    public static int FractionBits => 23;

    public static int ExponentBits => 8;
}

/// <summary>binary64, the format of the D extension.</summary>
internal readonly struct Binary64 : IFloatFormat
{
    public static int FractionBits => 52;

    public static int ExponentBits => 11;
}

/// <summary>What follows from a format: masks, notable values, tests on bits. All of it folds to constants in compiled code.</summary>
internal static class FloatFormat<TFormat>
    where TFormat : struct, IFloatFormat
{
    public static ulong SignBit => 1UL << (TFormat.FractionBits + TFormat.ExponentBits);

    public static ulong FractionMask => (1UL << TFormat.FractionBits) - 1;

    /// <summary>The exponent field of infinities and NaNs.</summary>
    public static int MaxBiasedExponent => (1 << TFormat.ExponentBits) - 1;

    public static int Bias => MaxBiasedExponent >> 1;

    public static ulong Infinity => (ulong)MaxBiasedExponent << TFormat.FractionBits;

    public static ulong LargestFinite => Infinity - 1;

    public static ulong One => (ulong)Bias << TFormat.FractionBits;

    /// <summary>The fraction bit that makes a NaN quiet.</summary>
    public static ulong QuietBit => 1UL << (TFormat.FractionBits - 1);

    /// <summary>The only NaN arithmetic produces (chapter "F", NaN generation and propagation).</summary>
    public static ulong CanonicalNaN => Infinity | QuietBit;

    public static bool IsNegative(ulong bits) => (bits & SignBit) != 0;

    public static bool IsNaN(ulong bits) => (bits & ~SignBit) > Infinity;

    public static bool IsSignalingNaN(ulong bits) => IsNaN(bits) && (bits & QuietBit) == 0;

    public static bool IsInfinity(ulong bits) => (bits & ~SignBit) == Infinity;

    public static bool IsZero(ulong bits) => (bits & ~SignBit) == 0;

    public static ulong Signed(bool negative, ulong magnitude) => negative ? magnitude | SignBit : magnitude;
}
