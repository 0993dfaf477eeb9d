using System.Runtime.CompilerServices;
using ObjectOS.Cpu;
using ObjectOS.Machine.Isa;
using ObjectOS.Machine.Isa.Floats;
using static ObjectOS.Machine.Isa.Floats.NanBoxing;

namespace ObjectOS.Machine.Interpreter;

/// <summary>Executes what F and D compute, and passes on what Zfh does; loads and stores are the dispatch loop's.</summary>
internal static class FloatUnit
{
    private const uint FlagsMask = 0x1F;
    private const int Dynamic = 7;

    /// <summary>Executes one operation of F, D or Zfh. False: its dynamic rounding mode is reserved, nothing was done.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool TryExecute(in DecodedInstruction d, HartContext c, ref RegisterFile x)
    {
        FloatFlags flags = (FloatFlags)(c.Fcsr & FlagsMask);
        int mode = d.Imm == Dynamic ? (int)(c.Fcsr >> 5 & 7) : d.Imm;
        if (mode > (int)RoundingMode.NearestMaxMagnitude)
            return false;
        if (d.Op > Op.FcvtDS)
            HalfUnit.Execute(d, c, ref x, (RoundingMode)mode, ref flags);
        else if (d.Op < Op.Fld)
            Single(d, c, ref x, (RoundingMode)mode, ref flags);
        else
            Double(d, c, ref x, (RoundingMode)mode, ref flags);
        c.Fcsr |= (uint)flags;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Single(in DecodedInstruction d, HartContext c, ref RegisterFile x, RoundingMode rm, ref FloatFlags flags)
    {
        uint a = Unbox(c.F[d.Rs1 & 31]), b = Unbox(c.F[d.Rs2 & 31]);
        switch (d.Op)
        {
            case Op.FmaddS: Set(SingleArithmetic.FusedMultiplyAdd32(a, b, Third(d, c), FusedVariant.MultiplyAdd, rm, ref flags), d, c); break;
            case Op.FmsubS: Set(SingleArithmetic.FusedMultiplyAdd32(a, b, Third(d, c), FusedVariant.MultiplySubtract, rm, ref flags), d, c); break;
            case Op.FnmsubS:
                Set(SingleArithmetic.FusedMultiplyAdd32(a, b, Third(d, c), FusedVariant.NegatedMultiplySubtract, rm, ref flags), d, c);
                break;
            case Op.FnmaddS:
                Set(SingleArithmetic.FusedMultiplyAdd32(a, b, Third(d, c), FusedVariant.NegatedMultiplyAdd, rm, ref flags), d, c);
                break;
            case Op.FaddS: Set(SingleArithmetic.Add32(a, b, rm, ref flags), d, c); break;
            case Op.FsubS: Set(SingleArithmetic.Subtract32(a, b, rm, ref flags), d, c); break;
            case Op.FmulS: Set(SingleArithmetic.Multiply32(a, b, rm, ref flags), d, c); break;
            case Op.FdivS: Set(SingleArithmetic.Divide32(a, b, rm, ref flags), d, c); break;
            case Op.FsqrtS: Set(SingleArithmetic.SquareRoot32(a, rm, ref flags), d, c); break;
            case Op.FsgnjS: Set(FloatSigns.Inject32(a, b), d, c); break;
            case Op.FsgnjnS: Set(FloatSigns.InjectNegated32(a, b), d, c); break;
            case Op.FsgnjxS: Set(FloatSigns.InjectXor32(a, b), d, c); break;
            case Op.FminS: Set(FloatComparisons.Minimum32(a, b, ref flags), d, c); break;
            case Op.FmaxS: Set(FloatComparisons.Maximum32(a, b, ref flags), d, c); break;
            case Op.FeqS: x[d.Rd] = FloatComparisons.Equal32(a, b, ref flags) ? 1UL : 0; break;
            case Op.FltS: x[d.Rd] = FloatComparisons.Less32(a, b, ref flags) ? 1UL : 0; break;
            case Op.FleS: x[d.Rd] = FloatComparisons.LessOrEqual32(a, b, ref flags) ? 1UL : 0; break;
            case Op.FclassS: x[d.Rd] = (ulong)FloatClassification.Classify32(a); break;
            case Op.FmvXW: x[d.Rd] = (ulong)(int)c.F[d.Rs1 & 31]; break;
            case Op.FmvWX: Set((uint)x[d.Rs1], d, c); break;
            case Op.FcvtWS: x[d.Rd] = FloatConversions.ToInteger32(a, IntegerKind.Word, rm, ref flags); break;
            case Op.FcvtWuS: x[d.Rd] = FloatConversions.ToInteger32(a, IntegerKind.UnsignedWord, rm, ref flags); break;
            case Op.FcvtLS: x[d.Rd] = FloatConversions.ToInteger32(a, IntegerKind.Long, rm, ref flags); break;
            case Op.FcvtLuS: x[d.Rd] = FloatConversions.ToInteger32(a, IntegerKind.UnsignedLong, rm, ref flags); break;
            case Op.FcvtSW: Set(FloatConversions.FromInteger32(x[d.Rs1], IntegerKind.Word, rm, ref flags), d, c); break;
            case Op.FcvtSWu: Set(FloatConversions.FromInteger32(x[d.Rs1], IntegerKind.UnsignedWord, rm, ref flags), d, c); break;
            case Op.FcvtSL: Set(FloatConversions.FromInteger32(x[d.Rs1], IntegerKind.Long, rm, ref flags), d, c); break;
            default: Set(FloatConversions.FromInteger32(x[d.Rs1], IntegerKind.UnsignedLong, rm, ref flags), d, c); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Double(in DecodedInstruction d, HartContext c, ref RegisterFile x, RoundingMode rm, ref FloatFlags flags)
    {
        ulong a = c.F[d.Rs1 & 31], b = c.F[d.Rs2 & 31], third = c.F[d.Rs3 & 31];
        ref ulong f = ref c.F[d.Rd & 31];
        switch (d.Op)
        {
            case Op.FmaddD: f = DoubleArithmetic.FusedMultiplyAdd64(a, b, third, FusedVariant.MultiplyAdd, rm, ref flags); break;
            case Op.FmsubD: f = DoubleArithmetic.FusedMultiplyAdd64(a, b, third, FusedVariant.MultiplySubtract, rm, ref flags); break;
            case Op.FnmsubD: f = DoubleArithmetic.FusedMultiplyAdd64(a, b, third, FusedVariant.NegatedMultiplySubtract, rm, ref flags); break;
            case Op.FnmaddD: f = DoubleArithmetic.FusedMultiplyAdd64(a, b, third, FusedVariant.NegatedMultiplyAdd, rm, ref flags); break;
            case Op.FaddD: f = DoubleArithmetic.Add64(a, b, rm, ref flags); break;
            case Op.FsubD: f = DoubleArithmetic.Subtract64(a, b, rm, ref flags); break;
            case Op.FmulD: f = DoubleArithmetic.Multiply64(a, b, rm, ref flags); break;
            case Op.FdivD: f = DoubleArithmetic.Divide64(a, b, rm, ref flags); break;
            case Op.FsqrtD: f = DoubleArithmetic.SquareRoot64(a, rm, ref flags); break;
            case Op.FsgnjD: f = FloatSigns.Inject64(a, b); break;
            case Op.FsgnjnD: f = FloatSigns.InjectNegated64(a, b); break;
            case Op.FsgnjxD: f = FloatSigns.InjectXor64(a, b); break;
            case Op.FminD: f = FloatComparisons.Minimum64(a, b, ref flags); break;
            case Op.FmaxD: f = FloatComparisons.Maximum64(a, b, ref flags); break;
            case Op.FeqD: x[d.Rd] = FloatComparisons.Equal64(a, b, ref flags) ? 1UL : 0; break;
            case Op.FltD: x[d.Rd] = FloatComparisons.Less64(a, b, ref flags) ? 1UL : 0; break;
            case Op.FleD: x[d.Rd] = FloatComparisons.LessOrEqual64(a, b, ref flags) ? 1UL : 0; break;
            case Op.FclassD: x[d.Rd] = (ulong)FloatClassification.Classify64(a); break;
            case Op.FmvXD: x[d.Rd] = a; break;
            case Op.FmvDX: f = x[d.Rs1]; break;
            case Op.FcvtWD: x[d.Rd] = FloatConversions.ToInteger64(a, IntegerKind.Word, rm, ref flags); break;
            case Op.FcvtWuD: x[d.Rd] = FloatConversions.ToInteger64(a, IntegerKind.UnsignedWord, rm, ref flags); break;
            case Op.FcvtLD: x[d.Rd] = FloatConversions.ToInteger64(a, IntegerKind.Long, rm, ref flags); break;
            case Op.FcvtLuD: x[d.Rd] = FloatConversions.ToInteger64(a, IntegerKind.UnsignedLong, rm, ref flags); break;
            case Op.FcvtDW: f = FloatConversions.FromInteger64(x[d.Rs1], IntegerKind.Word, rm, ref flags); break;
            case Op.FcvtDWu: f = FloatConversions.FromInteger64(x[d.Rs1], IntegerKind.UnsignedWord, rm, ref flags); break;
            case Op.FcvtDL: f = FloatConversions.FromInteger64(x[d.Rs1], IntegerKind.Long, rm, ref flags); break;
            case Op.FcvtDLu: f = FloatConversions.FromInteger64(x[d.Rs1], IntegerKind.UnsignedLong, rm, ref flags); break;
            case Op.FcvtSD: Set(FloatConversions.Narrow(a, rm, ref flags), d, c); break;
            default: f = FloatConversions.Widen(Unbox(a), ref flags); break;
        }
    }

    private static uint Third(in DecodedInstruction d, HartContext c) => Unbox(c.F[d.Rs3 & 31]);

    private static void Set(uint value, in DecodedInstruction d, HartContext c) => c.F[d.Rd & 31] = Box(value);
}
