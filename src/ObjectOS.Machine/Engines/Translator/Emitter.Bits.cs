using System.Diagnostics;
using ObjectOS.Machine.Isa;
using static ObjectOS.Machine.Engines.Translator.X64Encoder;

namespace ObjectOS.Machine.Engines.Translator;

/// <content>Zba, Zbb, Zbs, Zicond, and the packing of Zbkb.</content>
internal sealed unsafe partial class Emitter
{
    private const int BitTest = 4, BitSet = 5, BitReset = 6, BitComplement = 7;

    private void EmitBits(in DecodedInstruction d)
    {
        switch (d.Op)
        {
            case Op.Sh1add or Op.Sh2add or Op.Sh3add: EmitShiftedSum(d, Source(d.Rs1, Rax), 1 + (d.Op - Op.Sh1add)); break;
            case >= Op.AddUw and <= Op.Sh3addUw:
                _c.Move32(Rax, Source(d.Rs1, Rax));
                EmitShiftedSum(d, Rax, d.Op == Op.AddUw ? 0 : 1 + (d.Op - Op.Sh1addUw));
                break;
            case Op.SlliUw:
                _c.Move32(Rax, Source(d.Rs1, Rax));
                _c.ShiftImmediate(Shl, Rax, d.Imm, wide: true);
                Finish(d.Rd, Rax);
                break;
            case >= Op.Andn and <= Op.Xnor: EmitNegatedLogic(d); break;
            case >= Op.Min and <= Op.Maxu: EmitChoice(d); break;
            case >= Op.Rol and <= Op.Rorw: EmitRotation(d); break;
            case Op.Rori or Op.Roriw:
                SourceInto(d.Rs1, Rax);
                _c.ShiftImmediate(Ror, Rax, d.Imm, d.Op == Op.Rori);
                FinishWidth(d.Rd, d.Op == Op.Rori);
                break;
            case >= Op.Clz and <= Op.Cpopw: EmitCount(d); break;
            case >= Op.SextB and <= Op.ZextH: EmitExtension(d); break;
            case Op.Rev8:
                SourceInto(d.Rs1, Rax);
                _c.Byte(0x48);
                _c.Byte(0x0F);
                _c.Byte(0xC8);    // bswap rax
                Finish(d.Rd, Rax);
                break;
            case >= Op.Bclr and <= Op.Bset: EmitBit(d, isImmediate: false, d.Op - Op.Bclr); break;
            case >= Op.Bclri and <= Op.Bseti: EmitBit(d, isImmediate: true, d.Op - Op.Bclri); break;
            case Op.CzeroEqz or Op.CzeroNez: EmitConditionalZero(d); break;
            default: EmitPack(d); break;
        }
    }

    private void EmitShiftedSum(in DecodedInstruction d, int left, int shift)
    {
        int right = Source(d.Rs2, Rcx);
        int to = Destination(d.Rd, Rax);
        _c.LeaSum(to, right, left, shift, wide: true);
        Finish(d.Rd, to);
    }

    private void FinishWidth(int register, bool wide)
    {
        if (wide)
            Finish(register, Rax);
        else
            FinishWord(register, Rax);
    }

    private void EmitNegatedLogic(in DecodedInstruction d)
    {
        int left = Source(d.Rs1, Rcx);
        SourceInto(d.Rs2, Rax);
        if (d.Op == Op.Xnor)
            _c.Arithmetic(Xor, Rax, left, wide: true);
        _c.Registers(0xF7, 2, Rax, wide: true);    // not
        if (d.Op != Op.Xnor)
            _c.Arithmetic(d.Op == Op.Andn ? And : Or, Rax, left, wide: true);
        Finish(d.Rd, Rax);
    }

    private void EmitChoice(in DecodedInstruction d)
    {
        SourceInto(d.Rs1, Rax);
        int right = Source(d.Rs2, Rcx);
        _c.Arithmetic(Cmp, Rax, right, wide: true);
        int takeRight = d.Op switch { Op.Min => Greater, Op.Minu => Above, Op.Max => Less, _ => Below };
        _c.Registers(0x140 | takeRight, Rax, right, wide: true);    // cmov
        Finish(d.Rd, Rax);
    }

