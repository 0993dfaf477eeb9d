using ObjectOS.Machine.Isa;
using static ObjectOS.Machine.Engines.Translator.X64Encoder;

namespace ObjectOS.Machine.Engines.Translator;

/// <content>Floating-point arithmetic by AVX and FMA, of scalars.</content>
/// <remarks>
/// Translated code runs with frm = 0 only, and MXCSR is set to round to nearest. Its exception flags are the guest's: both architectures
/// detect tininess
/// after rounding. Other rounding modes, single values that are not NaN-boxed, and results that the host would choose otherwise are the
/// interpreter's.
/// All have VEX prefixes, as the runtime's own code: some hosts take hundreds of cycles to change between those and instructions without.
/// </remarks>
internal sealed unsafe partial class Emitter
{
    // The prefixes as a VEX prefix has them, and opcodes of the map that begins with 0F.
    private const int NoPrefix = 0, PrefixPacked = 1, PrefixSingle = 2, PrefixDouble = 3;
    private const int MoveToXmm = 0x10, MoveFromXmm = 0x11, CompareQuiet = 0x2E, CompareSignalling = 0x2F;
    private const int SquareRoot = 0x51, AndPacked = 0x54, OrPacked = 0x56, XorPacked = 0x57;
    private const int Nearest = 0, TowardsZero = 1, Dynamic = 7;

    // The exit of the instruction at work to the interpreter; −1: it has none yet.
    private int _floatExit;

    private void EmitFloat(in DecodedInstruction d, int offset)
    {
        _floatExit = -1;
        if (!TryEmitFloat(d, offset))
            Interpret(d, offset);
        else if (_floatExit >= 0 && _index >= _groupEnd)
            _store.ExitAt(_floatExit).Resume = Here;
    }

    private bool TryEmitFloat(in DecodedInstruction d, int offset)
    {
        bool isDouble = d.Op >= Op.FmaddD;
        bool isNearest = d.Imm is Nearest or Dynamic;
        switch (d.Op)
        {
            case (>= Op.FaddS and <= Op.FsqrtS) or (>= Op.FaddD and <= Op.FsqrtD) when isNearest:
                EmitFloatArithmetic(d, offset, isDouble);
                return true;
            case (>= Op.FmaddS and <= Op.FnmaddS) or (>= Op.FmaddD and <= Op.FnmaddD) when isNearest:
                EmitFused(d, offset, isDouble);
                return true;
            case (>= Op.FsgnjS and <= Op.FsgnjxS) or (>= Op.FsgnjD and <= Op.FsgnjxD):
                EmitSign(d, offset, isDouble);
                return true;
            case Op.FminS or Op.FmaxS or Op.FminD or Op.FmaxD:
                EmitExtremum(d, offset, isDouble, d.Op is Op.FminS or Op.FminD);
                return true;
            case (>= Op.FeqS and <= Op.FleS) or (>= Op.FeqD and <= Op.FleD):
                EmitFloatComparison(d, offset, isDouble);
                return true;
            default:
                return TryEmitConversion(d, offset, isDouble && d.Op != Op.FcvtDS);
        }
    }

    private static int Prefix(bool isDouble) => isDouble ? PrefixDouble : PrefixSingle;

    // Of a comparison.
    private static int ComparePrefix(bool isDouble) => isDouble ? PrefixPacked : NoPrefix;

    // xmm0 is the first source of those that have two.
    private void FloatOfState(int opcode, int xmm, int displacement, int prefix) =>
        _c.VexState(prefix, 1, opcode, xmm, 0, displacement, wide: false);

    private void FloatOfXmm(int opcode, int second, int prefix) => _c.Vex(prefix, 1, opcode, 0, 0, second, wide: false);

    /// <summary>
    /// Leaves the instruction to the interpreter under a condition. Nothing but flags that it raises itself may have changed.
    /// </summary>
    private void InterpretIf(int condition, in DecodedInstruction d, int offset)
    {
        if (_floatExit < 0)
            _floatExit = AddInterpretExit(d, offset);
        _cold.Add(new Cold { Kind = ColdKind.Exit, From = (nint)_c.JumpIf(condition), Exit = _floatExit });
    }

