namespace ObjectOS.Machine.Isa;

/// <summary>Where an instruction's operands lie; <see cref="Operands"/> reads them, <see cref="Disassembler"/> writes them.</summary>
/// <remarks>The members from <see cref="CAddi4spn"/> on are of 16 bits and fill in the operands of the 32-bit form.</remarks>
internal enum Format : byte
{
    /// <summary>No operands.</summary>
    None,

    // Integer computation. These five only compute: with x0 as destination they do nothing.

    /// <summary>rd,rs1,rs2</summary>
    R,

    /// <summary>rd,rs1</summary>
    Unary,

    /// <summary>rd,rs1,imm</summary>
    I,

    /// <summary>rd,rs1,shamt with six bits of shamt</summary>
    Shift,

    /// <summary>rd,rs1,shamt with five bits of shamt</summary>
    ShiftWord,

    /// <summary>rd,imm20; Imm is already shifted</summary>
    U,

    // Control transfer; Imm is the displacement from the instruction's own address.

    /// <summary>rd,target</summary>
    J,

    /// <summary>rd,imm(rs1)</summary>
    Jalr,

    /// <summary>rs1,rs2,target</summary>
    Branch,

    // Memory and system.

    /// <summary>rd,imm(rs1)</summary>
    Load,

    /// <summary>rs2,imm(rs1)</summary>
    Store,

    /// <summary>rd,(rs1); Imm is aq:rl</summary>
    LoadReserved,

    /// <summary>rd,rs2,(rs1); Imm is aq:rl</summary>
    Amo,

    /// <summary>predecessor,successor; Imm is fm:pred:succ</summary>
    Fence,

    /// <summary>rs1,rs2</summary>
    FenceAddress,

    /// <summary>(rs1)</summary>
    CacheBlock,

    /// <summary>rd,csr,rs1; Imm is the CSR's number</summary>
    Csr,

    /// <summary>rd,csr,zimm; zimm in Rs1</summary>
    CsrImmediate,

    // Floating point; Imm is rm wherever there is one.

    /// <summary>fd,imm(rs1)</summary>
    FloatLoad,

    /// <summary>fs2,imm(rs1)</summary>
    FloatStore,

    /// <summary>fd,fs1,fs2,fs3,rm</summary>
    FloatFused,

    /// <summary>fd,fs1,fs2,rm</summary>
    FloatRounded,

    /// <summary>fd,fs1,rm</summary>
    FloatUnary,

    /// <summary>fd,fs1,rm where the result is exact and rm is not written when zero</summary>
    FloatUnaryExact,

    /// <summary>fd,fs1,fs2</summary>
    FloatR,

    /// <summary>rd,fs1,fs2</summary>
    FloatCompare,

    /// <summary>rd,fs1,rm</summary>
    FloatToInteger,

    /// <summary>rd,fs1</summary>
    FloatToIntegerBits,

    /// <summary>fd,rs1,rm</summary>
    IntegerToFloat,

    /// <summary>fd,rs1,rm where the result is exact and rm is not written when zero</summary>
    IntegerToFloatExact,

    /// <summary>fd,rs1</summary>
    IntegerBitsToFloat,

    // Compressed.
    CAddi4spn, CLoadWord, CLoadDouble, CFloatLoadDouble, CStoreWord, CStoreDouble, CFloatStoreDouble,
    CI, CLi, CAddi16sp, CLui, CShift, CAndi, CA, CJ, CBranch,
    CSlli, CLoadWordSp, CLoadDoubleSp, CFloatLoadDoubleSp, CJr, CJalr, CMv, CAdd, CStoreWordSp, CStoreDoubleSp, CFloatStoreDoubleSp,
}
