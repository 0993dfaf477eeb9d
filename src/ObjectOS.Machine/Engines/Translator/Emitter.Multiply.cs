using ObjectOS.Machine.Isa;
using static ObjectOS.Machine.Engines.Translator.X64Encoder;

namespace ObjectOS.Machine.Engines.Translator;

/// <content>Multiplication and division (unprivileged specification, chapter "M").</content>
internal sealed unsafe partial class Emitter
{
    private void EmitMultiply(in DecodedInstruction d)
    {
        if (d.Op is Op.Mul or Op.Mulw)
        {
            EmitProduct(d, wide: d.Op == Op.Mul);
            return;
        }

        // All that follow need rdx.
        _groupEnd = 0;
        if (d.Op is Op.Mulh or Op.Mulhu or Op.Mulhsu)
            EmitUpperProduct(d);
        else
            EmitDivision(d, wide: d.Op < Op.Mulw);
    }

    private void EmitProduct(in DecodedInstruction d, bool wide)
    {
        int to = Destination(d.Rd, Rax);
        int a = d.Rs1, b = d.Rs2;
        if (b == d.Rd)
            (a, b) = (b, a);
        SourceInto(a, to);
        if (b != Registers.Zero && RegisterMap.HostOf(b) is >= 0 and var host)
            _c.Registers(0x1AF, to, host, wide);
        else
            _c.Memory(0x1AF, to, Rbp, StateLayout.X(b), wide);
        if (!wide)
            ExtendWord(to);
        Finish(d.Rd, to);
    }

    private void EmitUpperProduct(in DecodedInstruction d)
    {
        SourceInto(d.Rs1, Rax);
        int right = Source(d.Rs2, Rcx);
        _c.Registers(0xF7, d.Op == Op.Mulh ? 5 : 4, right, wide: true);    // imul, mul: rdx:rax
        if (d.Op == Op.Mulhsu)
        {
            // A negative left side counted 2^64 too much.
            SourceInto(d.Rs1, Rax);
            _c.ShiftImmediate(Sar, Rax, 63, wide: true);
            _c.Arithmetic(And, Rax, right, wide: true);
            _c.Arithmetic(Sub, Rdx, Rax, wide: true);
        }

        Finish(d.Rd, Rdx);
    }

    // Division by zero, and of the least number by −1, do not trap ("Division Operations").
    private void EmitDivision(in DecodedInstruction d, bool wide)
    {
        bool isSigned = d.Op is Op.Div or Op.Rem or Op.Divw or Op.Remw;
        bool isRemainder = d.Op is Op.Rem or Op.Remu or Op.Remw or Op.Remuw;
        SourceInto(d.Rs2, Rcx);
        SourceInto(d.Rs1, Rax);
        _c.Registers(0x85, Rcx, Rcx, wide);
        byte* byZero = _c.JumpIf(Equal);
        byte* byMinusOne = null;
        if (isSigned)
        {
            _c.ArithmeticImmediate(Cmp, Rcx, -1, wide);
            byMinusOne = _c.JumpIf(Equal);
            if (wide)
                _c.Byte(0x48);
            _c.Byte(0x99);    // cqo, cdq
        }
        else
        {
            _c.MoveImmediate(Rdx, 0);
        }

        _c.Registers(0xF7, isSigned ? 7 : 6, Rcx, wide);
        if (isRemainder)
            _c.Move(Rax, Rdx);
        byte* done = _c.Jump();
        Patch(byZero, _c.P);
        if (!isRemainder)
            _c.MoveImmediate(Rax, -1);
        byte* doneByZero = _c.Jump();
        if (isSigned)
        {
            Patch(byMinusOne, _c.P);
            if (isRemainder)
                _c.MoveImmediate(Rax, 0);
            else
                _c.Registers(0xF7, 3, Rax, wide);    // neg
        }

        Patch(done, _c.P);
        Patch(doneByZero, _c.P);
        if (wide)
            Finish(d.Rd, Rax);
        else
            FinishWord(d.Rd, Rax);
    }
}
