using System.Runtime.InteropServices;

namespace ObjectOS.Machine.Isa;

/// <summary>An instruction made ready to execute: 16 bytes, all operands extracted.</summary>
/// <remarks>
/// An operand that an operation does not have is zero. Integer registers are indices into a file in which index 0 always reads zero
/// and <see cref="Registers.Sink"/> takes the writes to x0; floating-point registers are 0 to 31 of a file of their own.
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
internal struct DecodedInstruction
{
    /// <summary>What to execute.</summary>
    public Op Op;

    /// <summary>Destination; never 0 if it is an integer register that the operation writes.</summary>
    public byte Rd;

    /// <summary>First source; the five-bit immediate of csrrwi, csrrsi and csrrci.</summary>
    public byte Rs1;

    /// <summary>Second source.</summary>
    public byte Rs2;

    /// <summary>Third source of a fused multiply-add.</summary>
    public byte Rs3;

    /// <summary>Byte offset of the instruction in its 4 KiB page. The decoder leaves 0, its caller fills it in.</summary>
    public ushort Offset;

    /// <summary>
    /// The immediate, sign-extended where the instruction does that: value, byte displacement, shift amount, upper immediate (already
    /// shifted), CSR number, rounding mode of a floating-point operation, <c>aq:rl</c> of an atomic, <c>fm:pred:succ</c> of a fence.
    /// </summary>
    public int Imm;

    /// <summary>The encoding; 16 bits for a compressed instruction.</summary>
    public uint Bits;

    /// <summary>Bytes: 2 or 4.</summary>
    public readonly int Length => (Bits & 3) == 3 ? 4 : 2;
}
