namespace ObjectOS.Machine.Isa;

/// <summary>An executed operation: what an interpreter or a translator switches on.</summary>
/// <remarks>
/// The name is the mnemonic without its dots, each part with a capital: <c>fcvt.d.w</c> is <see cref="FcvtDW"/>. Compressed
/// instructions have no members of their own, they expand. The members from <see cref="Nop"/> on are forms which
/// <see cref="Specialisation"/> picks statically, <see cref="Custom"/> stands for what is defined from C#.
/// </remarks>
internal enum Op : ushort
{
    /// <summary>No instruction; the value of a cleared <see cref="DecodedInstruction"/>.</summary>
    Illegal,

    // I, Zifencei, Zihintpause
    Lui, Auipc, Jal, Jalr, Beq, Bne, Blt, Bge, Bltu, Bgeu, Lb, Lh, Lw, Ld, Lbu, Lhu, Lwu, Sb, Sh, Sw, Sd, Addi, Slti, Sltiu, Xori,
    Ori, Andi, Slli, Srli, Srai, Addiw, Slliw, Srliw, Sraiw, Add, Sub, Sll, Slt, Sltu, Xor, Srl, Sra, Or, And, Addw, Subw, Sllw,
    Srlw, Sraw, Fence, Pause, FenceI, Ecall, Ebreak,

    // Zicsr, privileged
    Csrrw, Csrrs, Csrrc, Csrrwi, Csrrsi, Csrrci, Sret, Mret, Wfi, SfenceVma, SinvalVma, SfenceWInval, SfenceInvalIr,

    // Zicbom, Zicboz
    CboInval, CboClean, CboFlush, CboZero,

    // M
    Mul, Mulh, Mulhsu, Mulhu, Div, Divu, Rem, Remu, Mulw, Divw, Divuw, Remw, Remuw,

    // A
    LrW, ScW, AmoswapW, AmoaddW, AmoxorW, AmoandW, AmoorW, AmominW, AmomaxW, AmominuW, AmomaxuW, LrD, ScD, AmoswapD, AmoaddD,
    AmoxorD, AmoandD, AmoorD, AmominD, AmomaxD, AmominuD, AmomaxuD,

    // F
    Flw, Fsw, FmaddS, FmsubS, FnmsubS, FnmaddS, FaddS, FsubS, FmulS, FdivS, FsqrtS, FsgnjS, FsgnjnS, FsgnjxS, FminS, FmaxS, FeqS,
    FltS, FleS, FclassS, FmvXW, FmvWX, FcvtWS, FcvtWuS, FcvtLS, FcvtLuS, FcvtSW, FcvtSWu, FcvtSL, FcvtSLu,

    // D
    Fld, Fsd, FmaddD, FmsubD, FnmsubD, FnmaddD, FaddD, FsubD, FmulD, FdivD, FsqrtD, FsgnjD, FsgnjnD, FsgnjxD, FminD, FmaxD, FeqD,
    FltD, FleD, FclassD, FmvXD, FmvDX, FcvtWD, FcvtWuD, FcvtLD, FcvtLuD, FcvtDW, FcvtDWu, FcvtDL, FcvtDLu, FcvtSD, FcvtDS,

    // Zba, Zbb, Zbs, Zicond
    AddUw, Sh1add, Sh2add, Sh3add, Sh1addUw, Sh2addUw, Sh3addUw, SlliUw, Andn, Orn, Xnor, Min, Minu, Max, Maxu, Rol, Ror, Rolw,
    Rorw, Rori, Roriw, Clz, Ctz, Cpop, Clzw, Ctzw, Cpopw, SextB, SextH, ZextH, OrcB, Rev8, Bclr, Bext, Binv, Bset, Bclri, Bexti,
    Binvi, Bseti, CzeroEqz, CzeroNez,

    // Zbc, Zbkb, Zbkx
    Clmul, Clmulh, Clmulr, Pack, Packh, Packw, Brev8, Xperm4, Xperm8,

    // Zfh
    Flh, Fsh, FmaddH, FmsubH, FnmsubH, FnmaddH, FaddH, FsubH, FmulH, FdivH, FsqrtH, FsgnjH, FsgnjnH, FsgnjxH, FminH, FmaxH, FeqH,
    FltH, FleH, FclassH, FmvXH, FmvHX, FcvtWH, FcvtWuH, FcvtLH, FcvtLuH, FcvtHW, FcvtHWu, FcvtHL, FcvtHLu, FcvtSH, FcvtHS, FcvtDH,
    FcvtHD,

    /// <summary>One of <see cref="CustomInstructions"/>.</summary>
    Custom,

    /// <summary>Nothing but the step to the next instruction: hints and integer arithmetic into x0.</summary>
    Nop,

    /// <summary><c>Rd = Imm</c>, sign-extended: <c>addi rd,x0,imm</c> and <c>lui</c>.</summary>
    Li,

    /// <summary><c>Rd = Rs1</c>: <c>addi rd,rs1,0</c>, <c>add</c> with x0.</summary>
    Mv,

    /// <summary>A jump by <c>Imm</c> without a link.</summary>
    J,

    /// <summary>A jump to <c>(Rs1 + Imm) &amp; ~1</c> without a link.</summary>
    Jr,

    /// <summary>A branch by <c>Imm</c> if <c>Rs1</c> is zero.</summary>
    Beqz,

    /// <summary>A branch by <c>Imm</c> if <c>Rs1</c> is not zero.</summary>
    Bnez,
}
