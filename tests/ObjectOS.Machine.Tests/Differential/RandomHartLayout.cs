using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Machine.Tests.Differential;

/// <summary>
/// Where random programs of harts have what, in physical memory; tables map it there, and to users and in a large page further up.
/// </summary>
internal static class RandomHartLayout
{
    public const ulong MachineHandler = 0x1000;
    public const ulong SupervisorHandler = 0x2000;
    public const ulong ProgramPages = 0x4000;
    public const int ProgramSize = 0x4000;
    public const ulong DataPages = 0x8000;
    public const ulong RootOfA = 0x10000, LeafOfA = 0x12000;
    public const ulong RootOfB = 0x13000, LeafOfB = 0x15000;

    /// <summary>The untouched tables end here.</summary>
    public const ulong MemorySize = 0x20000;

    /// <summary>Nothing is there.</summary>
    public const ulong Device = 0x1FF000;

    /// <summary>Half of the loads from there are answered, some of them for a time.</summary>
    public static AnsweredReads NewAnswers()
    {
        var answers = new AnsweredReads();
        for (ulong i = 0; i < AnsweredReads.Most; i++)
        {
            AnswerKind kind = i % 4 == 0 ? AnswerKind.Time : AnswerKind.Value;
            var read = new AnsweredRead(new(Device + (i / 4 * 16)), (byte)(1 << (int)(i % 4)), kind, i * 4, i % 3 == 0 ? 20_000 : ulong.MaxValue);
            answers.TrySet(read).Should().BeTrue();
        }

        return answers;
    }

    public const ulong UserOffset = 0x40000;
    public const ulong OtherOrderOffset = 0x50000;

    /// <summary>In a large page, and at the same places of the TLB.</summary>
    public const ulong SuperOffset = 0x400000;

    /// <summary>Entries of a leaf table that map something.</summary>
    public const int UsedEntries = 0x58;

    public static ulong SatpOf(ulong root) => 8UL << 60 | root >> 12;
}
