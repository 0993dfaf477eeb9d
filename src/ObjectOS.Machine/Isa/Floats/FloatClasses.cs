namespace ObjectOS.Machine.Isa.Floats;

/// <summary>The one-bit answers of fclass (RISC-V unprivileged, chapter "F", format of result of FCLASS).</summary>
[Flags]
internal enum FloatClasses : ushort
{
    /// <summary>No class; never an answer.</summary>
    None = 0,

    /// <summary>−∞.</summary>
    NegativeInfinity = 1 << 0,

    /// <summary>A negative normal number.</summary>
    NegativeNormal = 1 << 1,

    /// <summary>A negative subnormal number.</summary>
    NegativeSubnormal = 1 << 2,

    /// <summary>−0.</summary>
    NegativeZero = 1 << 3,

    /// <summary>+0.</summary>
    PositiveZero = 1 << 4,

    /// <summary>A positive subnormal number.</summary>
    PositiveSubnormal = 1 << 5,

    /// <summary>A positive normal number.</summary>
    PositiveNormal = 1 << 6,

    /// <summary>+∞.</summary>
    PositiveInfinity = 1 << 7,

    /// <summary>A signaling NaN of either sign.</summary>
    SignalingNaN = 1 << 8,

    /// <summary>A quiet NaN of either sign.</summary>
    QuietNaN = 1 << 9,
}

/// <summary>fclass.s and fclass.d.</summary>
internal static class FloatClassification
{
    /// <summary>fclass.d.</summary>
    public static FloatClasses Classify64(ulong a) => Classify<Binary64>(a);

    /// <summary>fclass.s.</summary>
    public static FloatClasses Classify32(uint a) => Classify<Binary32>(a);

    /// <summary>fclass of any format.</summary>
    public static FloatClasses Classify<TFormat>(ulong bits)
        where TFormat : struct, IFloatFormat
    {
        bool negative = FloatFormat<TFormat>.IsNegative(bits);
        if (FloatFormat<TFormat>.IsNaN(bits))
        {
            return FloatFormat<TFormat>.IsSignalingNaN(bits) ? FloatClasses.SignalingNaN : FloatClasses.QuietNaN;
        }

        if (FloatFormat<TFormat>.IsInfinity(bits))
        {
            return negative ? FloatClasses.NegativeInfinity : FloatClasses.PositiveInfinity;
        }

        if (FloatFormat<TFormat>.IsZero(bits))
        {
            return negative ? FloatClasses.NegativeZero : FloatClasses.PositiveZero;
        }

        bool subnormal = (bits & FloatFormat<TFormat>.Infinity) == 0;
        return (subnormal, negative) switch
        {
            (true, true) => FloatClasses.NegativeSubnormal,
            (true, false) => FloatClasses.PositiveSubnormal,
            (false, true) => FloatClasses.NegativeNormal,
            (false, false) => FloatClasses.PositiveNormal,
        };
    }
}
