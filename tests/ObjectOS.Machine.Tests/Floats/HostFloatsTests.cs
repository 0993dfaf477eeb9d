using System.Globalization;
using ObjectOS.Machine.Isa.Floats;

namespace ObjectOS.Machine.Tests.Floats;

/// <summary>The host's arithmetic and the soft one are two engines: whichever answers, the bits and the flags are the same.</summary>
public sealed class HostFloatsTests
{
    private const int Seed = 754;
    private const int Cases = 200_000;

    [Fact]
    public void Double_SeededOperandsInEveryMode_AgreesWithSoft() => Compare(OperandKind.Double, AnswersDouble);

    [Fact]
    public void Single_SeededOperandsInEveryMode_AgreesWithSoft() => Compare(OperandKind.Single, AnswersSingle);

    private delegate (string Name, FloatOperation Routed, FloatOperation Soft)[] Pairs();

    private static void Compare(OperandKind kind, Pairs pairs)
    {
        string? scale = Environment.GetEnvironmentVariable("OBJECTOS_TEST_SCALE");
        int count = (int)(Cases * (scale is null ? 1 : double.Parse(scale, CultureInfo.InvariantCulture)));
        var operands = new FloatOperands(new Random(Seed));
        (string Name, FloatOperation Routed, FloatOperation Soft)[] operations = pairs();
        for (int i = 0; i < count; i++)
        {
            var (name, routed, soft) = operations[i % operations.Length];
            var rm = (RoundingMode)(i / operations.Length % 5);
            ulong a = operands.Next(kind, 0);
            ulong b = operands.Next(kind, a);
            ulong c = operands.Next(kind, a);
            foreach (FloatFlags raised in new[] { FloatFlags.None, FloatFlags.Inexact })
            {
                FloatFlags flags = raised, softFlags = raised;
                ulong result = routed(a, b, c, rm, ref flags);
                ulong softResult = soft(a, b, c, rm, ref softFlags);
                if (result != softResult || flags != softFlags)
                {
                    Assert.Fail($"{name} {rm} {a:x} {b:x} {c:x} with [{raised}], seed {Seed}: "
                        + $"{result:x} [{flags}], soft {softResult:x} [{softFlags}]");
                }
            }
        }
    }

    private static (string Name, FloatOperation Routed, FloatOperation Soft)[] AnswersDouble() =>
    [
        ("add", (ulong a, ulong b, ulong _, RoundingMode rm, ref FloatFlags flags) => DoubleArithmetic.Add64(a, b, rm, ref flags),
            (ulong a, ulong b, ulong _, RoundingMode rm, ref FloatFlags flags) => SoftFloat<Binary64>.Add(a, b, rm, ref flags)),
        ("multiply", (ulong a, ulong b, ulong _, RoundingMode rm, ref FloatFlags flags) => DoubleArithmetic.Multiply64(a, b, rm, ref flags),
            (ulong a, ulong b, ulong _, RoundingMode rm, ref FloatFlags flags) => SoftFloat<Binary64>.Multiply(a, b, rm, ref flags)),
        ("divide", (ulong a, ulong b, ulong _, RoundingMode rm, ref FloatFlags flags) => DoubleArithmetic.Divide64(a, b, rm, ref flags),
            (ulong a, ulong b, ulong _, RoundingMode rm, ref FloatFlags flags) => SoftFloat<Binary64>.Divide(a, b, rm, ref flags)),
        ("root", (ulong a, ulong _, ulong _, RoundingMode rm, ref FloatFlags flags) => DoubleArithmetic.SquareRoot64(a, rm, ref flags),
            (ulong a, ulong _, ulong _, RoundingMode rm, ref FloatFlags flags) => SoftFloat<Binary64>.SquareRoot(a, rm, ref flags)),
        ("fused",
            (ulong a, ulong b, ulong c, RoundingMode rm, ref FloatFlags flags) =>
                DoubleArithmetic.FusedMultiplyAdd64(a, b, c, FusedVariant.MultiplyAdd, rm, ref flags),
            (ulong a, ulong b, ulong c, RoundingMode rm, ref FloatFlags flags) =>
                SoftFloat<Binary64>.FusedMultiplyAdd(a, b, c, rm, ref flags)),
    ];

    private static (string Name, FloatOperation Routed, FloatOperation Soft)[] AnswersSingle() =>
    [
        ("add", (ulong a, ulong b, ulong _, RoundingMode rm, ref FloatFlags flags) => SingleArithmetic.Add32((uint)a, (uint)b, rm, ref flags),
            (ulong a, ulong b, ulong _, RoundingMode rm, ref FloatFlags flags) => SoftFloat<Binary32>.Add((uint)a, (uint)b, rm, ref flags)),
        ("multiply", (ulong a, ulong b, ulong _, RoundingMode rm, ref FloatFlags flags) => SingleArithmetic.Multiply32((uint)a, (uint)b, rm, ref flags),
            (ulong a, ulong b, ulong _, RoundingMode rm, ref FloatFlags flags) => SoftFloat<Binary32>.Multiply((uint)a, (uint)b, rm, ref flags)),
        ("divide", (ulong a, ulong b, ulong _, RoundingMode rm, ref FloatFlags flags) => SingleArithmetic.Divide32((uint)a, (uint)b, rm, ref flags),
            (ulong a, ulong b, ulong _, RoundingMode rm, ref FloatFlags flags) => SoftFloat<Binary32>.Divide((uint)a, (uint)b, rm, ref flags)),
        ("root", (ulong a, ulong _, ulong _, RoundingMode rm, ref FloatFlags flags) => SingleArithmetic.SquareRoot32((uint)a, rm, ref flags),
            (ulong a, ulong _, ulong _, RoundingMode rm, ref FloatFlags flags) => SoftFloat<Binary32>.SquareRoot((uint)a, rm, ref flags)),
        ("fused",
            (ulong a, ulong b, ulong c, RoundingMode rm, ref FloatFlags flags) =>
                SingleArithmetic.FusedMultiplyAdd32((uint)a, (uint)b, (uint)c, FusedVariant.MultiplyAdd, rm, ref flags),
            (ulong a, ulong b, ulong c, RoundingMode rm, ref FloatFlags flags) =>
                SoftFloat<Binary32>.FusedMultiplyAdd((uint)a, (uint)b, (uint)c, rm, ref flags)),
    ];
}
