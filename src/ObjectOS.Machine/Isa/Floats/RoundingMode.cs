namespace ObjectOS.Machine.Isa.Floats;

/// <summary>The rounding modes of the <c>frm</c> field (RISC-V unprivileged, chapter "F", rounding mode encoding).</summary>
/// <remarks>DYN and the reserved encodings are resolved or trapped by the caller; no operation here accepts them.</remarks>
internal enum RoundingMode : byte
{
    /// <summary>RNE: to nearest, ties to even.</summary>
    NearestEven = 0,

    /// <summary>RTZ: towards zero.</summary>
    TowardZero = 1,

    /// <summary>RDN: towards −∞.</summary>
    Down = 2,

    /// <summary>RUP: towards +∞.</summary>
    Up = 3,

    /// <summary>RMM: to nearest, ties away from zero.</summary>
    NearestMaxMagnitude = 4,
}
