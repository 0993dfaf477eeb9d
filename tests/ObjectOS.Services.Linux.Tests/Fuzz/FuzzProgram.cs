using System.Buffers.Binary;
using ObjectOS.Tests;
using static ObjectOS.Tests.Asm;

namespace ObjectOS.Services.Linux.Tests.Fuzz;

/// <summary>A static program that makes the calls of a <see cref="FuzzScript"/>; what it makes by clone goes on with later calls of it.</summary>
internal static class FuzzProgram
{
    private const ulong Base = 0x10000;
    private const ulong CodeAt = Base + 0x1000;
    private const ulong HandlersAt = CodeAt + 0x800;

    /// <summary>The program of a seed.</summary>
    public static byte[] Make(int seed, int calls)
    {
        var random = new Random(seed);
        Handlers(out ulong[] handlers);
        var data = new FuzzData(random, handlers);
        return Make(data.ToArray(), new FuzzScript(random, data, handlers).Make(calls));
    }

    /// <summary>The program of a script, with what its calls point to.</summary>
    public static byte[] Make(byte[] data, byte[] script)
    {
        var file = new byte[(int)(FuzzScript.At - Base) + script.Length];
        Header(file);
        Code().CopyTo(file, (int)(CodeAt - Base));
        Handlers(out _).CopyTo(file, (int)(HandlersAt - Base));
        data.CopyTo(file, (int)(FuzzData.At - Base));
        script.CopyTo(file, (int)(FuzzScript.At - Base));
        return file;
    }

    private static byte[] Code()
    {
        var code = new Asm(CodeAt).Li64(S0, FuzzScript.At).Li64(S1, FuzzScript.ResultsAt);
        ulong next = code.Here;
        code.Load("ld", A7, 0, S0).Load("ld", T0, 56, S0);
        for (int i = 0; i < 6; i++)
        {
            code.Load("ld", A0 + i, 8 * (i + 1), S0).I("andi", T1, T0, 1 << i);
            code.Branch("beq", T1, Zero, code.Here + 12).R("add", T1, S1, A0 + i).Load("ld", A0 + i, 0, T1);
        }

        code.Ecall().Load("ld", T0, 56, S0).I("srli", T1, T0, 32).R("add", T1, T1, S1).Store("sd", A0, 0, T1).Addi(S0, S0, 64).Addi(T2, Zero, 220);
        code.Branch("bne", A7, T2, next).Branch("bne", A0, Zero, next);
        return code.I("srli", T0, T0, 16).I("andi", T0, T0, 63).I("slli", T0, T0, 6).R("add", S0, S0, T0).Jal(Zero, next).ToArray();
    }

    /// <summary>Handlers of signals: one that returns, one that returns by rubbish, one that writes first, one that raises again, one that ends its thread.</summary>
    private static byte[] Handlers(out ulong[] addresses)
    {
        var code = new Asm(HandlersAt);
        var starts = new List<ulong> { code.Here };
        code.I("jalr", Zero, Ra, 0);
        starts.Add(code.Here);
        code.Addi(Sp, Sp, 64).Addi(A7, Zero, 139).Ecall();
        starts.Add(code.Here);
        code.Addi(A0, Zero, 1).Addi(A1, Sp, 0).Addi(A2, Zero, 3).Addi(A7, Zero, 64).Ecall().I("jalr", Zero, Ra, 0);
        starts.Add(code.Here);
        code.Addi(A7, Zero, 178).Ecall().Addi(A1, Zero, 12).Addi(A7, Zero, 130).Ecall().I("jalr", Zero, Ra, 0);
        starts.Add(code.Here);
        code.Addi(A0, Zero, 0).Addi(A7, Zero, 93).Ecall();
        addresses = [.. starts];
        return code.ToArray();
    }

    /// <summary>An ELF header and one segment with all rights.</summary>
    private static void Header(byte[] file)
    {
        "\u007fELF\u0002\u0001\u0001"u8.CopyTo(file);
        ulong size = (ulong)file.Length;
        Word(16, 2 | (243UL << 16) | (1UL << 32));
        Word(24, CodeAt);
        Word(32, 64);
        Word(52, 64 | (56UL << 16) | (1UL << 32));
        Word(64, 1 | (7UL << 32));
        Word(80, Base);
        Word(88, Base);
        Word(96, size);
        Word(104, size);
        Word(112, 0x1000);

        void Word(int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(at), value);
    }
}
