using ObjectOS.Machine.Isa;
using static ObjectOS.Machine.Engines.Translator.X64Encoder;

namespace ObjectOS.Machine.Engines.Translator;

/// <content>Conversions and moves between the register files, and the floating-point CSRs.</content>
internal sealed unsafe partial class Emitter
{
    private const int Fflags = 1, Frm = 2, Fcsr = 3;

    private bool TryEmitConversion(in DecodedInstruction d, int offset, bool isDouble)
    {
        bool isNearest = d.Imm is Nearest or Dynamic;
        switch (d.Op)
        {
            case Op.FmvXD or Op.FmvXW:
                int to = Destination(d.Rd, Rax);
                _c.Memory(d.Op == Op.FmvXD ? 0x8B : 0x63, to, Rbp, StateLayout.F(d.Rs1), wide: true);
                Finish(d.Rd, to);
                return true;
            case Op.FmvDX:
                _c.Store(Source(d.Rs1, Rax), Rbp, StateLayout.F(d.Rd));
                return true;
            case Op.FmvWX:
                _c.Memory(0x89, Source(d.Rs1, Rax), Rbp, StateLayout.F(d.Rd), wide: false);
                _c.StoreImmediate(Rbp, StateLayout.F(d.Rd) + 4, -1, wide: false);
                return true;
            case Op.FcvtDW or Op.FcvtDWu:
            case Op.FcvtDL or Op.FcvtSW or Op.FcvtSWu or Op.FcvtSL when isNearest:
                EmitFromInteger(d, isDouble);
                return true;
            case Op.FcvtWD or Op.FcvtLD or Op.FcvtWS or Op.FcvtLS when isNearest || d.Imm == TowardsZero:
                EmitToInteger(d, offset, isDouble);
                return true;
            case Op.FcvtDS or Op.FcvtSD when isNearest || d.Op == Op.FcvtDS:
                EmitWidth(d, offset);
                return true;
            default:
                return false;
        }
    }

    private void EmitFromInteger(in DecodedInstruction d, bool isDouble)
    {
        int from = Source(d.Rs1, Rax);
        bool isUnsignedWord = d.Op is Op.FcvtDWu or Op.FcvtSWu;
        if (isUnsignedWord)
        {
            _c.Move32(Rax, from);
            from = Rax;
        }

        FloatOfXmm(XorPacked, 0, NoPrefix);    // no wait for the old value
        _c.Vex(Prefix(isDouble), 1, 0x2A, 0, 0, from, wide: isUnsignedWord || d.Op is Op.FcvtDL or Op.FcvtSL);
        FinishFloat(d.Rd, isDouble);
    }

    // The host answers the least integer for all that is out of range; that one is the interpreter's.
    private void EmitToInteger(in DecodedInstruction d, int offset, bool isDouble)
    {
        bool wide = d.Op is Op.FcvtLD or Op.FcvtLS;
        RequireBoxed(d.Rs1, isDouble, d, offset);
        _c.VexState(Prefix(isDouble), 1, d.Imm == TowardsZero ? 0x2C : 0x2D, Rax, 0, StateLayout.F(d.Rs1), wide);
        _c.ArithmeticImmediate(Cmp, Rax, 1, wide);
        InterpretIf(Overflow, d, offset);
        if (wide)
            Finish(d.Rd, Rax);
        else if (d.Rd < Registers.Sink)
            FinishWord(d.Rd, Rax);
    }

    private void EmitWidth(in DecodedInstruction d, int offset)
    {
        bool fromDouble = d.Op == Op.FcvtSD;
        RequireBoxed(d.Rs1, fromDouble, d, offset);
        FloatOfXmm(XorPacked, 0, NoPrefix);
        FloatOfState(0x5A, 0, StateLayout.F(d.Rs1), Prefix(fromDouble));
        FinishFloatOrNan(d.Rd, !fromDouble);
    }

    /// <summary>Reads of the floating-point CSRs, and writes of fflags; frm is 0 in translated code.</summary>
    private bool TryEmitFloatRegister(in DecodedInstruction d)
    {
        bool writes = d.Op is Op.Csrrw or Op.Csrrwi;
        bool reads = d.Op is Op.Csrrs or Op.Csrrc or Op.Csrrsi or Op.Csrrci && d.Rs1 == 0;
        if (!(d.Imm == Fflags && writes) && !(d.Imm is Fflags or Frm or Fcsr && reads))
            return false;
        if (writes && d.Op == Op.Csrrwi)
            _c.MoveImmediate(Rcx, d.Rs1);
        else if (writes)
            SourceInto(d.Rs1, Rcx);
        if (d.Rd < Registers.Sink)
            ReadFlags(d.Rd, d.Imm);
        if (!writes)
            return true;
        _c.ArithmeticImmediate(And, Rcx, 31, wide: false);
        _c.Data(0x8D, Rax, stubs.ControlOfFlags, wide: true);
        _c.Memory(0x1AE, 2, Rax, Rcx, 2, 0, wide: false);    // ldmxcsr
        return true;
    }

    private void ReadFlags(int register, int number)
    {
        if (number == Frm)
        {
            SetImmediate(register, 0);
            return;
        }

        _c.Memory(0x1AE, 3, Rbp, StateLayout.Scratch, wide: false);    // stmxcsr
        _c.Memory(0x8B, Rax, Rbp, StateLayout.Scratch, wide: false);
        _c.ArithmeticImmediate(And, Rax, 63, wide: false);
        _c.Push(Rcx);
        _c.Data(0x8D, Rcx, stubs.FlagsOfControl, wide: true);
        _c.Memory(0x1B6, Rax, Rcx, Rax, 0, 0, wide: false);    // movzx
        _c.Pop(Rcx);
        Finish(register, Rax);
    }
}
