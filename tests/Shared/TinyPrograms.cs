using System.Buffers.Binary;
using static ObjectOS.Tests.Asm;

namespace ObjectOS.Tests;

/// <summary>Static riscv64 Linux programs of some dozen instructions, made by the test that runs them.</summary>
internal static class TinyPrograms
{
    private const ulong Base = 0x10000;
    private const int Headers = 64 + 56;

    /// <summary>Writes its arguments, one a line, argv[0] first; exit 0.</summary>
    public static byte[] Echo()
    {
        var code = New().Addi(S0, Sp, 8);
        ulong next = code.Here;
        code.Load("ld", A1, 0, S0);
        code.Branch("beq", A1, Zero, code.Here + (15 * 4)).Addi(A2, Zero, 0);
        ulong length = code.Here;
        code.R("add", T0, A1, A2).Load("lbu", T1, 0, T0);
        code.Branch("beq", T1, Zero, code.Here + 12).Addi(A2, A2, 1).Jal(Zero, length);
        code.Addi(T1, Zero, '\n').Store("sb", T1, 0, T0).Addi(A2, A2, 1);
        Call(code.Addi(A0, Zero, 1), 64).Addi(S0, S0, 8).Jal(Zero, next);
        return Exit(code, 0);
    }

    /// <summary>Ends with an exit code; its first instruction loads it into a0.</summary>
    public static byte[] ExitWith(int code) => Exit(New(), code);

    /// <summary>Writes the 16 bytes that AT_RANDOM points to and 16 of getrandom.</summary>
    public static byte[] Random()
    {
        var code = New().Addi(S0, Sp, 8);
        for (int list = 0; list < 2; list++)
        {
            ulong skip = code.Here;
            code.Load("ld", T0, 0, S0).Addi(S0, S0, 8).Branch("bne", T0, Zero, skip);
        }

        code.Addi(T1, Zero, 25);
        ulong auxiliary = code.Here;
        code.Load("ld", T0, 0, S0).Load("ld", A1, 8, S0).Addi(S0, S0, 16).Branch("bne", T0, T1, auxiliary);
        Call(code.Addi(A0, Zero, 1).Addi(A2, Zero, 16), 64);
        Call(code.Addi(A0, Sp, -64).Addi(A1, Zero, 16).Addi(A2, Zero, 0), 278);
        Call(code.Addi(A0, Zero, 1).Addi(A1, Sp, -64).Addi(A2, Zero, 16), 64);
        return Exit(code, 0);
    }

    /// <summary>Writes the realtime clock as a timespec.</summary>
    public static byte[] Clock()
    {
        var code = Call(New().Addi(A0, Zero, 0).Addi(A1, Sp, -64), 113);
        Call(code.Addi(A0, Zero, 1).Addi(A1, Sp, -64).Addi(A2, Zero, 16), 64);
        return Exit(code, 0);
    }

    /// <summary>Sends itself a signal.</summary>
    public static byte[] Raise(int signal) => Exit(Call(Call(New(), 172).Addi(A1, Zero, signal), 129), 99);

    /// <summary>Writes the letter x to a descriptor, without a newline.</summary>
    public static byte[] WriteX(int descriptor)
    {
        var code = New().Addi(T0, Zero, 'x').Store("sb", T0, -64, Sp);
        return Exit(Call(code.Addi(A0, Zero, descriptor).Addi(A1, Sp, -64).Addi(A2, Zero, 1), 64), 0);
    }

    /// <summary>Copies standard input to standard output.</summary>
    public static byte[] Cat()
    {
        var code = New();
        ulong again = code.Here;
        Call(code.Addi(A0, Zero, 0).Addi(A1, Sp, -1024).Addi(A2, Zero, 512), 63);
        code.Branch("bge", Zero, A0, code.Here + (6 * 4)).Addi(A2, A0, 0);
        Call(code.Addi(A0, Zero, 1), 64).Jal(Zero, again);
        return Exit(code, 0);
    }

    /// <summary>Sleeps for so many nanoseconds of guest time.</summary>
    public static byte[] Sleep(ulong nanoseconds)
    {
        var code = New().Li(T0, (int)(nanoseconds / 1_000_000_000)).Store("sd", T0, -64, Sp).Li(T0, (int)(nanoseconds % 1_000_000_000)).Store("sd", T0, -56, Sp);
        return Exit(Call(code.Addi(A0, Sp, -64).Addi(A1, Zero, 0), 101), 0);
    }

