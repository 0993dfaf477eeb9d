using System.Diagnostics;
using static ObjectOS.Tests.Asm;

namespace ObjectOS.Tests;

/// <summary>
/// Endless loops of each kind of instruction, to interrupt. x20 counts the rounds, and a loop ends when the count equals x21. x8 holds the address of data, which a
/// loop of the kind "chase" follows from word to word; the first word of it refers to itself unless the data say otherwise.
/// </summary>
internal static class SpinningCode
{
    /// <summary>The register that counts the rounds.</summary>
    public const int Rounds = 20;

    /// <summary>The register with the count of rounds at which the loop ends.</summary>
    public const int LastRound = 21;

    /// <summary>The kinds: integers, loads that follow a chain, floats, atomics, jumps through registers, and instructions that are interpreted.</summary>
    public static IReadOnlyList<string> Kinds => ["integer", "divide", "chase", "float", "atomic", "indirect", "interpreted"];

    /// <summary>Emits a loop of a kind; the code after it is reached if the rounds are as many as asked for.</summary>
    public static Asm Loop(this Asm code, string kind)
    {
        ulong head = code.Here;
        code.Addi(Rounds, Rounds, 1);
        for (int i = 0; i < 8; i++)
        {
            _ = kind switch
            {
                "integer" => code.R("add", A1, A1, Rounds),
                "divide" => code.R("div", A1, Rounds, S0),
                "chase" => code.Load("ld", S0, 0, S0),
                "float" => code.R("fadd.d", 1, 1, 2),
                "atomic" => code.Atomic("amoadd.d", A1, Rounds, S0),
                // The next instruction's address, by auipc, then the jump to what comes after it.
                "indirect" => code.Word(Match("auipc") | (T0 << 7)).I("jalr", Zero, T0, 8),
                "interpreted" => code.R("clmul", A1, Rounds, S0),
                _ => throw new UnreachableException(kind),
            };
        }

        return code.Branch("bne", Rounds, LastRound, head);
    }
}
