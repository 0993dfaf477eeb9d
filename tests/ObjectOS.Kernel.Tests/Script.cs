using System.Buffers.Binary;
using ObjectOS.Abi;
using static ObjectOS.Tests.Asm;

namespace ObjectOS.Tests.Kernels;

/// <summary>
/// Invocations in a row as data, and the machine code that plays them: each entry's registers are loaded, the call is made, and
/// status and first result are stored with it. Behind the last entry the thread exits with code 7.
/// </summary>
internal sealed class Script
{
    public const int EntryBytes = 128;
    public const int MostEntries = 0x2000 / EntryBytes;

    private const int StatusOffset = 104;
    private readonly List<ulong[]> _entries = [];

    /// <summary>The player; it expects the script's address in a0.</summary>
    public static Asm Player { get; } = MakePlayer();

    public int Count => _entries.Count;

    public Script Add(Call call, params ulong[] words)
    {
        var entry = new ulong[13];
        entry[0] = (ulong)call;
        words.CopyTo(entry, 1);
        _entries.Add(entry);
        return this;
    }

    public byte[] ToArray()
    {
        var bytes = new byte[(_entries.Count + 1) * EntryBytes];
        for (int i = 0; i < _entries.Count; i++)
        {
            for (int word = 0; word < 13; word++)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan((i * EntryBytes) + (word * 8)), _entries[i][word]);
            }
        }

        return bytes;
    }

    /// <summary>The status of an entry that was played.</summary>
    public static KernelStatus Status(TestCell cell, int entry) => (KernelStatus)cell.Word(((entry * EntryBytes) + StatusOffset) / 8);

    /// <summary>Its first result.</summary>
    public static ulong Result(TestCell cell, int entry) => cell.Word(((entry * EntryBytes) + StatusOffset + 8) / 8);

    private static Asm MakePlayer()
    {
        var code = new Asm(KernelFixture.Code).Addi(S0, A0, 0);
        ulong loop = code.Here;
        code.Load("ld", A7, 0, S0);
        ulong exit = code.Here + (4 * 18);
        code.Branch("beq", A7, Zero, exit);
        for (int word = 0; word < InvocationFrame.Length; word++)
        {
            code.Load("ld", InvocationFrame.RegisterOf(word), 8 + (word * 8), S0);
        }

        code.Ecall().Store("sd", A0, StatusOffset, S0).Store("sd", A1, StatusOffset + 8, S0).Addi(S0, S0, EntryBytes).Jal(Zero, loop);
        if (code.Here != exit)
        {
            throw new InvalidOperationException($"the exit is at {code.Here:x}, not {exit:x}");
        }

        return code.Addi(A7, Zero, (int)Call.ThreadExit).Addi(A1, Zero, 7).Ecall();
    }
}