    /// <summary>Writes o to standard output and e to standard error in turn, so many times.</summary>
    public static byte[] Alternate(int times)
    {
        var code = New().Li(S0, times).Addi(T0, Zero, 'o').Store("sb", T0, -64, Sp).Addi(T0, Zero, 'e').Store("sb", T0, -63, Sp);
        ulong again = code.Here;
        Call(code.Addi(A0, Zero, 1).Addi(A1, Sp, -64).Addi(A2, Zero, 1), 64);
        Call(code.Addi(A0, Zero, 2).Addi(A1, Sp, -63).Addi(A2, Zero, 1), 64);
        return Exit(code.Addi(S0, S0, -1).Branch("bne", S0, Zero, again), 0);
    }

    /// <summary>Writes the line "o" to standard output and the line "e" to standard error in turn, so many times.</summary>
    public static byte[] AlternateLines(int times)
    {
        var code = New().Li(S0, times).Addi(T0, Zero, 'o').Store("sb", T0, -64, Sp).Addi(T0, Zero, 'e').Store("sb", T0, -62, Sp);
        code.Addi(T0, Zero, '\n').Store("sb", T0, -63, Sp).Store("sb", T0, -61, Sp);
        ulong again = code.Here;
        Call(code.Addi(A0, Zero, 1).Addi(A1, Sp, -64).Addi(A2, Zero, 2), 64);
        Call(code.Addi(A0, Zero, 2).Addi(A1, Sp, -62).Addi(A2, Zero, 2), 64);
        return Exit(code.Addi(S0, S0, -1).Branch("bne", S0, Zero, again), 0);
    }

    /// <summary>Writes a line of 8192 bytes to standard output, so many times.</summary>
    public static byte[] Flood(int times)
    {
        const int Length = 8192;
        var code = New().Li(S1, Length).R("sub", S1, Sp, S1).Addi(T0, S1, 0).Addi(T1, Zero, 'x');
        ulong fill = code.Here;
        code.Store("sb", T1, 0, T0).Addi(T0, T0, 1).Branch("bne", T0, Sp, fill).Addi(T1, Zero, '\n').Store("sb", T1, -1, Sp).Li(S0, times);
        ulong again = code.Here;
        Call(code.Addi(A0, Zero, 1).Addi(A1, S1, 0).Li(A2, Length), 64);
        return Exit(code.Addi(S0, S0, -1).Branch("bne", S0, Zero, again), 0);
    }

    /// <summary>Counts down from a number.</summary>
    public static byte[] Count(int from)
    {
        var code = New().Li(S0, from);
        ulong again = code.Here;
        return Exit(code.Addi(S0, S0, -1).Branch("bne", S0, Zero, again), 0);
    }

    private static Asm New() => new(Base + Headers);

    private static Asm Call(Asm code, int number) => code.Addi(A7, Zero, number).Ecall();

    private static byte[] Exit(Asm code, int status)
    {
        byte[] text = Call(code.Addi(A0, Zero, status), 93).ToArray();
        var file = new byte[Headers + text.Length];
        text.CopyTo(file, Headers);
        "\u007fELF\u0002\u0001\u0001"u8.CopyTo(file);
        Half(16, 2, 243);
        Word(20, 1, 4);
        Word(24, Base + Headers, 8);
        Word(32, 64, 8);
        Half(52, 64, 56, 1);
        Word(64, 1, 4);
        Word(68, 7, 4);
        Word(80, Base, 8);
        Word(88, Base, 8);
        Word(96, (ulong)file.Length, 8);
        Word(104, (ulong)file.Length, 8);
        Word(112, 0x1000, 8);
        return file;

        void Half(int at, params ushort[] values)
        {
            foreach (ushort value in values)
            {
                Word(at, value, 2);
                at += 2;
            }
        }

        void Word(int at, ulong value, int bytes)
        {
            Span<byte> word = stackalloc byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(word, value);
            word[..bytes].CopyTo(file.AsSpan(at));
        }
    }
}
