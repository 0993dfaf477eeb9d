using System.Globalization;
using ObjectOS.Machine.Isa.Floats;
using ObjectOS.Tests;

namespace ObjectOS.Machine.Tests.Floats;

public sealed class FloatOracleTests
{
    private const int Seed = 20_240_754;
    private const int RandomCases = 1_200_000;
    private const int ReportedMismatches = 20;

    [NeedsFact("riscv64-linux-gnu-gcc", "qemu-riscv64")]
    public async Task EveryInstruction_SeededOperandsInEveryMode_MatchesQemu()
    {
        List<FloatCase> cases = [.. NotableCases(), .. RandomlyChosenCases()];
        FloatAnswer[] expected = await FloatOracle.AskAsync(cases);

        string[] mismatches = [.. cases.Zip(expected).SelectMany(pair => Mismatches(pair.First, pair.Second)).Take(ReportedMismatches)];

        mismatches.Should().BeEmpty("our arithmetic is qemu's (seed {0}, {1} cases)", Seed, cases.Count);
    }

    /// <summary>Runs a case with no flag raised, and with inexact raised, where the host's arithmetic may answer.</summary>
    private static IEnumerable<string> Mismatches(FloatCase test, FloatAnswer expected)
    {
        FloatInstruction instruction = FloatOperations.All[test.Operation];
        foreach (FloatFlags raised in new[] { FloatFlags.None, FloatFlags.Inexact })
        {
            FloatFlags flags = raised;
            ulong result = instruction.Execute(test.A, test.B, test.C, test.Rounding, ref flags);
            if (result != expected.Result || flags != (expected.Flags | raised))
            {
                yield return $"{instruction.Name} {test.Rounding} {test.A:x16} {test.B:x16} {test.C:x16} with [{raised}]: "
                    + $"{result:x16} [{flags}], expected {expected.Result:x16} [{expected.Flags}]";
            }
        }
    }

    /// <summary>Every combination of notable values through every instruction: in every mode, or with three operands in one each.</summary>
    private static IEnumerable<FloatCase> NotableCases()
    {
        ulong[] singles = [.. FloatOperands.Notable<Binary32>().Select(bits => NanBoxing.Box((uint)bits))];
        ulong[] doubles = FloatOperands.Notable<Binary64>();
        for (int operation = 0; operation < FloatOperations.All.Count; operation++)
        {
            FloatInstruction instruction = FloatOperations.All[operation];
            ulong[] values = instruction.Operands == OperandKind.Single ? singles : doubles;
            int combinations = (int)Math.Pow(values.Length, instruction.OperandCount);
            RoundingMode[] modes = Enum.GetValues<RoundingMode>();
            for (int i = 0; i < combinations; i++)
            {
                ulong a = values[i % values.Length];
                ulong b = values[i / values.Length % values.Length];
                ulong c = values[i / values.Length / values.Length];
                foreach (RoundingMode rm in instruction.OperandCount == 3 ? [modes[i % modes.Length]] : modes)
                {
                    yield return new FloatCase(operation, rm, a, b, c);
                }
            }
        }
    }

    private static IEnumerable<FloatCase> RandomlyChosenCases()
    {
        string? scale = Environment.GetEnvironmentVariable("OBJECTOS_TEST_SCALE");
        int count = (int)(RandomCases * (scale is null ? 1 : double.Parse(scale, CultureInfo.InvariantCulture)));
        var random = new Random(Seed);
        var operands = new FloatOperands(random);
        for (int i = 0; i < count; i++)
        {
            int operation = i % FloatOperations.All.Count;
            var rm = (RoundingMode)(i / FloatOperations.All.Count % 5);
            OperandKind kind = FloatOperations.All[operation].Operands;
            ulong a = operands.Next(kind, NanBoxing.Box(0x3F80_0000));
            ulong b = operands.Next(kind, a);
            ulong c = operands.Next(kind, random.Next(2) == 0 ? a : Product(kind, a, b));
            yield return new FloatCase(operation, rm, a, b, c);
        }
    }

    /// <summary>Roughly a·b, so that an addend can be near the product and cancel it.</summary>
    private static ulong Product(OperandKind kind, ulong a, ulong b) => kind == OperandKind.Double
        ? BitConverter.DoubleToUInt64Bits(BitConverter.UInt64BitsToDouble(a) * BitConverter.UInt64BitsToDouble(b))
        : NanBoxing.Box(BitConverter.SingleToUInt32Bits(
            BitConverter.UInt32BitsToSingle((uint)a) * BitConverter.UInt32BitsToSingle((uint)b)));
}