    // "NaN Boxing of Narrower Values", chapter "D": what is not boxed counts as the canonical NaN.
    private void RequireBoxed(int register, bool isDouble, in DecodedInstruction d, int offset)
    {
        if (isDouble)
            return;
        _c.ArithmeticMemoryImmediate(Cmp, Rbp, StateLayout.F(register) + 4, -1, wide: false);
        InterpretIf(NotEqual, d, offset);
    }

    private void FinishFloat(int register, bool isDouble)
    {
        FloatOfState(MoveFromXmm, 0, StateLayout.F(register), Prefix(isDouble));
        if (!isDouble)
            _c.StoreImmediate(Rbp, StateLayout.F(register) + 4, -1, wide: false);
    }

    // The host's NaN is another one.
    private void FinishFloatOrNan(int register, bool isDouble)
    {
        FloatOfXmm(CompareQuiet, 0, ComparePrefix(isDouble));
        nint isNan = (nint)_c.JumpIf(Parity);
        _cold.Add(new Cold { Kind = isDouble ? ColdKind.Nan : ColdKind.NanSingle, From = isNan, Back = (nint)_c.P });
        FinishFloat(register, isDouble);
    }

    private void EmitColdNan(in Cold cold)
    {
        bool isDouble = cold.Kind == ColdKind.Nan;
        FloatOfState(MoveToXmm, 0, isDouble ? StateLayout.CanonicalNan : StateLayout.CanonicalNanSingle, Prefix(isDouble));
        _c.JumpTo((byte*)cold.Back);
    }

    private void EmitFloatArithmetic(in DecodedInstruction d, int offset, bool isDouble)
    {
        int opcode = d.Op switch
        {
            Op.FaddS or Op.FaddD => 0x58,
            Op.FmulS or Op.FmulD => 0x59,
            Op.FsubS or Op.FsubD => 0x5C,
            Op.FdivS or Op.FdivD => 0x5E,
            _ => SquareRoot,
        };
        bool isRoot = opcode == SquareRoot;
        RequireBoxed(d.Rs1, isDouble, d, offset);
        if (!isRoot)
        {
            RequireBoxed(d.Rs2, isDouble, d, offset);
            FloatOfState(MoveToXmm, 0, StateLayout.F(d.Rs1), Prefix(isDouble));
        }

        FloatOfState(opcode, 0, StateLayout.F(isRoot ? d.Rs1 : d.Rs2), Prefix(isDouble));
        FinishFloatOrNan(d.Rd, isDouble);
    }

    // Infinity times zero plus a quiet NaN is invalid for the guest only.
    private void EmitFused(in DecodedInstruction d, int offset, bool isDouble)
    {
        RequireBoxed(d.Rs1, isDouble, d, offset);
        RequireBoxed(d.Rs2, isDouble, d, offset);
        RequireBoxed(d.Rs3, isDouble, d, offset);
        FloatOfState(MoveToXmm, 0, StateLayout.F(d.Rs1), Prefix(isDouble));
        FloatOfState(MoveToXmm, 1, StateLayout.F(d.Rs2), Prefix(isDouble));
        int opcode = d.Op switch
        {
            Op.FmaddS or Op.FmaddD => 0xA9,
            Op.FmsubS or Op.FmsubD => 0xAB,
            Op.FnmsubS or Op.FnmsubD => 0xAD,    // the guest negates the product, the host says "negative multiply add"
            _ => 0xAF,
        };
        _c.VexState(PrefixPacked, 2, opcode, 0, 1, StateLayout.F(d.Rs3), wide: isDouble);
        FloatOfXmm(CompareQuiet, 0, ComparePrefix(isDouble));
        InterpretIf(Parity, d, offset);
        FinishFloat(d.Rd, isDouble);
    }

