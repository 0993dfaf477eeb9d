using ObjectOS.Machine.Isa;

namespace ObjectOS.Machine.Interpreter;

/// <summary>Operations that end a block without being instructions; numbered after the last <see cref="Op"/>.</summary>
internal static class BlockOps
{
    /// <summary>Go on at <c>Imm</c>, relative to the page.</summary>
    public const Op Continue = Op.Bnez + 1;

    /// <summary>The budget ends before <c>Offset</c>.</summary>
    public const Op Stop = Op.Bnez + 2;
}
