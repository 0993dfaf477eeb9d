using ObjectOS.Abi;
using static ObjectOS.Tests.Asm;

namespace ObjectOS.Tests.Kernels;

/// <summary>Programs that are run at several depths, and what is compared.</summary>
internal static class Programs
{
    private const ulong Code = KernelFixture.Code;

    public static Asm Ecall(Asm code, Call call) => code.Addi(A7, Zero, (int)call).Ecall();

    public static Asm Exit(Asm code, int value) => Ecall(code.Addi(A1, Zero, value), Call.ThreadExit);

    public static Asm Loop() => new Asm(Code).Jal(Zero, Code);

    /// <summary>Counts, stores on two pages as it goes, then stores time and cycles, and exits.</summary>
    public static Asm CountAndTime(int count = 20000) => Exit(
        new Asm(Code).Addi(S0, A0, 0).Li(T0, count).Addi(T0, T0, -1).Store("sd", T0, 16, S0).Store("sd", T0, -8, Sp).Branch("bne", T0, Zero, Code + 12)
            .Csr("csrrs", T1, 0xC00, Zero).Csr("csrrs", T2, 0xC01, Zero).R("add", T1, T1, T2).Store("sd", T1, 0, S0),
        7);

    /// <summary>Instructions that <see cref="CountAndTime"/> retires: its ecall is not one of them.</summary>
    public static int LengthOfCountAndTime(int count) => 3 + (4 * count) + 6;

    public static Asm WildStore() => new Asm(Code).Addi(A1, Zero, 7).Store("sd", A1, 16, Zero);

    /// <summary>Writes page after page from its argument on, for ever.</summary>
    public static Asm Hog() => new Asm(Code).Addi(T0, A0, 0).Li(T1, 4096).Store("sd", T0, 0, T0).R("add", T0, T0, T1).Jal(Zero, Code + 12);

    /// <summary>A storm of null invocations, then exit.</summary>
    public static Asm Invocations(int count)
    {
        var code = new Asm(Code).Li(S1, count);
        ulong loop = code.Here;
        return Exit(Ecall(code, Call.ClockNow).Addi(S1, S1, -1).Branch("bne", S1, Zero, loop).Store("sd", A1, -16, Sp), 3);
    }

    /// <summary>Everything that a guest, and whoever holds its kernel, can see of a run.</summary>
    public static string Describe(Kernel kernel, params TestCell[] cells)
    {
        var s = kernel.Statistics;
        var text = new System.Text.StringBuilder();
        text.AppendLine($"instructions {s.Instructions} charged {s.Charged} now {s.Nanoseconds} invocations {s.Invocations}");
        text.AppendLine(string.Join(' ', s.Traps.OrderBy(t => t.Key).Select(t => $"{t.Key}={t.Value}")));
        foreach (var cell in s.Cells)
        {
            text.AppendLine($"cell {cell.Number} of {cell.Parent}: {cell.State} {cell.Instructions} {cell.Charged} traps {cell.Traps} pages {cell.Pages} peak {cell.PeakPages}");
            if (kernel.TryGetEnd(cell.Number, out var end))
            {
                text.AppendLine($"  {end!.ExitCode} {end.Trap?.Cause} {end.Trap?.Address} {end.Trap?.Pc:x}");
            }
        }

        return text + Memory(cells);
    }

    /// <summary>The data of cells, in short.</summary>
    public static string Memory(params TestCell[] cells)
    {
        var text = new System.Text.StringBuilder();
        foreach (var cell in cells)
        {
            byte[] bytes = new byte[0x2000];
            cell.Data.Read(0, bytes).Should().Be(KernelStatus.Ok);
            text.AppendLine(Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(bytes)));
        }

        return text.ToString();
    }
}
