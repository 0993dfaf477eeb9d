namespace ObjectOS.Machine.Isa.Floats;

/// <summary>The four fused multiply-adds, numbered as bits 3..2 of their major opcodes (0x43, 0x47, 0x4B, 0x4F).</summary>
/// <remarks>Bit 0 negates the addend and bit 1 the product.</remarks>
internal enum FusedVariant : byte
{
    /// <summary>fmadd: a·b + c.</summary>
    MultiplyAdd = 0,

    /// <summary>fmsub: a·b − c.</summary>
    MultiplySubtract = 1,

    /// <summary>fnmsub: −(a·b) + c.</summary>
    NegatedMultiplySubtract = 2,

    /// <summary>fnmadd: −(a·b) − c.</summary>
    NegatedMultiplyAdd = 3,
}
