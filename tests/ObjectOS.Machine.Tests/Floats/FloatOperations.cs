using ObjectOS.Machine.Isa.Floats;

namespace ObjectOS.Machine.Tests.Floats;

internal delegate ulong FloatOperation(ulong a, ulong b, ulong c, RoundingMode rm, ref FloatFlags flags);

internal enum OperandKind
{
    Single,
    Double,
    Integer,
}

/// <summary>An instruction as the tests see it: 64-bit registers in, 64-bit register out.</summary>
internal sealed record FloatInstruction(string Name, OperandKind Operands, int OperandCount, FloatOperation Execute);

/// <summary>Every instruction under test, numbered as in oracle.c.</summary>
internal static class FloatOperations
{
    public static IReadOnlyList<FloatInstruction> All { get; } = [.. Singles(), .. Doubles(), .. Formats()];

    private delegate uint Single2(uint a, uint b, RoundingMode rm, ref FloatFlags flags);

    private delegate ulong Double2(ulong a, ulong b, RoundingMode rm, ref FloatFlags flags);

    private static IEnumerable<FloatInstruction> Singles()
    {
        yield return Single("fadd.s", 2, SingleArithmetic.Add32);
        yield return Single("fsub.s", 2, SingleArithmetic.Subtract32);
        yield return Single("fmul.s", 2, SingleArithmetic.Multiply32);
        yield return Single("fdiv.s", 2, SingleArithmetic.Divide32);
        yield return Single("fsqrt.s", 1, (uint a, uint _, RoundingMode rm, ref FloatFlags flags) => SingleArithmetic.SquareRoot32(a, rm, ref flags));
        foreach (FusedVariant variant in Enum.GetValues<FusedVariant>())
        {
            yield return new FloatInstruction($"fmadd.s {variant}", OperandKind.Single, 3,
                (ulong a, ulong b, ulong c, RoundingMode rm, ref FloatFlags flags) => NanBoxing.Box(SingleArithmetic.FusedMultiplyAdd32(
                    NanBoxing.Unbox(a), NanBoxing.Unbox(b), NanBoxing.Unbox(c), variant, rm, ref flags)));
        }

        yield return Single("fmin.s", 2, (uint a, uint b, RoundingMode _, ref FloatFlags flags) => FloatComparisons.Minimum32(a, b, ref flags));
        yield return Single("fmax.s", 2, (uint a, uint b, RoundingMode _, ref FloatFlags flags) => FloatComparisons.Maximum32(a, b, ref flags));
        yield return Single("fsgnj.s", 2, (uint a, uint b, RoundingMode _, ref FloatFlags _) => FloatSigns.Inject32(a, b));
        yield return Single("fsgnjn.s", 2, (uint a, uint b, RoundingMode _, ref FloatFlags _) => FloatSigns.InjectNegated32(a, b));
        yield return Single("fsgnjx.s", 2, (uint a, uint b, RoundingMode _, ref FloatFlags _) => FloatSigns.InjectXor32(a, b));
        yield return FromSingle("feq.s", 2, (uint a, uint b, ref FloatFlags flags) => FloatComparisons.Equal32(a, b, ref flags) ? 1u : 0);
        yield return FromSingle("flt.s", 2, (uint a, uint b, ref FloatFlags flags) => FloatComparisons.Less32(a, b, ref flags) ? 1u : 0);
        yield return FromSingle("fle.s", 2, (uint a, uint b, ref FloatFlags flags) => FloatComparisons.LessOrEqual32(a, b, ref flags) ? 1u : 0);
        yield return FromSingle("fclass.s", 1, (uint a, uint _, ref FloatFlags _) => (uint)FloatClassification.Classify32(a));
        foreach (IntegerKind kind in Enum.GetValues<IntegerKind>())
        {
            yield return new FloatInstruction($"fcvt.{kind}.s", OperandKind.Single, 1,
                (ulong a, ulong _, ulong _, RoundingMode rm, ref FloatFlags flags) =>
                    FloatConversions.ToInteger32(NanBoxing.Unbox(a), kind, rm, ref flags));
        }

        foreach (IntegerKind kind in Enum.GetValues<IntegerKind>())
        {
            yield return new FloatInstruction($"fcvt.s.{kind}", OperandKind.Integer, 1,
                (ulong a, ulong _, ulong _, RoundingMode rm, ref FloatFlags flags) =>
                    NanBoxing.Box(FloatConversions.FromInteger32(a, kind, rm, ref flags)));
        }
    }

