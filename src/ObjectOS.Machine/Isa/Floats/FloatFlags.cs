namespace ObjectOS.Machine.Isa.Floats;

/// <summary>The accrued exceptions, in the bit order of <c>fflags</c> (RISC-V unprivileged, chapter "F", fcsr).</summary>
[Flags]
internal enum FloatFlags : byte
{
    /// <summary>No exception.</summary>
    None = 0,

    /// <summary>NX: the result was rounded.</summary>
    Inexact = 1,

    /// <summary>UF: the result is inexact and was tiny after rounding.</summary>
    Underflow = 2,

    /// <summary>OF: the rounded result exceeds the largest finite number.</summary>
    Overflow = 4,

    /// <summary>DZ: a finite non-zero number was divided by zero.</summary>
    DivideByZero = 8,

    /// <summary>NV: the operation has no useful definition for its operands.</summary>
    Invalid = 16,
}
