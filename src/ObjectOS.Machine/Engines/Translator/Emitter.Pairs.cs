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
        if (TryEmitIndex(first, offset, second))
            return true;
        if (second.Rd != first.Rd || second.Rs1 != first.Rd || first.Rd >= Registers.Sink)
            return false;
        if (first.Op is Op.Li or Op.Auipc && second.Op is Op.Addi or Op.Addiw)
        {
            long value = (first.Op == Op.Auipc ? (long)AddressOf(offset) : 0) + first.Imm + second.Imm;
            SetImmediate(first.Rd, second.Op == Op.Addiw ? (int)value : value);
            return true;
        }

        if (TryEmitNarrow(first, second))
            return true;
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

    // slli t, a, 32 and srli b, t, n: a word as the index of a place. The second result is computed without the first.
    private bool TryEmitIndex(in DecodedInstruction first, int offset, in DecodedInstruction second)
    {
        if (first.Op != Op.Slli || first.Imm != 32 || second.Op != Op.Srli || second.Imm > 32 || second.Rs1 != first.Rd
            || first.Rd == first.Rs1 || first.Rd == second.Rd || first.Rd >= Registers.Sink || second.Rd >= Registers.Sink)
        {
            return false;
        }

        EmitInteger(first, offset);
        int to = Destination(second.Rd, Rax);
        _c.Move32(to, Source(first.Rs1, Rax));
        if (second.Imm < 32)
            _c.ShiftImmediate(Shl, to, 32 - second.Imm, wide: true);
        Finish(second.Rd, to);
        return true;
    }

    // slliw and sraiw or srliw, by 16 or 24: the low half or byte of a word.
    private bool TryEmitNarrow(in DecodedInstruction first, in DecodedInstruction second)
    {
        if (first.Op != Op.Slliw || second.Op is not (Op.Srliw or Op.Sraiw) || first.Imm != second.Imm || first.Imm is not (16 or 24))
            return false;
        int to = Destination(first.Rd, Rax);
        bool isSigned = second.Op == Op.Sraiw;
        int opcode = (isSigned ? 0x1BE : 0x1B6) + (first.Imm == 16 ? 1 : 0);    // movsx, movzx
        _c.Registers(opcode, to, Source(first.Rs1, Rax), wide: isSigned, bytes: true);
        Finish(first.Rd, to);
        return true;
    }

    /// <summary>
    /// True if an instruction's result is a word whose sign need not be extended: the instruction that reads it next reads its lower half
    /// alone, and overwrites it, and none before can leave the code.
    /// </summary>
    private bool IsOverwritten(in DecodedInstruction d, int next)
    {
        if (d.Rd >= Registers.Sink || !IsWord(d.Op))
            return false;
        for (int i = _index + 1; i < Math.Min(_count, _index + 6); i++)
        {
            ref readonly DecodedInstruction after = ref _region.At(next);
            if (after.Rd == d.Rd)
                return ReadsWord(after, d.Rd);
            if (after.Rs1 == d.Rd || after.Rs2 == d.Rd || !IsPure(after.Op))
                return false;
            next += after.Length;
        }

        return false;
    }

    // True if it uses no more of a register than the lower half; it writes the same register.
    private static bool ReadsWord(in DecodedInstruction after, int register) =>
        after.Op switch
        {
            Op.Andi => after.Rs1 == register && after.Imm >= 0,
            Op.Slli => after.Rs1 == register && after.Imm >= 32,
            _ => IsWord(after.Op),
        };

    private static bool IsPure(Op op) => op is Op.Nop or Op.Li or Op.Mv or Op.Lui or Op.Auipc or Op.Mul or Op.Mulw
        or (>= Op.Addi and <= Op.Sraw) or (>= Op.AddUw and <= Op.ZextH);

    private static bool IsWord(Op op) => op is Op.Addiw or Op.Slliw or Op.Srliw or Op.Sraiw or Op.Addw or Op.Subw or Op.Sllw or Op.Srlw
        or Op.Sraw or Op.Mulw;
}
