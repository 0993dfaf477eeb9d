namespace ObjectOS.Machine.Engines.Translator;

/// <summary>The exception flags of fflags (unprivileged specification, chapter "F") and of MXCSR, one for one.</summary>
internal static class FloatControl
{
    /// <summary>MXCSR of the host: all exceptions masked, rounding to nearest.</summary>
    public const uint Default = 0x1F80;

    // fflags: NX, UF, OF, DZ, NV from bit 0 up. MXCSR: IE, DE, ZE, OE, UE, PE from bit 0 up; DE has no counterpart.
    public static uint ToFlags(uint control) =>
        ((control & 1) << 4) | ((control >> 2 & 1) << 3) | ((control >> 3 & 1) << 2) | ((control >> 4 & 1) << 1) | (control >> 5 & 1);

    /// <summary>MXCSR for guest code: all exceptions masked, rounding to nearest, these flags.</summary>
    public static uint Of(uint flags) => Default | FromFlags(flags);

    private static uint FromFlags(uint flags) =>
        (flags >> 4 & 1) | ((flags >> 3 & 1) << 2) | ((flags >> 2 & 1) << 3) | ((flags >> 1 & 1) << 4) | ((flags & 1) << 5);
}