    private void EmitRotation(in DecodedInstruction d)
    {
        bool wide = d.Op is Op.Rol or Op.Ror;
        SourceInto(d.Rs2, Rcx);
        SourceInto(d.Rs1, Rax);
        _c.ShiftByCl(d.Op is Op.Rol or Op.Rolw ? Rol : Ror, Rax, wide);
        FinishWidth(d.Rd, wide);
    }

    // LZCNT, TZCNT and POPCNT; of zero the width, as the guest's.
    private void EmitCount(in DecodedInstruction d)
    {
        int opcode = d.Op switch { Op.Clz or Op.Clzw => 0x1BD, Op.Ctz or Op.Ctzw => 0x1BC, _ => 0x1B8 };
        int to = Destination(d.Rd, Rax);
        _c.Registers(opcode, to, Source(d.Rs1, Rax), wide: d.Op < Op.Clzw, prefix: 0xF3);
        Finish(d.Rd, to);
    }

    private void EmitExtension(in DecodedInstruction d)
    {
        int to = Destination(d.Rd, Rax);
        int opcode = d.Op switch { Op.SextB => 0x1BE, Op.SextH => 0x1BF, _ => 0x1B7 };    // movsx, movzx
        _c.Registers(opcode, to, Source(d.Rs1, Rax), wide: d.Op != Op.ZextH, bytes: true);
        Finish(d.Rd, to);
    }

    // The order of the operations is clear, extract, invert, set; the host takes the bit's number by 64 as the guest does.
    private void EmitBit(in DecodedInstruction d, bool isImmediate, int which)
    {
        int operation = which switch { 0 => BitReset, 1 => BitTest, 2 => BitComplement, _ => BitSet };
        SourceInto(d.Rs1, Rax);
        if (isImmediate)
        {
            _c.Registers(0x1BA, operation, Rax, wide: true);
            _c.Byte(d.Imm);
        }
        else
        {
            _c.Registers(0x183 | (operation << 3), Source(d.Rs2, Rcx), Rax, wide: true);
        }

        if (operation == BitTest)
            SetFlag(Below, d.Rd);
        else
            Finish(d.Rd, Rax);
    }

    // Carry if the condition is zero, as a mask.
    private void EmitConditionalZero(in DecodedInstruction d)
    {
        SourceInto(d.Rs2, Rcx);
        SourceInto(d.Rs1, Rax);
        _c.ArithmeticImmediate(Cmp, Rcx, 1, wide: true);
        _c.Registers(0x1B, Rcx, Rcx, wide: true);    // sbb
        if (d.Op == Op.CzeroEqz)
            _c.Registers(0xF7, 2, Rcx, wide: true);
        _c.Arithmetic(And, Rax, Rcx, wide: true);
        Finish(d.Rd, Rax);
    }

    private void EmitPack(in DecodedInstruction d)
    {
        int left = Source(d.Rs1, Rax);
        int right = Source(d.Rs2, Rcx);
        switch (d.Op)
        {
            case Op.Pack:
                _c.Move32(Rax, left);
                _c.Move(Rcx, right);
                _c.ShiftImmediate(Shl, Rcx, 32, wide: true);
                break;
            case Op.Packh:
                _c.Registers(0x1B6, Rax, left, wide: false, bytes: true);
                _c.Registers(0x1B6, Rcx, right, wide: false, bytes: true);
                _c.ShiftImmediate(Shl, Rcx, 8, wide: false);
                break;
            case Op.Packw:
                _c.Registers(0x1B7, Rax, left, wide: false);
                _c.Move32(Rcx, right);
                _c.ShiftImmediate(Shl, Rcx, 16, wide: false);
                break;
            default:
                throw new UnreachableException($"operation {d.Op}");
        }

        _c.Arithmetic(Or, Rax, Rcx, wide: true);
        FinishWidth(d.Rd, d.Op != Op.Packw);
    }
}