    private static IEnumerable<FloatInstruction> Doubles()
    {
        yield return Double("fadd.d", 2, DoubleArithmetic.Add64);
        yield return Double("fsub.d", 2, DoubleArithmetic.Subtract64);
        yield return Double("fmul.d", 2, DoubleArithmetic.Multiply64);
        yield return Double("fdiv.d", 2, DoubleArithmetic.Divide64);
        yield return Double("fsqrt.d", 1, (ulong a, ulong _, RoundingMode rm, ref FloatFlags flags) => DoubleArithmetic.SquareRoot64(a, rm, ref flags));
        foreach (FusedVariant variant in Enum.GetValues<FusedVariant>())
        {
            yield return new FloatInstruction($"fmadd.d {variant}", OperandKind.Double, 3,
                (ulong a, ulong b, ulong c, RoundingMode rm, ref FloatFlags flags) =>
                    DoubleArithmetic.FusedMultiplyAdd64(a, b, c, variant, rm, ref flags));
        }

        yield return Double("fmin.d", 2, (ulong a, ulong b, RoundingMode _, ref FloatFlags flags) => FloatComparisons.Minimum64(a, b, ref flags));
        yield return Double("fmax.d", 2, (ulong a, ulong b, RoundingMode _, ref FloatFlags flags) => FloatComparisons.Maximum64(a, b, ref flags));
        yield return Double("fsgnj.d", 2, (ulong a, ulong b, RoundingMode _, ref FloatFlags _) => FloatSigns.Inject64(a, b));
        yield return Double("fsgnjn.d", 2, (ulong a, ulong b, RoundingMode _, ref FloatFlags _) => FloatSigns.InjectNegated64(a, b));
        yield return Double("fsgnjx.d", 2, (ulong a, ulong b, RoundingMode _, ref FloatFlags _) => FloatSigns.InjectXor64(a, b));
        yield return Double("feq.d", 2, (ulong a, ulong b, RoundingMode _, ref FloatFlags flags) => FloatComparisons.Equal64(a, b, ref flags) ? 1u : 0);
        yield return Double("flt.d", 2, (ulong a, ulong b, RoundingMode _, ref FloatFlags flags) => FloatComparisons.Less64(a, b, ref flags) ? 1u : 0);
        yield return Double("fle.d", 2, (ulong a, ulong b, RoundingMode _, ref FloatFlags flags) => FloatComparisons.LessOrEqual64(a, b, ref flags) ? 1u : 0);
        yield return Double("fclass.d", 1, (ulong a, ulong _, RoundingMode _, ref FloatFlags _) => (ulong)FloatClassification.Classify64(a));
        foreach (IntegerKind kind in Enum.GetValues<IntegerKind>())
        {
            yield return Double($"fcvt.{kind}.d", 1,
                (ulong a, ulong _, RoundingMode rm, ref FloatFlags flags) => FloatConversions.ToInteger64(a, kind, rm, ref flags));
        }

        foreach (IntegerKind kind in Enum.GetValues<IntegerKind>())
        {
            yield return new FloatInstruction($"fcvt.d.{kind}", OperandKind.Integer, 1,
                (ulong a, ulong _, ulong _, RoundingMode rm, ref FloatFlags flags) => FloatConversions.FromInteger64(a, kind, rm, ref flags));
        }
    }

    private static IEnumerable<FloatInstruction> Formats()
    {
        yield return new FloatInstruction("fcvt.s.d", OperandKind.Double, 1,
            (ulong a, ulong _, ulong _, RoundingMode rm, ref FloatFlags flags) => NanBoxing.Box(FloatConversions.Narrow(a, rm, ref flags)));
        yield return new FloatInstruction("fcvt.d.s", OperandKind.Single, 1,
            (ulong a, ulong _, ulong _, RoundingMode _, ref FloatFlags flags) => FloatConversions.Widen(NanBoxing.Unbox(a), ref flags));
    }

    private delegate uint SingleTest(uint a, uint b, ref FloatFlags flags);

    private static FloatInstruction Single(string name, int count, Single2 execute) =>
        new(name, OperandKind.Single, count, (ulong a, ulong b, ulong _, RoundingMode rm, ref FloatFlags flags) =>
            NanBoxing.Box(execute(NanBoxing.Unbox(a), NanBoxing.Unbox(b), rm, ref flags)));

    private static FloatInstruction FromSingle(string name, int count, SingleTest execute) =>
        new(name, OperandKind.Single, count, (ulong a, ulong b, ulong _, RoundingMode _, ref FloatFlags flags) =>
            execute(NanBoxing.Unbox(a), NanBoxing.Unbox(b), ref flags));

    private static FloatInstruction Double(string name, int count, Double2 execute) =>
        new(name, OperandKind.Double, count, (ulong a, ulong b, ulong _, RoundingMode rm, ref FloatFlags flags) =>
            execute(a, b, rm, ref flags));
}
