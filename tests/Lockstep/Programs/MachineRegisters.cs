using System.Numerics;
using ObjectOS.Cpu;

namespace ObjectOS.Lockstep.Programs;

/// <summary>What holds for a whole program.</summary>
/// <param name="HasTimer">menvcfg.STCE is set.</param>
/// <param name="HasBlocks">It has cache-block instructions; then protection does not change within a block, where what they do is left open.</param>
internal readonly record struct Traits(bool HasTimer, bool HasBlocks);

/// <summary>What random programs write to machine-mode registers before anything else, and the values that they write later.</summary>
internal static class MachineRegisters
{
    // Entry 0 gives 32 KiB to everybody: the handlers cannot do without.
    private const byte FirstConfiguration = 0x1F;
    private const ulong FirstAddress = Layout.Ram >> 2 | 0xFFF;

    /// <summary>medeleg: never both the call from S-mode and the illegal instruction, by which the handler of S-mode gets out; a fetch
    /// that protection forbids seldom, as it may be that of the handler itself.</summary>
    public static ulong Delegation(Random random)
    {
        const ulong All = 0xB3FE, Fetch = 1 << 1, Illegal = 1 << 2, Call = 1 << 9;
        ulong value = random.Bits() & (random.Percent(3) ? All : All & ~Fetch);
        return random.Percent(50) ? value & ~Illegal : value & ~Call;
    }

    /// <summary>menvcfg as far as both machines have it; Sstc, and what it changes of mip, is on or off for a whole program.</summary>
    public static ulong Environment(Random random, Traits traits) =>
        SupervisorEnvironment(random) | (traits.HasTimer ? EnvironmentBits.Stce : 0) | (random.Percent(60) ? EnvironmentBits.Adue : 0) | (random.Percent(60) ? EnvironmentBits.Pbmte : 0);

    /// <summary>senvcfg; the reserved value of CBIE may become anything that is not.</summary>
    public static ulong SupervisorEnvironment(Random random)
    {
        ulong value = random.Bits() & (EnvironmentBits.Cbie | EnvironmentBits.Cbcfe | EnvironmentBits.Cbze);
        return (value & EnvironmentBits.Cbie) == 2 << 4 ? value | EnvironmentBits.Cbie : value;
    }

    /// <summary>pmpcfg0 and pmpcfg2.</summary>
    public static ulong Configuration(Random random, int csr, Traits traits)
    {
        const ulong Matching = 0x18;
        ulong value = 0;
        for (int i = 0; i < 8; i++)
        {
            ulong entry = (ulong)random.Next(0x80);
            entry &= random.Percent(60) ? 0x67UL : 0x7F;
            entry |= random.Percent(75) ? 7UL : 0;
            entry |= traits.HasBlocks && (entry & Matching) != 0 ? Matching : 0;
            entry |= random.Percent(4) ? 0x80UL : 0;
            value |= entry << (8 * i);
        }

        if (csr == Csr.Pmpcfg0)
            return value & ~0xFFUL | FirstConfiguration;

        // The last entry is what most of memory has left.
        return random.Percent(85) ? value & ~(0xFFUL << 56) | 0x1FUL << 56 : value;
    }

    /// <summary>pmpaddr1 and up: around where something is.</summary>
    public static ulong Address(Random random, int entry, Traits traits) =>
        traits.HasBlocks ? Address(random, entry) | 7 : Address(random, entry);

    private static ulong Address(Random random, int entry)
    {
        if (entry == 0)
            return FirstAddress;
        if (entry == 15 && random.Percent(85))
            return ulong.MaxValue >> 10;
        ulong address = random.Of(Layout.Code, Layout.Data, Layout.Data, Layout.Data, Layout.Tables) + (4 * (ulong)random.Next(Layout.DataSize / 4));
        int size = random.Next(14);
        ulong value = address >> 2;
        return random.Next(4) switch
        {
            0 => value,
            1 => value & ~0x3FFUL,
            2 => random.Percent(10) ? random.Bits() : value | BitOperations.RotateLeft(1UL, size) - 1,
            _ => (value >> size << size) | (1UL << size) - 1,
        };
    }

    /// <summary>Everything that set-up writes.</summary>
    public static IReadOnlyList<(int Csr, ulong Value)> Initial(Random random, Traits traits)
    {
        List<(int Csr, ulong Value)> list =
        [
            (Csr.Mtvec, Layout.MachineCode), (Csr.Stvec, Layout.SupervisorCode), (Csr.Menvcfg, Environment(random, traits)),
            (Csr.Senvcfg, SupervisorEnvironment(random)), (Csr.Stimecmp, ulong.MaxValue), (Csr.Mip, 0), (Csr.Mie, 0), (Csr.Mideleg, 0), (Csr.Medeleg, 0),
            (Csr.Mcounteren, random.Bits()), (Csr.Scounteren, random.Bits()), (Csr.Mcountinhibit, 0), (Csr.Mscratch, 0), (Csr.Sscratch, 0),
            (Csr.Mepc, 0), (Csr.Sepc, 0), (Csr.Mcause, 0), (Csr.Scause, 0), (Csr.Mtval, 0), (Csr.Stval, 0), (Csr.Satp, 0),
        ];
        for (int i = 0; i < 16; i++)
            list.Add((Csr.Pmpaddr0 + i, Address(random, i, traits)));
        list.Add((Csr.Pmpcfg0, Configuration(random, Csr.Pmpcfg0, traits)));
        list.Add((Csr.Pmpcfg2, Configuration(random, Csr.Pmpcfg2, traits)));
        return list;
    }
}
