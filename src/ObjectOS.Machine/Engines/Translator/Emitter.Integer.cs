using System.Diagnostics;
using ObjectOS.Machine.Isa;
using static ObjectOS.Machine.Engines.Translator.X64Encoder;

namespace ObjectOS.Machine.Engines.Translator;

/// <content>Operands, and integer arithmetic of I and M.</content>
internal sealed unsafe partial class Emitter
{
    /// <summary>A register of the host that holds one of the guest's: its home, or <paramref name="temporary"/> after a load.</summary>
    private int Source(int register, int temporary)
    {
        if (register == Registers.Zero)
        {
            _c.MoveImmediate(temporary, 0);
            return temporary;
        }

        if (RegisterMap.HostOf(register) is >= 0 and var host)
            return host;
        _c.Load(temporary, Rbp, StateLayout.X(register));
        return temporary;
    }

    /// <summary>The same, and always in <paramref name="to"/>, where it may be changed.</summary>
    private void SourceInto(int register, int to)
    {
        if (register == Registers.Zero)
            _c.MoveImmediate(to, 0);
        else if (RegisterMap.HostOf(register) is >= 0 and var host)
            _c.Move(to, host);
        else
            _c.Load(to, Rbp, StateLayout.X(register));
    }

    /// <summary>Where a result is best computed: the register's home, or <paramref name="temporary"/>.</summary>
    private static int Destination(int register, int temporary) => RegisterMap.HostOf(register) is >= 0 and var host ? host : temporary;

    /// <summary>Puts a result into the register's home; nothing for the sink of x0.</summary>
    private void Finish(int register, int from)
    {
        if (register >= Registers.Sink)
            return;
        if (RegisterMap.HostOf(register) is >= 0 and var host)
            _c.Move(host, from);
        else
            _c.Store(from, Rbp, StateLayout.X(register));
    }

    private void FinishWord(int register, int from)
    {
        int to = Destination(register, from);
        if (_leavesSign)
            to = from;
        else
            _c.SignExtend32(to, from);
        Finish(register, to);
    }

    private void ExtendWord(int register)
    {
        if (!_leavesSign)
            _c.SignExtend32(register, register);
    }

    private void SetImmediate(int register, long value)
    {
        if (register >= Registers.Sink)
            return;
        if (RegisterMap.HostOf(register) is >= 0 and var host)
        {
            _c.MoveImmediate(host, value);
        }
        else if (value == (int)value)
        {
            _c.StoreImmediate(Rbp, StateLayout.X(register), (int)value, wide: true);
        }
        else
        {
            _c.MoveImmediate(Rcx, value);
            _c.Store(Rcx, Rbp, StateLayout.X(register));
        }
    }

    private void Compare(int left, int right)
    {
        if (left != Registers.Zero && RegisterMap.HostOf(left) < 0 && RegisterMap.HostOf(right) is >= 0 and var known)
        {
            _c.Memory(0x39, known, Rbp, StateLayout.X(left), wide: true);    // cmp [left], right
            return;
        }

        int a = Source(left, Rax);
        if (right == Registers.Zero)
            _c.ArithmeticImmediate(Cmp, a, 0, wide: true);
        else if (RegisterMap.HostOf(right) is >= 0 and var host)
            _c.Arithmetic(Cmp, a, host, wide: true);
        else
            _c.ArithmeticMemory(Cmp, a, Rbp, StateLayout.X(right), wide: true);
    }

    private void SetFlag(int condition, int register)
    {
        _c.SetCondition(condition, Rax);
        int to = Destination(register, Rax);
        _c.Registers(0x1B6, to, Rax, wide: false);    // movzx to, al
        Finish(register, to);
    }

