using System.Collections.Immutable;

namespace ObjectOS.Machine.Isa;

/// <summary>The rows of Zicsr, cache-block management and the privileged instructions.</summary>
/// <remarks>Source: chapters "Zicsr" and "CMO" of the unprivileged and "Supervisor/Machine-Level ISA" of the privileged specification.</remarks>
internal static class SystemRows
{
    /// <summary>One row per instruction.</summary>
    public static ImmutableArray<InstructionRow> Rows { get; } =
    [
        new(Op.Csrrw, "csrrw", 0x0000707F, 0x00001073, Format.Csr, Extensions.Zicsr),
        new(Op.Csrrs, "csrrs", 0x0000707F, 0x00002073, Format.Csr, Extensions.Zicsr),
        new(Op.Csrrc, "csrrc", 0x0000707F, 0x00003073, Format.Csr, Extensions.Zicsr),
        new(Op.Csrrwi, "csrrwi", 0x0000707F, 0x00005073, Format.CsrImmediate, Extensions.Zicsr),
        new(Op.Csrrsi, "csrrsi", 0x0000707F, 0x00006073, Format.CsrImmediate, Extensions.Zicsr),
        new(Op.Csrrci, "csrrci", 0x0000707F, 0x00007073, Format.CsrImmediate, Extensions.Zicsr),
        new(Op.Sret, "sret", 0xFFFFFFFF, 0x10200073, Format.None, Extensions.Privileged),
        new(Op.Mret, "mret", 0xFFFFFFFF, 0x30200073, Format.None, Extensions.Privileged),
        new(Op.Wfi, "wfi", 0xFFFFFFFF, 0x10500073, Format.None, Extensions.Privileged),
        new(Op.SfenceVma, "sfence.vma", 0xFE007FFF, 0x12000073, Format.FenceAddress, Extensions.Privileged),
        new(Op.SinvalVma, "sinval.vma", 0xFE007FFF, 0x16000073, Format.FenceAddress, Extensions.Svinval),
        new(Op.SfenceWInval, "sfence.w.inval", 0xFFFFFFFF, 0x18000073, Format.None, Extensions.Svinval),
        new(Op.SfenceInvalIr, "sfence.inval.ir", 0xFFFFFFFF, 0x18100073, Format.None, Extensions.Svinval),
        new(Op.CboInval, "cbo.inval", 0xFFF07FFF, 0x0000200F, Format.CacheBlock, Extensions.Zicbom),
        new(Op.CboClean, "cbo.clean", 0xFFF07FFF, 0x0010200F, Format.CacheBlock, Extensions.Zicbom),
        new(Op.CboFlush, "cbo.flush", 0xFFF07FFF, 0x0020200F, Format.CacheBlock, Extensions.Zicbom),
        new(Op.CboZero, "cbo.zero", 0xFFF07FFF, 0x0040200F, Format.CacheBlock, Extensions.Zicboz),
    ];
}
