namespace ObjectOS.Machine.Isa.Floats;

/// <summary>The integer side of a conversion, numbered as the rs2 field of the <c>fcvt</c> instructions.</summary>
internal enum IntegerKind : byte
{
    /// <summary>w: signed 32-bit.</summary>
    Word = 0,

    /// <summary>wu: unsigned 32-bit.</summary>
    UnsignedWord = 1,

    /// <summary>l: signed 64-bit.</summary>
    Long = 2,

    /// <summary>lu: unsigned 64-bit.</summary>
    UnsignedLong = 3,
}