    private void EmitSign(in DecodedInstruction d, int offset, bool isDouble)
    {
        int which = isDouble ? d.Op - Op.FsgnjD : d.Op - Op.FsgnjS;
        int sign = isDouble ? 63 : 31;
        RequireBoxed(d.Rs1, isDouble, d, offset);
        if (d.Rs1 != d.Rs2)
            RequireBoxed(d.Rs2, isDouble, d, offset);
        _c.Memory(0x8B, Rax, Rbp, StateLayout.F(d.Rs1), isDouble);
        if (d.Rs1 == d.Rs2)
        {
            // fmv, fneg, fabs.
            if (which != 0)
            {
                _c.Registers(0x1BA, which == 1 ? BitComplement : BitReset, Rax, isDouble);
                _c.Byte(sign);
            }
        }
        else
        {
            _c.Memory(0x8B, Rcx, Rbp, StateLayout.F(d.Rs2), isDouble);
            if (which == 1)
                _c.Registers(0xF7, 2, Rcx, isDouble);    // not
            _c.ShiftImmediate(Shr, Rcx, sign, isDouble);
            _c.ShiftImmediate(Shl, Rcx, sign, isDouble);
            if (which != 2)
            {
                _c.Registers(0x1BA, BitReset, Rax, isDouble);
                _c.Byte(sign);
            }

            _c.Arithmetic(which == 2 ? Xor : Or, Rax, Rcx, isDouble);
        }

        _c.Memory(0x89, Rax, Rbp, StateLayout.F(d.Rd), isDouble);
        if (!isDouble)
            _c.StoreImmediate(Rbp, StateLayout.F(d.Rd) + 4, -1, wide: false);
    }

    // Of two zeros the minimum is the negative one, the maximum the positive; other equal values have equal bits.
    private void EmitExtremum(in DecodedInstruction d, int offset, bool isDouble, bool isMinimum)
    {
        RequireBoxed(d.Rs1, isDouble, d, offset);
        RequireBoxed(d.Rs2, isDouble, d, offset);
        FloatOfState(MoveToXmm, 0, StateLayout.F(d.Rs1), Prefix(isDouble));
        FloatOfState(MoveToXmm, 1, StateLayout.F(d.Rs2), Prefix(isDouble));
        FloatOfXmm(CompareQuiet, 1, ComparePrefix(isDouble));
        InterpretIf(Parity, d, offset);
        byte* differ = _c.JumpIf(NotEqual);
        FloatOfXmm(isMinimum ? OrPacked : AndPacked, 1, NoPrefix);
        byte* done = _c.Jump();
        Patch(differ, _c.P);
        FloatOfXmm(isMinimum ? 0x5D : 0x5F, 1, Prefix(isDouble));
        Patch(done, _c.P);
        FinishFloat(d.Rd, isDouble);
    }

    // feq is quiet, flt and fle signal for every NaN; those compare the other way round, for which the host's flags are right.
    private void EmitFloatComparison(in DecodedInstruction d, int offset, bool isDouble)
    {
        RequireBoxed(d.Rs1, isDouble, d, offset);
        RequireBoxed(d.Rs2, isDouble, d, offset);
        int prefix = ComparePrefix(isDouble);
        if (d.Op is Op.FeqS or Op.FeqD)
        {
            FloatOfState(MoveToXmm, 0, StateLayout.F(d.Rs1), Prefix(isDouble));
            FloatOfState(CompareQuiet, 0, StateLayout.F(d.Rs2), prefix);
            _c.SetCondition(NoParity, Rax);
            _c.SetCondition(Equal, Rcx);
            _c.Registers(0x22, Rax, Rcx, wide: false);    // and al, cl
            _c.Registers(0x1B6, Rax, Rax, wide: false);
            Finish(d.Rd, Rax);
            return;
        }

        FloatOfState(MoveToXmm, 0, StateLayout.F(d.Rs2), Prefix(isDouble));
        FloatOfState(CompareSignalling, 0, StateLayout.F(d.Rs1), prefix);
        SetFloatFlag(d.Op is Op.FltS or Op.FltD ? Above : AboveOrEqual, d.Rd);
    }

    private void SetFloatFlag(int condition, int register)
    {
        if (register < Registers.Sink)
            SetFlag(condition, register);
    }
}
