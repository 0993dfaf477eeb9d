using System.Runtime.CompilerServices;
using ObjectOS.Cpu;
using ObjectOS.Machine.Isa;
using ObjectOS.Machine.Isa.Floats;
using static ObjectOS.Machine.Isa.Floats.NanBoxing;

namespace ObjectOS.Machine.Interpreter;

/// <summary>Executes what Zfh computes, all of it in software; loads and stores are the interpreter's.</summary>
internal static class HalfUnit
{
    private const ulong Sign = 1UL << 15;

    /// <summary>Executes one operation from fmadd.h to fcvt.h.d in a rounding mode that is not reserved.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Execute(in DecodedInstruction d, HartContext c, ref RegisterFile x, RoundingMode rm, ref FloatFlags flags)
    {
        ulong a = UnboxHalf(c.F[d.Rs1 & 31]), b = UnboxHalf(c.F[d.Rs2 & 31]);
        switch (d.Op)
        {
            case Op.FeqH: x[d.Rd] = FloatComparisons.Equal32(Widen(a, ref flags), Widen(b, ref flags), ref flags) ? 1UL : 0; break;
            case Op.FltH: x[d.Rd] = FloatComparisons.Less32(Widen(a, ref flags), Widen(b, ref flags), ref flags) ? 1UL : 0; break;
            case Op.FleH: x[d.Rd] = FloatComparisons.LessOrEqual32(Widen(a, ref flags), Widen(b, ref flags), ref flags) ? 1UL : 0; break;
            case Op.FclassH: x[d.Rd] = (ulong)FloatClassification.Classify<Binary16>(a); break;
            case Op.FmvXH: x[d.Rd] = (ulong)(short)c.F[d.Rs1 & 31]; break;
            case Op.FcvtWH: x[d.Rd] = FloatConversions.ToInteger<Binary16>(a, IntegerKind.Word, rm, ref flags); break;
            case Op.FcvtWuH: x[d.Rd] = FloatConversions.ToInteger<Binary16>(a, IntegerKind.UnsignedWord, rm, ref flags); break;
            case Op.FcvtLH: x[d.Rd] = FloatConversions.ToInteger<Binary16>(a, IntegerKind.Long, rm, ref flags); break;
            case Op.FcvtLuH: x[d.Rd] = FloatConversions.ToInteger<Binary16>(a, IntegerKind.UnsignedLong, rm, ref flags); break;
            case Op.FcvtSH: c.F[d.Rd & 31] = Box(Widen(a, ref flags)); break;
            case Op.FcvtDH: c.F[d.Rd & 31] = FloatConversions.Reformat<Binary16, Binary64>(a, rm, ref flags); break;
            default: c.F[d.Rd & 31] = BoxHalf(Compute(d, c, x[d.Rs1], a, b, rm, ref flags)); break;
        }
    }

    private static ulong Compute(in DecodedInstruction d, HartContext c, ulong integer, ulong a, ulong b, RoundingMode rm, ref FloatFlags flags)
    {
        ulong third = UnboxHalf(c.F[d.Rs3 & 31]);
        return d.Op switch
        {
            Op.FmaddH => SoftFloat<Binary16>.FusedMultiplyAdd(a, b, third, rm, ref flags),
            Op.FmsubH => SoftFloat<Binary16>.FusedMultiplyAdd(a, b, third ^ Sign, rm, ref flags),
            Op.FnmsubH => SoftFloat<Binary16>.FusedMultiplyAdd(a ^ Sign, b, third, rm, ref flags),
            Op.FnmaddH => SoftFloat<Binary16>.FusedMultiplyAdd(a ^ Sign, b, third ^ Sign, rm, ref flags),
            Op.FaddH => SoftFloat<Binary16>.Add(a, b, rm, ref flags),
            Op.FsubH => SoftFloat<Binary16>.Add(a, b ^ Sign, rm, ref flags),
            Op.FmulH => SoftFloat<Binary16>.Multiply(a, b, rm, ref flags),
            Op.FdivH => SoftFloat<Binary16>.Divide(a, b, rm, ref flags),
            Op.FsqrtH => SoftFloat<Binary16>.SquareRoot(a, rm, ref flags),
            Op.FsgnjH => (a & ~Sign) | (b & Sign),
            Op.FsgnjnH => (a & ~Sign) | (~b & Sign),
            Op.FsgnjxH => a ^ (b & Sign),
            Op.FminH => FloatComparisons.Select<Binary16>(a, b, maximum: false, ref flags),
            Op.FmaxH => FloatComparisons.Select<Binary16>(a, b, maximum: true, ref flags),
            Op.FmvHX => integer,
            Op.FcvtHW => FromInteger(integer, IntegerKind.Word, rm, ref flags),
            Op.FcvtHWu => FromInteger(integer, IntegerKind.UnsignedWord, rm, ref flags),
            Op.FcvtHL => FromInteger(integer, IntegerKind.Long, rm, ref flags),
            Op.FcvtHLu => FromInteger(integer, IntegerKind.UnsignedLong, rm, ref flags),
            Op.FcvtHS => FloatConversions.Reformat<Binary32, Binary16>(Unbox(c.F[d.Rs1 & 31]), rm, ref flags),
            Op.FcvtHD => FloatConversions.Reformat<Binary64, Binary16>(c.F[d.Rs1 & 31], rm, ref flags),
            _ => throw new System.Diagnostics.UnreachableException($"operation {d.Op}"),
        };
    }

    private static ulong FromInteger(ulong integer, IntegerKind kind, RoundingMode rm, ref FloatFlags flags) =>
        FloatConversions.FromInteger<Binary16>(FloatConversions.Operand(integer, kind), kind, rm, ref flags);

    // Exact; a signaling NaN is invalid in every comparison, and becomes a quiet one.
    private static uint Widen(ulong a, ref FloatFlags flags) => (uint)FloatConversions.Reformat<Binary16, Binary32>(a, RoundingMode.NearestEven, ref flags);
}
