using ObjectOS.Machine.Isa;
using static ObjectOS.Machine.Engines.Translator.X64Encoder;

namespace ObjectOS.Machine.Engines.Translator;

/// <content>Two instructions that compilers write for one operation.</content>
internal sealed unsafe partial class Emitter
{
    /// <summary>Emits an instruction and the one after it as one; <paramref name="length"/> is that of both.</summary>
    private bool TryEmitPair(in DecodedInstruction first, int offset, in DecodedInstruction second, out int length)
    {
        length = first.Length + second.Length;
        if (second.Rd != first.Rd || second.Rs1 != first.Rd || first.Rd >= Registers.Sink)
            return false;
        if (first.Op is Op.Li or Op.Auipc && second.Op is Op.Addi or Op.Addiw)
        {
            long value = (first.Op == Op.Auipc ? (long)AddressOf(offset) : 0) + first.Imm + second.Imm;
            SetImmediate(first.Rd, second.Op == Op.Addiw ? (int)value : value);
            return true;
        }

        if (first.Op != Op.Slli || second.Op is not (Op.Srli or Op.Srai))
            return false;
        int to = Destination(first.Rd, Rax);
        if (first.Imm == 32 && second.Imm <= 32 && second.Op == Op.Srli)
        {
            // zext.w, and its multiple.
            _c.Move32(to, Source(first.Rs1, Rax));
            if (second.Imm < 32)
                _c.ShiftImmediate(Shl, to, 32 - second.Imm, wide: true);
        }
        else if (first.Imm == second.Imm && first.Imm is 48 or 56)
        {
            bool isSigned = second.Op == Op.Srai;
            int opcode = (isSigned ? 0x1BE : 0x1B6) + (first.Imm == 48 ? 1 : 0);    // movsx, movzx
            _c.Registers(opcode, to, Source(first.Rs1, Rax), wide: isSigned, bytes: true);
        }
        else
        {
            return false;
        }

        Finish(first.Rd, to);
        return true;
    }
}