    private void EmitInteger(in DecodedInstruction d, int offset)
    {
        switch (d.Op)
        {
            case Op.Li or Op.Lui: SetImmediate(d.Rd, d.Imm); break;
            case Op.Auipc: SetImmediate(d.Rd, (long)AddressOf(offset) + d.Imm); break;
            case Op.Mv:
                int copy = Destination(d.Rd, Rax);
                SourceInto(d.Rs1, copy);
                Finish(d.Rd, copy);
                break;
            case Op.Addi or Op.Addiw: EmitAddImmediate(d, d.Op == Op.Addi); break;
            case Op.Xori: EmitLogicImmediate(Xor, d); break;
            case Op.Ori: EmitLogicImmediate(Or, d); break;
            case Op.Andi: EmitLogicImmediate(And, d); break;
            case Op.Slti or Op.Sltiu:
                _c.ArithmeticImmediate(Cmp, Source(d.Rs1, Rax), d.Imm, wide: true);
                SetFlag(d.Op == Op.Slti ? Less : Below, d.Rd);
                break;
            case Op.Slt or Op.Sltu:
                Compare(d.Rs1, d.Rs2);
                SetFlag(d.Op == Op.Slt ? Less : Below, d.Rd);
                break;
            case Op.Slli or Op.Slliw: EmitShift(Shl, d, d.Op == Op.Slli); break;
            case Op.Srli or Op.Srliw: EmitShift(Shr, d, d.Op == Op.Srli); break;
            case Op.Srai or Op.Sraiw: EmitShift(Sar, d, d.Op == Op.Srai); break;
            case Op.Sll or Op.Sllw: EmitShiftByRegister(1, d, d.Op == Op.Sll); break;
            case Op.Srl or Op.Srlw: EmitShiftByRegister(3, d, d.Op == Op.Srl); break;
            case Op.Sra or Op.Sraw: EmitShiftByRegister(2, d, d.Op == Op.Sra); break;
            case Op.Add or Op.Addw: EmitArithmetic(Add, d, d.Op == Op.Add); break;
            case Op.Sub or Op.Subw: EmitArithmetic(Sub, d, d.Op == Op.Sub); break;
            case Op.Xor: EmitArithmetic(Xor, d, wide: true); break;
            case Op.Or: EmitArithmetic(Or, d, wide: true); break;
            case Op.And: EmitArithmetic(And, d, wide: true); break;
            default: throw new UnreachableException($"operation {d.Op}");
        }
    }

    private void EmitAddImmediate(in DecodedInstruction d, bool wide)
    {
        if (wide && d.Rd == d.Rs1 && RegisterMap.HostOf(d.Rd) < 0)
        {
            _c.ArithmeticMemoryImmediate(Add, Rbp, StateLayout.X(d.Rd), d.Imm, wide: true);
            return;
        }

        int to = Destination(d.Rd, Rax);
        int from = Source(d.Rs1, to);
        if (to == from)
            _c.ArithmeticImmediate(Add, to, d.Imm, wide);
        else
            _c.Lea(to, from, d.Imm, wide);
        if (!wide)
            ExtendWord(to);
        Finish(d.Rd, to);
    }

    private void EmitLogicImmediate(int operation, in DecodedInstruction d)
    {
        if (d.Rd == d.Rs1 && RegisterMap.HostOf(d.Rd) < 0)
        {
            _c.ArithmeticMemoryImmediate(operation, Rbp, StateLayout.X(d.Rd), d.Imm, wide: true);
            return;
        }

        int to = Destination(d.Rd, Rax);
        SourceInto(d.Rs1, to);
        _c.ArithmeticImmediate(operation, to, d.Imm, wide: operation != And || d.Imm < 0);
        Finish(d.Rd, to);
    }

    private void EmitShift(int operation, in DecodedInstruction d, bool wide)
    {
        int to = Destination(d.Rd, Rax);
        SourceInto(d.Rs1, to);
        _c.ShiftImmediate(operation, to, d.Imm, wide);

        // A word that was shifted to the right without its sign is not negative.
        if (!wide && (operation != Shr || d.Imm == 0))
            ExtendWord(to);
        Finish(d.Rd, to);
    }

    // The host takes the count by 64 or 32 as the guest does.
    private void EmitShiftByRegister(int prefix, in DecodedInstruction d, bool wide)
    {
        int to = Destination(d.Rd, Rax);
        int from = Source(d.Rs1, Rax);
        _c.ShiftExtended(prefix, to, from, Source(d.Rs2, Rcx), wide);
        if (!wide)
            ExtendWord(to);
        Finish(d.Rd, to);
    }

    private void EmitArithmetic(int operation, in DecodedInstruction d, bool wide)
    {
        int a = d.Rs1, b = d.Rs2;
        int to = Destination(d.Rd, Rax);
        if (operation != Sub && b == d.Rd)
            (a, b) = (b, a);
        int right = b == Registers.Zero ? -1 : RegisterMap.HostOf(b);
        if (right == to && a != d.Rd)
        {
            // Only a difference into its right side is left here.
            SourceInto(a, Rax);
            _c.Arithmetic(operation, Rax, right, wide);
            to = Rax;
        }
        else if (operation == Add && right >= 0 && a != d.Rd)
        {
            _c.LeaSum(to, Source(a, to), right, 0, wide);
        }
        else
        {
            SourceInto(a, to);
            if (right >= 0)
                _c.Arithmetic(operation, to, right, wide);
            else
                _c.ArithmeticMemory(operation, to, Rbp, StateLayout.X(b), wide);
        }

        if (wide)
            Finish(d.Rd, to);
        else
            FinishWord(d.Rd, to);
    }
}
